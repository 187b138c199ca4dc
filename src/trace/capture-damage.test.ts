import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf } from "../core/record.ts";
import {
  type CaptureBytes,
  captureNamed,
  copiesOf,
  readBytes,
  recordsOf,
  transmitsOf,
} from "../test/captures.ts";
import { corpusFolder } from "../test/corpus.ts";
import { Authenticated, type Trace, Wire } from "./trace.ts";

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
    for (const index of picked) {
      const record = records[index]!;
      for (const [part, at] of partsOf(good, connection, record.length)) {
        for (const change of [0x01, 0x80, 0x13]) {
          const offsets = copiesOf(good, connection, record.start + at);
          const bad = await readBytes(changed(capture, offsets, change));
          const what = `${part} of record ${index} of ${records.length} (${record.length} bytes) by ${change}`;
          const found = recordsOf(bad, connection);
          const failed = found.filter((one) => one.authenticated !== Authenticated.yes);
          assert.deepEqual(
            failed.map((one) => [one.start, one.length, one.authenticated]),
            [[record.start, record.length, Authenticated.no]],
            what,
          );
          assert.equal(found.length, records.length, what);
          const text = bad.verdicts!.damage.get(failed[0]!.event)!;
          const isAead = bad.connections[connection]!.cipher !== "chacha20-poly1305";
          if (isAead || at < 5)
            assert.match(text, new RegExp(`byte ${record.start + at} `), `${what}: ${text}`);
          else assert.match(text, /somewhere/, what);
          for (const transmit of transmitsOf(bad, connection)) {
            const hit =
              transmit.start <= record.start + at && record.start + at < transmit.start + transmit.length;
            const overlaps =
              transmit.start < record.start + record.length &&
              record.start < transmit.start + transmit.length;
            if (hit) assert.notEqual(transmit.wire, Wire.match, what);
            else if (!overlaps) assert.equal(transmit.wire, Wire.match, what);
          }
        }
      }
    }
  });
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
          const firstSeq = (good.connections[connection]!.startSeq + record.start + at) >>> 0;
          assert.deepEqual(bad.verdicts!.differences.get(hit.event), { bytes: 1, firstSeq }, what);
          const [before, after] = [good, bad].map((trace) =>
            trace.connections[connection]!.source!.plaintext(1),
          );
          assert.deepEqual(after, before);
        }
      }
    }
    assert.ok(tried > 10, `${name}: ${tried} tried`);
  }
});
