import { spawnSync } from "node:child_process";

/** What verify says of a capture. */
export interface Answer {
  status: number | null;
  verdict: string;
  /** Records of each stream that authenticate; keyed SRC:PORT>DST:PORT. */
  records: Map<string, number>;
  /** Records that did not, all streams together. */
  rest: number;
}

export function verify(cli: string, file: string, keys: string): Answer {
  const run = spawnSync(process.execPath, [cli, "verify", file, "--keys", keys, "--json"], {
    encoding: "utf8",
  });
  const rows = run.stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const streams = rows.filter(({ kind }) => kind === "stream");
  return {
    status: run.status,
    verdict: rows.find(({ kind }) => kind === "file")?.verdict ?? run.stderr,
    records: new Map(streams.map(({ stream, authenticated }) => [stream, authenticated])),
    rest: streams.reduce((sum, { records, authenticated }) => sum + records - authenticated, 0),
  };
}

const columns = ["ip.src", "tcp.srcport", "ip.dst", "tcp.dstport"];
const contents = [
  "tls.record.content_type",
  "tls.record.opaque_type",
  "tls.handshake.type",
  "tls.record.version",
];

/**
 * Records behind each handshake that tshark decrypts, as far as its fields tell: application data, alerts, and in TLS
 * 1.3 (whose records have an opaque type) tickets and key updates; each of them in a record of its own.
 */
export function tshark(file: string, keys: string): Map<string, number> {
  const fields = [...columns, ...contents].flatMap((field) => ["-e", field]);
  const options = [`tls.keylog_file:${keys}`, "tcp.reassemble_out_of_order:TRUE"].flatMap((o) => ["-o", o]);
  const run = spawnSync("tshark", ["-n", "-r", file, ...options, "-T", "fields", ...fields], {
    encoding: "utf8",
  });
  const records = new Map<string, number>();
  for (const line of run.stdout.split("\n").filter(Boolean)) {
    const [src, sport, dst, dport, types, opaque, handshakes] = line.split("\t");
    const count = (list: string | undefined, ...wanted: string[]) =>
      (list ?? "").split(",").filter((value) => wanted.includes(value)).length;
    const sealed = count(types, "23", "21") + (opaque ? count(handshakes, "4", "24") : 0);
    const stream = `${src}:${sport}>${dst}:${dport}`;
    if (sealed > 0) records.set(stream, (records.get(stream) ?? 0) + sealed);
  }
  return records;
}
