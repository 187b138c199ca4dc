import assert from "node:assert/strict";
import { test } from "node:test";
import { tagSize } from "../../core/base/record.ts";
import { type StreamVerdict, streamVerdicts } from "../../judge/verdict.ts";
import {
  type CaptureBytes,
  captureNamed,
  copiesOf,
  plaintextOf,
  readBytes,
  recordsOf,
  transmitsOf,
} from "../../test/captures.ts";
import { corpusFolder } from "../../test/corpus.ts";
import { Authenticated, type Trace, Wire } from "../trace.ts";
import type { CaptureOptions } from "./capture.ts";

const folder = corpusFolder();

type TagByte = (row: number, i: number) => number;
const junk: TagByte = (row, i) => (row * 7 + i) & 255;
const zeros: TagByte = () => 0;

/** The capture as the sender of this connection would have seen it before an offloading NIC, or behind one without a cipher. */
function beforeNic(
  capture: CaptureBytes,
  trace: Trace,
  connection: number,
  tag: TagByte = junk,
): CaptureBytes {
  const bytes = capture.bytes.slice();
  const right = new Map<number, number>();
  for (const record of recordsOf(trace, connection)) {
    const plaintext = plaintextOf(trace, connection, record.row)!;
    plaintext.forEach((byte, i) => {
      right.set(record.start + i, byte);
    });
    for (let i = 0; i < tagSize; i++) right.set(record.start + plaintext.length + i, tag(record.row, i));
  }
  for (const { start, length, offset } of transmitsOf(trace, connection)) {
    for (let i = 0; i < length; i++) bytes[offset + i] = right.get(start + i)!;
  }
  return { ...capture, bytes };
}

for (const name of [
  "n12-aes128-loss5",
  "n13-aes128-loss5-gso",
  "keyupdate-13-aes128",
  "n12-aes128-tiny",
  "gnutls-12-aes128",
]) {
  test(`${name} as its sender sees it before the NIC is recognised and read as plaintext`, async (t) => {
    if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
    const capture = captureNamed(folder, name);
    const wire = await readBytes(capture);
    for (let connection = 0; connection < wire.connections.length; connection++) {
      const expected = recordsOf(wire, connection);
      const host = await readBytes(beforeNic(capture, wire, connection));
      const stream = host.streams.find((one) => one.connection === connection)!;
      assert.equal(stream.tap, "host", stream.name);
      assert.match(stream.note!, /before its NIC/);
      const found = recordsOf(host, connection);
      const shape = (records: typeof found) =>
        records.map(({ start, length, type, epoch, row }) => ({ start, length, type, epoch, row }));
      assert.deepEqual(shape(found), shape(expected));
      assert.ok(found.every((record) => record.authenticated === Authenticated.unknown));
      assert.ok(transmitsOf(host, connection).every((transmit) => transmit.wire === Wire.unknown));
      const [mine, theirs] = [wire, host].map((trace) => trace.connections[connection]!);
      assert.deepEqual(theirs!.epochs, mine!.epochs);
      for (const { row } of found) {
        assert.deepEqual(plaintextOf(host, connection, row), plaintextOf(wire, connection, row));
      }
      // The other direction came over the wire.
      assert.ok(
        host.streams.filter((one) => one.connection !== connection).every((one) => one.tap === "wire"),
      );
    }
  });
}

for (const name of [
  "n12-aes128-loss5",
  "n13-aes128-loss5-gso",
  "keyupdate-13-aes128",
  "n12-aes128-tiny",
  "gnutls-12-aes128",
]) {
  test(`${name} as netdevsim sends it is right in plaintext, alone and against the wire`, async (t) => {
    if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
    const capture = captureNamed(folder, name);
    const wire = await readBytes(capture);
    for (let connection = 0; connection < wire.connections.length; connection++) {
      const sent = beforeNic(capture, wire, connection, zeros);
      const all = recordsOf(wire, connection);
      for (const keyLogs of [capture.keyLogs, []])
        for (const other of [null, wire]) {
          const asked = { plaintext: { other }, streams: [wire.streams[connection]!.name] };
          const [{ verdict, share }] = await judged({ ...sent, keyLogs }, asked);
          // Without keys the start of TLS 1.3 is not known, and records of the handshake are left over.
          const isBlind = keyLogs.length === 0 && wire.streams[connection]!.version === 0x0304;
          assert.deepEqual([verdict, share.plain, share.failed], ["right", all.length, 0], name);
          if (other && !isBlind) assert.deepEqual([share.compared, share.missing], [share.bytes, []]);
        }
    }
  });
}

/** Each stream's verdict. */
async function judged(capture: CaptureBytes, asked: Partial<CaptureOptions>): Promise<[StreamVerdict]> {
  const trace = await readBytes(capture, asked);
  const verdicts = streamVerdicts(trace, trace.streams);
  assert.equal(verdicts.length, 1);
  return verdicts as [StreamVerdict];
}

test("tap=wire takes the same bytes as ciphertext that fails", async (t) => {
  if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
  const capture = captureNamed(folder, "n12-aes128-clean");
  const wire = await readBytes(capture);
  const trace = await readBytes(beforeNic(capture, wire, 1), { tap: "wire" });
  assert.ok(recordsOf(trace, 1).every((record) => record.authenticated === Authenticated.no));
  assert.equal(trace.streams[1]!.tap, "wire");
  assert.equal(copiesOf(trace, 1, 0).length, 1);
});
