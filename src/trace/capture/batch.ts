import type { SegmentLog } from "../pcap/segments.ts";

/** Segments that were added to a log at once. */
export interface Batch {
  /** True if any of them is of the flow. */
  touches(flow: number): boolean;
  /** Those with payload of a stream (2 × flow + direction), by their rows. */
  rows(stream: number): Int32Array;
}

/** The segments of the log from row `from` on, sorted by stream in one pass; `flows` is how many flows there are. */
export function batchOf(log: SegmentLog, from: number, flows: number): Batch {
  const ends = new Int32Array(2 * flows + 1);
  const touched = new Uint8Array(flows);
  const streamOf = (row: number) => 2 * log.flow.values[row]! + log.direction.values[row]!;
  for (let row = from; row < log.count; row++) {
    touched[log.flow.values[row]!] = 1;
    if (log.length.values[row]! > 0) ends[streamOf(row) + 1]!++;
  }
  for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
  const starts = ends.slice();
  const rows = new Int32Array(ends[2 * flows]!);
  for (let row = from; row < log.count; row++) {
    if (log.length.values[row]! > 0) rows[starts[streamOf(row)]!++] = row;
  }
  return {
    touches: (flow) => touched[flow] === 1,
    rows: (stream) => rows.subarray(ends[stream], ends[stream + 1]),
  };
}

/** All segments with payload of a stream so far, by their rows. */
export function rowsOf(log: SegmentLog, stream: number): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < log.count; row++) {
    const isOf = 2 * log.flow.values[row]! + log.direction.values[row]! === stream;
    if (isOf && log.length.values[row]! > 0) rows.push(row);
  }
  return Int32Array.from(rows);
}
