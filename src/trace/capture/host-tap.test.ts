import assert from "node:assert/strict";
import { test } from "node:test";
import { tagSize } from "../../core/base/record.ts";
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

const folder = corpusFolder();

/** The capture as the sender of this connection would have seen it before an offloading NIC. */
function beforeNic(capture: CaptureBytes, trace: Trace, connection: number): CaptureBytes {
  const bytes = capture.bytes.slice();
  const right = new Map<number, number>();
  for (const record of recordsOf(trace, connection)) {
    const plaintext = plaintextOf(trace, connection, record.row)!;
    plaintext.forEach((byte, i) => {
      right.set(record.start + i, byte);
    });
    for (let i = 0; i < tagSize; i++)
      right.set(record.start + plaintext.length + i, (record.row * 7 + i) & 255);
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

test("tap=wire takes the same bytes as ciphertext that fails", async (t) => {
  if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
  const capture = captureNamed(folder, "n12-aes128-clean");
  const wire = await readBytes(capture);
  const trace = await readBytes(beforeNic(capture, wire, 1), { tap: "wire" });
  assert.ok(recordsOf(trace, 1).every((record) => record.authenticated === Authenticated.no));
  assert.equal(trace.streams[1]!.tap, "wire");
  assert.equal(copiesOf(trace, 1, 0).length, 1);
});
