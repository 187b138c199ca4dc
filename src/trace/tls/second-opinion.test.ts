import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { layoutOf } from "../../core/base/record.ts";
import { captureFacts, loadCapture, plaintextOf, readBytes, recordsOf } from "../../test/captures.ts";
import { corpusFolder } from "../../test/corpus.ts";
import type { Trace } from "../trace.ts";
import { innerOf } from "./decrypt.ts";

const names = [
  "n12-aes128-loss5",
  "n13-aes256-clean",
  "n13-chacha-clean",
  "keyupdate-13-aes128",
  "o13-pad",
  "zeek-stream",
  "v6-12-aes128-loss2",
];

/** Application data as tshark decrypts it, sender of the named port first; null if tshark is not installed. */
function byTshark(file: string, keys: string | undefined): { port: string; sides: [Buffer, Buffer] } | null {
  const options = keys ? ["-o", `tls.keylog_file:${keys}`] : [];
  const reassembly = ["-o", "tcp.reassemble_out_of_order:TRUE"];
  const ports = ["-d", "tcp.port==1-65535,tls"];
  const run = spawnSync(
    "tshark",
    ["-n", "-r", file, ...options, ...reassembly, ...ports, "-q", "-z", "follow,tls,raw,0"],
    {
      encoding: "latin1",
      maxBuffer: 1 << 28,
    },
  );
  if (run.error) return null;
  // Lines of the second node are indented.
  const sides: [string[], string[]] = [[], []];
  for (const line of run.stdout.split("\n")) {
    if (/^\t?[0-9a-f]+$/.test(line)) sides[line.startsWith("\t") ? 1 : 0].push(line.trim());
  }
  const port = /^Node 0: .*:(\d+)$/m.exec(run.stdout)?.[1] ?? "";
  return { port, sides: [Buffer.from(sides[0].join(""), "hex"), Buffer.from(sides[1].join(""), "hex")] };
}

/** Content of a connection's application data records. */
function contentOf(trace: Trace, connection: number): Buffer {
  const { version, cipher } = trace.connections[connection]!;
  const { prepend } = layoutOf(version, cipher!);
  const parts = recordsOf(trace, connection).map((record) => {
    const plaintext = plaintextOf(trace, connection, record.row)!.subarray(prepend);
    const { type, size } = innerOf(version, record.type, plaintext);
    assert.equal(type, record.type);
    return type === 23 ? plaintext.subarray(0, size) : new Uint8Array(0);
  });
  return Buffer.concat(parts);
}

test("application data is what tshark decrypts", async (t) => {
  const folder = corpusFolder();
  if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
  for (const facts of captureFacts(folder).filter((one) => names.includes(one.name))) {
    const second = byTshark(path.join(folder, facts.file), facts.keylog && path.join(folder, facts.keylog));
    if (second === null) return t.diagnostic("tshark is not installed: nothing was compared");
    const trace = await readBytes(loadCapture(folder, facts));
    assert.equal(trace.connections.length, 2, facts.name);
    let compared = 0;
    trace.streams.forEach(({ name, connection }) => {
      const ours = contentOf(trace, connection);
      const theirs = second.sides[name.includes(`:${second.port}>`) ? 0 : 1];
      assert.ok(ours.equals(theirs), `${facts.name}, ${name}: ${ours.length} bytes, tshark ${theirs.length}`);
      compared += theirs.length;
    });
    assert.ok(compared > 1000, `${facts.name}: tshark gave ${compared} bytes`);
  }
});
