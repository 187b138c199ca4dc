import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf } from "../../core/base/record.ts";
import {
  type CaptureBytes,
  captureNamed,
  copiesOf,
  plaintextOf,
  readBytes,
  recordsOf,
  type SeenRecord,
  transmitsOf,
} from "../../test/captures.ts";
import { corpusFolder } from "../../test/corpus.ts";
import { Authenticated, type Damage, type Trace, Wire } from "../trace.ts";

const folder = corpusFolder();

/** Index of the connection with the most records: the sender of the download. */
const busiest = (trace: Trace): number =>
  trace.connections
    .map((_, i) => ({ i, records: recordsOf(trace, i).length }))
    .sort((a, b) => b.records - a.records)[0]!.i;

function changed(capture: CaptureBytes, offsets: readonly number[], change: number): CaptureBytes {
  const bytes = capture.bytes.slice();
  for (const offset of offsets) bytes[offset]! ^= change;
  return { ...capture, bytes };
}

/** Bytes of a record by part: [name, offset in the record]. */
function partsOf(trace: Trace, connection: number, length: number): [string, number][] {
  const { version, cipher } = trace.connections[connection]!;
  const { prepend } = layoutOf(version, cipher!);
  const parts: [string, number][] = [
    ["type", 0],
    ["version", 2],
    ["length, high byte", 3],
    ["length, low byte", 4],
    ["first of the ciphertext", prepend],
    ["middle of the ciphertext", Math.floor((prepend + length - 16) / 2)],
    ["last of the ciphertext", length - 17],
    ["first of the tag", length - 16],
    ["last of the tag", length - 1],
  ];
  return prepend > 5 ? [...parts, ["first of the nonce", 5], ["last of the nonce", 12]] : parts;
}

const captures = [
  "n12-aes128-loss5",
  "n13-aes128-loss5-gso",
  "n13-chacha-clean",
  "n12-aes128-tiny",
  "keyupdate-13-aes128",
  "wrap-12-edge",
];

const shortCaptures = [
  "n12-aes128-clean",
  "n13-chacha-clean",
  "illustrated-tls13",
  "ws-tls12-dsb",
  "ws-tls13-rfc8446",
  "hotplace-http-http1",
  "snet-tls_ECDHE-RSA-CHACHA20-POLY1305",
  "snet-tls_AES256-GCM-SHA384",
];

for (const name of captures) {
  test(`${name}: a byte wrong in every copy fails exactly its record`, async (t) => {
    if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
    const capture = captureNamed(folder, name);
    const good = await readBytes(capture);
    const connection = busiest(good);
    const records = recordsOf(good, connection);
    const picked = new Set([0, 1, Math.floor(records.length / 2), records.length - 2, records.length - 1]);
    const keyUpdate = records.findIndex((record) => record.epoch === 1);
    if (keyUpdate > 0) picked.add(keyUpdate - 1);
    for (const index of picked) await damageRecord(capture, good, connection, index, [0x01, 0x80, 0x13]);
  });
}

test("short streams: a byte wrong in any record of either direction", async (t) => {
  if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
  for (const name of shortCaptures) {
    const capture = captureNamed(folder, name);
    const good = await readBytes(capture);
    for (let connection = 0; connection < good.connections.length; connection++) {
      const { length } = recordsOf(good, connection);
      if (length > 20) continue;
      for (let index = 0; index < length; index++)
        await damageRecord(capture, good, connection, index, [0x20]);
    }
  }
});

test("two damaged records in a row before a KeyUpdate cost no other record", async (t) => {
  if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
  const capture = captureNamed(folder, "keyupdate-13-aes128");
  const good = await readBytes(capture);
  const records = recordsOf(good, 0);
  const update = records.findIndex(({ type, length }) => type === 22 && length === 27);
  let bad = capture;
  for (const { start, length } of records.slice(update - 2, update))
    bad = changed(bad, copiesOf(good, 0, start + length - 20), 1);
  const verdicts = recordsOf(await readBytes(bad), 0).map((one) => [one.start, one.authenticated]);
  const expected = records.map((one, i) => [
    one.start,
    i === update - 1 || i === update - 2 ? Authenticated.no : Authenticated.yes,
  ]);
  assert.deepEqual(verdicts, expected);
});

/** Changes a record part by part in all its copies and expects that it fails, alone, and that the byte is named. */
async function damageRecord(
  capture: CaptureBytes,
  good: Trace,
  connection: number,
  index: number,
  changes: readonly number[],
): Promise<void> {
  const records = recordsOf(good, connection);
  const record = records[index]!;
  for (const [part, at] of partsOf(good, connection, record.length)) {
    for (const change of changes) {
      const name = `${good.connections[connection]!.name}: ${part} of record ${index} of ${records.length}`;
      const what = `${name} (${record.length} bytes) by ${change}`;
      const position = record.start + at;
      const bad = await readBytes(changed(capture, copiesOf(good, connection, position), change));
      const found = recordsOf(bad, connection);
      const failed = found.filter((one) => one.authenticated !== Authenticated.yes);
      const places = failed.map((one) => [one.start, one.length, one.authenticated]);
      assert.deepEqual(places, [[record.start, record.length, Authenticated.no]], what);
      assert.equal(found.length, records.length, what);
      const damage = bad.verdicts!.damage.get(failed[0]!.event)!;
      assert.deepEqual(wrongBytesOf(damage), [[position, change]], what);
      checkWires(bad, connection, record, position, what);
    }
  }
}

/** Where the damage is, from the offload start on, and what of the byte there is turned over. */
const wrongBytesOf = (damage: Damage): [number, number][] =>
  "wrong" in damage ? damage.wrong.map(({ offset, is, must }) => [damage.at + offset, is ^ must]) : [];

function checkWires(
  bad: Trace,
  connection: number,
  record: SeenRecord,
  position: number,
  what: string,
): void {
  for (const { start, length, wire } of transmitsOf(bad, connection)) {
    if (start <= position && position < start + length) assert.notEqual(wire, Wire.match, what);
    else if (start >= record.start + record.length || start + length <= record.start) {
      assert.equal(wire, Wire.match, what);
    }
  }
}

test("a byte wrong in one of two copies: the record authenticates by the other, only that transmit differs", async (t) => {
  if (folder === null) return t.diagnostic("corpus absent: nothing was compared");
  for (const name of ["n12-aes128-loss5", "n13-aes128-loss5-gso", "n12-aes128-tiny"]) {
    const capture = captureNamed(folder, name);
    const good = await readBytes(capture);
    const connection = busiest(good);
    let tried = 0;
    for (const record of recordsOf(good, connection)) {
      for (const [part, at] of partsOf(good, connection, record.length)) {
        const offsets = copiesOf(good, connection, record.start + at);
        if (offsets.length < 2 || tried > 60) continue;
        for (const offset of offsets) {
          tried++;
          const what = `${name}: ${part} of the record at ${record.start}, copy at ${offset}`;
          const bad = await readBytes(changed(capture, [offset], 0x40));
          assert.ok(
            recordsOf(bad, connection).every((one) => one.authenticated === Authenticated.yes),
            what,
          );
          const transmits = transmitsOf(bad, connection);
          const hit = transmits.find((one) => one.offset <= offset && offset < one.offset + one.length)!;
          for (const transmit of transmits) {
            assert.equal(transmit.wire, transmit === hit ? Wire.differs : Wire.match, what);
          }
          const first = good.connections[connection]!.startSeq + record.start + at;
          assert.deepEqual(bad.verdicts!.differences.get(hit.event), { bytes: 1, first }, what);
          const [before, after] = [good, bad].map((trace) => plaintextOf(trace, connection, 1));
          assert.deepEqual(after, before);
        }
      }
    }
    assert.ok(tried > 10, `${name}: ${tried} tried`);
  }
});
