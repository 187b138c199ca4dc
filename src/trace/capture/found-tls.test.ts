import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { readBytes, recordsOf, transmitsOf } from "../../test/captures.ts";
import { corpusFolder } from "../../test/corpus.ts";
import { Authenticated } from "../trace.ts";

/** Records of each stream that authenticate, and its transmits behind the offload start: facts by tshark 4.0.17 and another reader. */
const facts: Readonly<Record<string, readonly [records: number, transmits: number][]>> = {
  // The client's and the server's Finished are records 0, before the start.
  "smtp-starttls-12": [
    [30, 304],
    [7, 7],
  ],
  // The TLS client is who accepted the TCP connection; it sends nothing after its handshake.
  "role-reversed-1.3": [[22, 168]],
  "proxy-proto-v1": [[33, 221]],
};

test("captures whose TLS does not begin at once, or whose server opened the connection", async (t) => {
  const folder = corpusFolder();
  if (folder === null) return t.diagnostic("the corpus is absent: nothing checked");
  for (const [name, expected] of Object.entries(facts)) {
    const file = (ending: string) => readFileSync(path.join(folder, "found", name + ending));
    const capture = {
      bytes: new Uint8Array(file(".pcap")),
      keyLogs: [file(".keys").toString()],
      cryptoInfos: [],
    };
    const trace = await readBytes(capture);
    const found = trace.connections.map((_, connection) => {
      const records = recordsOf(trace, connection);
      const right = records.filter(({ authenticated }) => authenticated === Authenticated.yes);
      assert.equal(right.length, records.length, name);
      return [records.length, transmitsOf(trace, connection).length];
    });
    assert.deepEqual(found, expected, name);
  }
});
