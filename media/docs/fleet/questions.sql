-- How did it end, and how much was checked?
SELECT verdict, count(*) AS files, round(100.0 * sum(compared) / nullif(sum(bytes), 0), 1) AS percent_compared
FROM rows WHERE kind = 'file' GROUP BY verdict ORDER BY files DESC;
-- What is wrong, and where?
SELECT file, stream, frames[1] AS first_frame, text FROM rows WHERE kind = 'wrong' ORDER BY file, first_frame LIMIT 20;
-- Why was the rest not compared?
SELECT m.why, count(DISTINCT file) AS files, sum(m.bytes) AS bytes
FROM (SELECT file, unnest(missing) AS m FROM rows WHERE kind = 'stream') GROUP BY m.why ORDER BY bytes DESC;
-- Which ciphers are wrong how often?
SELECT version, cipher, count(*) AS streams, count(*) FILTER (verdict = 'wrong') AS wrong
FROM rows WHERE kind = 'stream' AND hasKeys GROUP BY ALL ORDER BY wrong DESC, streams DESC;
-- What took long?
SELECT file, milliseconds, round(size / 1e6 / (greatest(milliseconds, 1) / 1e3), 1) AS mb_per_second
FROM rows WHERE kind = 'file' ORDER BY milliseconds DESC LIMIT 10;
