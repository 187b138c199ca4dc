import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../test/simulator/mutate.ts";
import { memoryFile } from "../pcap/capture-file.ts";
import { SegmentLog } from "../pcap/segments.ts";
import { FileWindow } from "../pcap/window.ts";
import { Assembly, type Laid } from "./assembly.ts";

/** Start, length and captured bytes of a segment. */
type Sent = readonly [start: number, length: number, captured?: number];

/** Segments put together at once: stream byte `position` is position mod 251; the file holds their payloads in order. */
function assembled(segments: readonly Sent[], isn: number): Assembly {
  const { log, assembly } = unassembled(segments, isn);
  assembly.take(Int32Array.from({ length: log.count }, (_, row) => row));
  return assembly;
}

function unassembled(segments: readonly Sent[], isn: number) {
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
  const window = new FileWindow(memoryFile("test", Uint8Array.from(file)));
  return { log, assembly: new Assembly(log, isn >>> 0, 0, window) };
}

test("segments in any order, overlapping, over the wrap of sequence numbers: every captured byte is read once", () => {
  const random = seeded(11);
  for (let run = 0; run < 300; run++) {
    const segments = Array.from({ length: 1 + Math.floor(random() * 12) }, (): [number, number, number] => {
      const length = 1 + Math.floor(random() * 40);
      return [Math.floor(random() * 200), length, random() < 0.8 ? length : Math.floor(random() * length)];
    });
    const { bytes: stream, copies, pieces } = assembled(segments, [5, 0xffffffc0 | 0, 0x7fffffc0][run % 3]!);
    const held = Array.from({ length: 260 }, (_, at) => segments.some(([s, , c]) => s <= at && at < s + c));
    const one = new Uint8Array(1);
    held.forEach((isHeld, at) => {
      assert.equal(stream.read(at, 1, one), isHeld ? 1 : 0, `run ${run}, byte ${at}`);
      if (isHeld) assert.equal(one[0], at % 251);
      const next = held.indexOf(true, at);
      assert.equal(stream.nextCaptured(at), next < 0 ? Number.POSITIVE_INFINITY : next);
      const hole = held.indexOf(false, at);
      const isWhole = at < stream.end && (hole < 0 || hole >= stream.end);
      assert.equal(stream.isCapturedToEnd(at, 250), isWhole || at === stream.end, `run ${run}, from ${at}`);
    });
    const all = new Uint8Array(260);
    const first = Math.max(0, held.indexOf(true));
    assert.equal(stream.read(first, 260 - first, all), Math.max(0, held.indexOf(false, first) - first));
    const copied = Array.from({ length: copies.start.length }, (_, i) => copies.length.at(i));
    const transmitted = segments.reduce((sum, [, , captured]) => sum + captured, 0);
    const laid = Array.from({ length: pieces.start.length }, (_, i) => pieces.length.at(i));
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    assert.equal(sum(laid), held.filter(Boolean).length);
    assert.equal(sum(copied) + sum(laid), transmitted);
  }
});

test("a segment no window could hold is left out", () => {
  const { bytes: stream } = assembled(
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
  const { bytes: stream } = assembled(
    [
      [-1, 1],
      [0, 4],
    ],
    1000,
  );
  assert.deepEqual([stream.begin, stream.end], [0, 4]);
});

test("segments taken in batches are put together as if they had come at once, and change nothing before the place told", () => {
  const random = seeded(12);
  for (let run = 0; run < 500; run++) {
    const segments = Array.from({ length: 1 + Math.floor(random() * 14) }, (): Sent => {
      const length = 1 + Math.floor(random() * 40);
      return [
        Math.floor(random() * 120) - 20,
        length,
        random() < 0.8 ? length : Math.floor(random() * length),
      ];
    });
    const isn = [5, 0xffffffc0 | 0, 0x7fffffc0][run % 3]!;
    const { log, assembly } = unassembled(segments, isn);
    for (let row = 0; row < log.count; ) {
      const count = Math.min(log.count - row, 1 + Math.floor(random() * 4));
      const before = facts(assembly);
      const from = assembly.take(Int32Array.from({ length: count }, (_, i) => row + i));
      row += count;
      assert.deepEqual(facts(assembly), facts(assembled(segments.slice(0, row), isn)), `run ${run}`);
      const [was, is] = [before, facts(assembly)].map(({ pieces, copies }) =>
        [pieces, copies].map((rows) =>
          rows.map(([start, length, ...rest]) => clipped(start!, length!, from, rest)),
        ),
      );
      assert.deepEqual(
        is!.map((rows) => rows.flat()),
        was!.map((rows) => rows.flat()),
        `run ${run}, before ${from}`,
      );
    }
  }
});

/** Rows of pieces and copies. */
function facts({ pieces, copies }: Assembly): { pieces: number[][]; copies: number[][] } {
  const rowsOf = ({ start, length, offset, row }: Laid) =>
    Array.from({ length: start.length }, (_, i) => [start.at(i), length.at(i), offset.at(i), row.at(i)]);
  return { pieces: rowsOf(pieces), copies: rowsOf(copies) };
}

/** A row as far as it lies before a position. */
const clipped = (start: number, length: number, end: number, rest: readonly number[]): number[][] =>
  start < end ? [[start, Math.min(length, end - start), ...rest]] : [];
