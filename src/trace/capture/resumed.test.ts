import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readBytes, recordsOf } from "../../test/captures.ts";
import { captureOf, connectionsOf, resumedCaptures } from "../../test/real/resumed.ts";
import { Authenticated, type Trace } from "../trace.ts";

/** Records of each stream that authenticate. */
const right = (trace: Trace): number[] =>
  trace.connections.map(
    (_, connection) =>
      recordsOf(trace, connection).filter(({ authenticated }) => authenticated === Authenticated.yes).length,
  );

// What tshark 4.0.17 decrypts of them: a record of each side of the first connection, 1 and 2 of the second.
const [ofFirst, ofSecond] = [
  [1, 1],
  [1, 2],
];

test("of a resumed session whose beginning was not captured it is said what to do", async () => {
  for (const { keyLog, second } of resumedCaptures) {
    const trace = await readBytes(captureOf([keyLog], second));
    assert.equal(trace.streams.length, 2);
    for (const { note, lack } of trace.streams) {
      assert.equal(lack, "other-keys");
      assert.match(
        note ?? "",
        /resumes a session of an earlier connection.*capture the connection that began/,
      );
    }
  }
});

test("a session is resumed before it begins, as files were merged or a TCP connection waited for its TLS", async () => {
  for (const { keyLog, first, second } of resumedCaptures) {
    const merged = await readBytes(captureOf([keyLog], second, first));
    assert.deepEqual(right(merged), [...ofSecond, ...ofFirst]);
    const waited = captureOf([keyLog], second.slice(0, 3), first, second.slice(3));
    assert.deepEqual(right(await readBytes(waited)), [...ofSecond, ...ofFirst]);
  }
});

test("streams that are chosen are checked with the secret of a connection that is not", async () => {
  for (const { keyLog, first, second } of resumedCaptures) {
    const port = second[0]!.readUInt16BE(16 + 34);
    const trace = await readBytes(captureOf([keyLog], first, second), {
      streams: [`*:${port}>*`, `*>*:${port}`],
    });
    assert.deepEqual(right(trace), ofSecond);
  }
});

test("a session that a renegotiation began is resumed by another connection", async () => {
  // OpenSSL's s_client resumed, said R, and resumed again; the lines of the connections that resume are left out.
  const stored = (ending: string) => readFileSync(`src/test/real/stored/openssl-renegotiated${ending}`);
  const keyLogs = [stored(".keys").toString()];
  const connections = connectionsOf(stored(".pcap"));
  // tshark 4.0.17 decrypts all of them: with the handshake and the alerts of each side, as it lists them.
  const records = [
    [2, 1],
    [7, 8],
    [2, 1],
  ];
  assert.deepEqual(right(await readBytes(captureOf(keyLogs, ...connections))), records.flat());
  const reversed = await readBytes(captureOf(keyLogs, ...connections.reverse()));
  assert.deepEqual(right(reversed), records.reverse().flat());
});

/** Packets in which some bytes are others, as often as they come. */
const replaced = (packets: readonly Buffer[], was: string, becomes: string): Buffer[] =>
  packets.map((packet) => Buffer.from(packet.toString("hex").replaceAll(was, becomes), "hex"));

test("where two servers give the same session id, the secret that opens a Finished is taken", async () => {
  const [byId, byTicket] = resumedCaptures as [(typeof resumedCaptures)[0], (typeof resumedCaptures)[0]];
  const id = "27ffcbe809aa73ba0f85e2cebd20def000d7b9eb51c0c0df6b7cb76f0d134e0c";
  // Its first ServerHello's session id, and the one with which its second ClientHello asks.
  const first = replaced(
    byTicket.first,
    "3eb4588e54061296efcf36c92e6aa70b38ea90b8e533c525644c8563e5b7e46b",
    id,
  );
  const second = replaced(
    byTicket.second,
    "75da02e8f9391cc43d08707e652c1ff3d9ba922ad17340615f336714abb00af9",
    id,
  );
  const keyLogs = [byId.keyLog, byTicket.keyLog];
  const trace = await readBytes(captureOf(keyLogs, byId.first, first, byId.second, second));
  assert.deepEqual(right(trace), [...ofFirst, ...ofFirst, ...ofSecond, ...ofSecond]);
});

test("a bit turned over in a record of a resumed session is found", async () => {
  for (const { keyLog, first, second } of resumedCaptures) {
    const at = second.findLastIndex((packet) => packet.length > 16 + 34 + 32 + 100);
    const damaged = second.map((packet) => Buffer.from(packet));
    damaged[at]![damaged[at]!.length - 40]! ^= 1;
    const trace = await readBytes(captureOf([keyLog], first, damaged));
    const wrong = trace.connections.map(
      (_, connection) =>
        recordsOf(trace, connection).filter(({ authenticated }) => authenticated === Authenticated.no).length,
    );
    assert.deepEqual(wrong, [0, 0, 0, 1]);
  }
});
