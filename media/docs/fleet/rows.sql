-- The rows of `tlstrace verify --json` as a table: duckdb -init rows.sql
CREATE VIEW rows AS SELECT * FROM read_json(
  'rows*.ndjson',
  format = 'newline_delimited',
  columns = {
    kind: 'VARCHAR', file: 'VARCHAR', tool: 'VARCHAR', verdict: 'VARCHAR', reason: 'VARCHAR', size: 'BIGINT',
    modified: 'TIMESTAMP', packets: 'BIGINT', streams: 'BIGINT', records: 'BIGINT', authenticated: 'BIGINT', plain: 'BIGINT',
    failed: 'BIGINT', transmits: 'BIGINT', bytes: 'BIGINT', compared: 'BIGINT', differing: 'BIGINT',
    missing: 'STRUCT(why VARCHAR, records BIGINT, bytes BIGINT)[]', keys: 'VARCHAR[]', milliseconds: 'BIGINT',
    stream: 'VARCHAR', version: 'VARCHAR', cipher: 'VARCHAR', tap: 'VARCHAR', hasKeys: 'BOOLEAN', note: 'VARCHAR',
    frames: 'BIGINT[]', text: 'VARCHAR'
  });
