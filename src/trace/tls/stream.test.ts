import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../test/simulator/mutate.ts";
import { memoryFile } from "../pcap/capture-file.ts";
import { SegmentLog } from "../pcap/segments.ts";
import { FileWindow } from "../pcap/window.ts";
import { assemble } from "./stream.ts";

/** Stream byte `position` is position mod 251; the file holds the segments' payloads one behind the other. */
function streamOf(segments: readonly [start: number, length: number, captured?: number][], isn: number) {
  const log = new SegmentLog();
  const file: number[] = [];
  for (const [start, length, captured = length] of segments) {
    const row = log.next();
    log.seq.values[row] = isn + 1 + start;
    log.flags.values[row] = 16;
    log.length.values[row] = length;
    log.captured.values[row] = captured;
    log.offset.values[row] = file.length;
    for (let i = 0; i < captured; i++) file.push((((start + i) % 251) + 251) % 251);
  }
  const rows = Int32Array.from(segments, (_, i) => i);
  return assemble(log, rows, isn >>> 0, new FileWindow(memoryFile("test", Uint8Array.from(file))));
}

test("segments in any order, overlapping, over the wrap of sequence numbers: every captured byte is read once", () => {
  const random = seeded(11);
  for (let run = 0; run < 300; run++) {
    const segments = Array.from({ length: 1 + Math.floor(random() * 12) }, (): [number, number, number] => {
      const length = 1 + Math.floor(random() * 40);
      return [Math.floor(random() * 200), length, random() < 0.8 ? length : Math.floor(random() * length)];
    });
    const stream = streamOf(segments, [5, 0xffffffc0 | 0, 0x7fffffc0][run % 3]!);
    const held = Array.from({ length: 260 }, (_, at) => segments.some(([s, , c]) => s <= at && at < s + c));
    const one = new Uint8Array(1);
    held.forEach((isHeld, at) => {
      assert.equal(stream.read(at, 1, one), isHeld ? 1 : 0, `run ${run}, byte ${at}`);
      if (isHeld) assert.equal(one[0], at % 251);
      const next = held.indexOf(true, at);
      assert.equal(stream.nextCaptured(at), next < 0 ? Number.POSITIVE_INFINITY : next);
      const hole = held.indexOf(false, at);
      assert.equal(stream.contiguousEnd(at, 250), Math.min(250, hole < 0 ? 260 : hole));
    });
    const all = new Uint8Array(260);
    const first = Math.max(0, held.indexOf(true));
    assert.equal(stream.read(first, 260 - first, all), Math.max(0, held.indexOf(false, first) - first));
    const copied = Array.from({ length: stream.copies.start.length }, (_, i) => stream.copies.length.at(i));
    const transmitted = segments.reduce((sum, [, , captured]) => sum + captured, 0);
    const pieces = Array.from({ length: stream.pieces }, (_, i) => stream.length.at(i));
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    assert.equal(sum(pieces), held.filter(Boolean).length);
    assert.equal(sum(copied) + sum(pieces), transmitted);
  }
});

test("a segment no window could hold is left out", () => {
  const stream = streamOf(
    [
      [0, 10],
      [2 ** 30 + 50, 10],
      [10, 10],
    ],
    1000,
  );
  assert.equal(stream.end, 20);
});

test("bytes before the first one of the connection are left out", () => {
  const stream = streamOf(
    [
      [-1, 1],
      [0, 4],
    ],
    1000,
  );
  assert.deepEqual([stream.begin, stream.end], [0, 4]);
});
