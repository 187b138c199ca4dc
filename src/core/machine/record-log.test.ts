import assert from "node:assert/strict";
import { test } from "node:test";
import { advance, type Seq, seq } from "../base/seq.ts";
import { RecordKind, RecordLog } from "./record-log.ts";

/** A log of records with these lengths, from `start` on. */
function logOf(start: number, lengths: Iterable<number>): RecordLog {
  const log = new RecordLog();
  let endSeq: Seq = seq(start);
  let row = 0;
  for (const length of lengths) {
    endSeq = advance(endSeq, length);
    log.put(row, rowEnding(endSeq, length, row));
    row++;
  }
  return log;
}

function rowEnding(endSeq: Seq, length: number, row: number) {
  const place = { payloadAt: 0, pieceSize: 0, openedBy: 0, pushedBy: 0 };
  return {
    kind: RecordKind.record,
    endSeq,
    length,
    type: 23,
    epoch: 0,
    sn: BigInt(row),
    snKnown: true,
    ...place,
  };
}

test("the row of every byte, acknowledged or not, over 2^32", () => {
  const lengths = [0, 30, 1, 100, 16413, 29, 29, 5];
  const start = 0xfffffff0;
  const log = logOf(start, lengths);
  let at = 0;
  for (let row = 0; row < lengths.length; row++)
    for (const until = at + lengths[row]!; at < until; at++)
      assert.equal(log.rowOf(advance(seq(start), at), log.count), row, `byte ${at}`);
  assert.equal(log.rowOf(advance(seq(start), -1), log.count), -1, "before the first");
  assert.equal(log.rowOf(advance(seq(start), at), log.count), -1, "behind the last");
  assert.equal(log.rowOf(seq(start), 0), -1, "an empty log");
});

test("the row of every record's first and last byte, among records that cover the ring more than twice", () => {
  const full = 16413;
  const rows = 600_000;
  const start = 12345;
  const log = logOf(start, repeat(full, rows));
  assert.ok(rows * full > 2 ** 33);
  for (let row = 0; row < rows; row += 997)
    for (const at of [row * full, row * full + full - 1])
      assert.equal(log.rowOf(seq(start + at), rows), row, `byte ${at}`);
  assert.equal(log.rowOf(seq(start + rows * full), rows), -1, "behind the last");
  assert.equal(log.rowOf(seq(start + rows * full - 2 ** 32), rows), rows - Math.ceil(2 ** 32 / full));
});

function* repeat(length: number, times: number): Generator<number> {
  for (let i = 0; i < times; i++) yield length;
}

test("a replay that would find another record is a bug and says so", () => {
  const log = logOf(0, [0, 100]);
  log.put(1, rowEnding(seq(100), 100, 1));
  assert.throws(() => log.put(1, rowEnding(seq(101), 101, 1)), /assertion failed: a row replays as it was/);
  assert.throws(() => log.put(1, rowEnding(seq(100), 100, 2)), /assertion failed/);
  assert.throws(() => log.put(5, rowEnding(seq(100), 100, 5)), /logged in order/);
  assert.equal(log.count, 2);
});

test("record numbers are kept in 64 bits and go on beyond the last record", () => {
  const log = new RecordLog();
  const high = 2n ** 64n - 1n;
  log.put(0, { ...rowEnding(seq(0), 0, 0), sn: high - 1n });
  log.put(1, { ...rowEnding(seq(9), 9, 1), sn: high, snKnown: false });
  assert.equal(log.sn(1), high);
  assert.equal(log.knownSn(1), null);
  assert.equal(log.knownSn(0), high - 1n);
  assert.equal(log.countedSn(2, 2), 0n, "the number wraps");
});
