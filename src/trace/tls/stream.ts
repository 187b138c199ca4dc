import { Column, int32 } from "../../core/base/columns.ts";
import { advance, distance, type Seq, seq } from "../../core/base/seq.ts";
import { type SegmentLog, TcpFlag } from "../pcap/segments.ts";
import type { FileWindow } from "../pcap/window.ts";

/** Sequence number of a segment's first payload byte: a SYN takes one before it. */
export const payloadSeq = (log: SegmentLog, row: number): Seq =>
  seq(log.seq.values[row]! + (log.flags.values[row]! & TcpFlag.syn ? 1 : 0));

/** Turns sequence numbers into positions in the stream (bytes from its origin), which do not wrap. */
export class Positions {
  readonly origin: Seq;
  /** The highest position so far, near which the next one is looked for. */
  private highest = 0;

  constructor(origin: Seq) {
    this.origin = origin;
  }

  of(s: Seq): number {
    const position = this.highest + distance(advance(this.origin, this.highest), s);
    // A segment beyond any window (RFC 7323 §2.3) is no part of the stream, so it must not move its end.
    if (position > this.highest && position - this.highest <= windowMax) this.highest = position;
    return position;
  }

  seqOf(position: number): Seq {
    return advance(this.origin, position);
  }

  /** True if no receiver could have offered a window up to this position. */
  isBeyond(position: number): boolean {
    return position - this.highest > windowMax;
  }
}

/** Largest TCP window: 2^30 bytes (RFC 7323 §2.3). */
const windowMax = 2 ** 30;

/** Another copy of bytes that a piece of the stream already holds. */
export interface Copies {
  start: Column<Float64Array>;
  length: Column<Int32Array>;
  offset: Column<Float64Array>;
  /** Row of the segment log. */
  row: Column<Int32Array>;
}

/**
 * One direction of a connection as a stream of bytes that lie in the file: pieces that do not overlap, in order of
 * position, the first covering copy of each byte, with holes where the capture lacks bytes.
 */
export class ByteStream {
  readonly positions: Positions;
  /** Copies, and segment rows of pieces: emptied by `forgetRows` once nobody asks any more. */
  copies = noCopies();
  row = new Column(new Int32Array(0));
  readonly start: Column<Float64Array>;
  readonly length: Column<Int32Array>;
  readonly offset: Column<Float64Array>;
  private readonly window: FileWindow;
  /** Piece looked at last: reading goes forward mostly. */
  private at = 0;

  /** A stream of at most `pieces` pieces. */
  constructor(origin: Seq, pieces: number, window: FileWindow) {
    this.positions = new Positions(origin);
    this.start = new Column(new Float64Array(pieces));
    this.length = new Column(new Int32Array(pieces));
    this.offset = new Column(new Float64Array(pieces));
    this.window = window;
  }

  get pieces(): number {
    return this.start.length;
  }

  /** Position of the first captured byte, 0 of an empty stream. */
  get begin(): number {
    return this.pieces === 0 ? 0 : this.start.values[0]!;
  }

  /** Position behind the last captured byte. */
  get end(): number {
    const last = this.pieces - 1;
    return last < 0 ? 0 : this.start.values[last]! + this.length.values[last]!;
  }

  /** Copies captured bytes from `position` on into `into`, until `length` or a hole; gives how many. */
  read(position: number, length: number, into: Uint8Array, at = 0): number {
    let piece = this.pieceAt(position);
    let done = 0;
    while (done < length && piece < this.pieces) {
      const skip = position + done - this.start.values[piece]!;
      if (skip < 0) break;
      const part = Math.min(length - done, this.length.values[piece]! - skip);
      if (part > 0 && !this.window.copy(this.offset.values[piece]! + skip, part, into, at + done)) break;
      done += part;
      if (done < length) piece++;
    }
    this.at = Math.min(piece, this.pieces - 1);
    return done;
  }

  /** Index of the piece that holds `position`, else of the next one after it (maybe `pieces`). */
  pieceAt(position: number): number {
    let low = 0;
    let high = this.pieces;
    const near = this.at;
    for (let piece = near; piece < near + 2 && piece < high; piece++) {
      if (this.endOf(piece) > position && (piece === 0 || this.endOf(piece - 1) <= position)) return piece;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.endOf(middle) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private endOf(piece: number): number {
    return this.start.values[piece]! + this.length.values[piece]!;
  }

  /** Position of the first captured byte at or after `position`; Infinity if there is none. */
  nextCaptured(position: number): number {
    const piece = this.pieceAt(position);
    return piece === this.pieces ? Number.POSITIVE_INFINITY : Math.max(position, this.start.values[piece]!);
  }

  /** Position up to which bytes are captured without a hole from `position` on. */
  contiguousEnd(position: number, limit: number): number {
    let piece = this.pieceAt(position);
    let end = position;
    while (piece < this.pieces && end < limit && this.start.values[piece]! <= end) end = this.endOf(piece++);
    return Math.min(end, limit);
  }

  /** Lets go of what only following the records needs. */
  forgetRows(): void {
    this.row = new Column(new Int32Array(0));
    this.copies = noCopies();
  }
}

const noCopies = (): Copies => ({
  start: new Column(new Float64Array(1)),
  length: new Column(new Int32Array(1)),
  offset: new Column(new Float64Array(1)),
  row: new Column(new Int32Array(1)),
});

/** Puts the segments of one direction (rows with payload, in capture order) together. `isn` −1 = unknown (u32). */
export function assemble(log: SegmentLog, rows: Int32Array, isn: number, window: FileWindow): ByteStream {
  const origin = isn >= 0 ? seq(isn + 1) : payloadSeq(log, rows[0]!);
  const stream = new ByteStream(origin, rows.length, window);
  const { order, at } = inStreamOrder(log, rows, stream.positions);
  stream.row.reserve(rows.length);
  const [captured, offsets] = [log.captured.values, log.offset.values];
  let covered = isn >= 0 ? 0 : Number.NEGATIVE_INFINITY;
  let pieces = 0;
  for (let k = 0; k < order.length; k++) {
    const row = rows[order[k]!]!;
    const start = at[order[k]!]!;
    const length = captured[row]!;
    const overlap = Math.max(0, Math.min(length, covered - start));
    if (overlap > 0) pushCopy(stream.copies, start, overlap, offsets[row]!, row);
    if (overlap === length) continue;
    // Straight into the arrays, which are large enough: Column.push serves all kinds of arrays and is slower.
    stream.start.values[pieces] = start + overlap;
    stream.length.values[pieces] = length - overlap;
    stream.offset.values[pieces] = offsets[row]! + overlap;
    stream.row.values[pieces] = row;
    pieces++;
    covered = start + length;
  }
  for (const column of [stream.start, stream.length, stream.offset, stream.row]) column.length = pieces;
  return stream;
}

function pushCopy(copies: Copies, start: number, length: number, offset: number, row: number): void {
  copies.start.push(start);
  copies.length.push(length);
  copies.offset.push(offset);
  copies.row.push(row);
}

/** Indices of `rows` by position, earlier captured first among equals; segments outside the stream are left out. */
function inStreamOrder(
  log: SegmentLog,
  rows: Int32Array,
  positions: Positions,
): { order: Int32Array; at: Float64Array } {
  const at = new Float64Array(rows.length);
  const inOrder = int32();
  const others: number[] = [];
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < rows.length; i++) {
    const position = positions.of(payloadSeq(log, rows[i]!));
    at[i] = position;
    if (positions.isBeyond(position) || log.captured.values[rows[i]!]! === 0) continue;
    if (position >= highest) {
      inOrder.push(i);
      highest = position;
    } else others.push(i);
  }
  others.sort((a, b) => at[a]! - at[b]! || a - b);
  return { order: merged(inOrder.values.subarray(0, inOrder.length), others, at), at };
}

/** Two ordered lists of indices as one: few segments are out of order, so sorting all would be waste. */
function merged(a: Int32Array, b: readonly number[], at: Float64Array): Int32Array {
  if (b.length === 0) return a;
  const all = new Int32Array(a.length + b.length);
  let i = 0;
  let j = 0;
  for (let k = 0; k < all.length; k++) {
    if (j === b.length || (i < a.length && isBefore(a[i]!, b[j]!, at))) all[k] = a[i++]!;
    else all[k] = b[j++]!;
  }
  return all;
}

const isBefore = (a: number, b: number, at: Float64Array): boolean =>
  at[a]! < at[b]! || (at[a] === at[b] && a < b);
