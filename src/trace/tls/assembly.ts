import { Column, int32 } from "../../core/base/columns.ts";
import { advance, near, type Seq, seq, toU32 } from "../../core/base/seq.ts";
import { type SegmentLog, TcpFlag } from "../pcap/segments.ts";
import type { FileWindow } from "../pcap/window.ts";
import { ByteStream } from "./stream.ts";

/** Sequence number of a segment's first payload byte, 32 bits: a SYN takes one before it. */
export const payloadSeq = (log: SegmentLog, row: number): number =>
  log.seq.values[row]! + (log.flags.values[row]! & TcpFlag.syn ? 1 : 0);

/** Turns the sequence numbers of packets into positions in the stream: bytes from its origin. */
export class Positions {
  readonly origin: Seq;
  /** The highest position so far, near which the next one is looked for. */
  private highest: number;

  constructor(origin: Seq, highest = 0) {
    this.origin = origin;
    this.highest = highest;
  }

  /** The same, to go on from here once more. */
  copy(): Positions {
    return new Positions(this.origin, this.highest);
  }

  of(s: number): number {
    const position = this.at(s);
    // A segment beyond any window (RFC 7323 §2.3) is no part of the stream, so it must not move its end.
    if (position > this.highest && position - this.highest <= windowMax) this.highest = position;
    return position;
  }

  /** The same of a number that moves nothing, near the highest position or one further on that is known. */
  at(s: number, known = this.highest): number {
    return near(s, advance(this.origin, Math.max(known, this.highest))) - this.origin;
  }

  /** True if no receiver could have offered a window up to this position. */
  isBeyond(position: number): boolean {
    return position - this.highest > windowMax;
  }
}

/** Largest TCP window: 2^30 bytes (RFC 7323 §2.3). */
const windowMax = 2 ** 30;

/** Segments by their rows in the log and their positions; `order`: indices, by position, earlier captured first among equals. */
interface Ordered {
  rows: Int32Array;
  at: Float64Array;
  order: Int32Array;
}

/** Bytes of the stream that lie in the file. */
export interface Laid {
  start: Column<Float64Array>;
  length: Column<Int32Array>;
  offset: Column<Float64Array>;
  /** The segment that they are of, as its row in the log. */
  row: Column<Int32Array>;
}

/** One direction of a connection, put together from its segments as they come. */
export class Assembly {
  readonly positions: Positions;
  readonly bytes: ByteStream;
  /** The first covering copy of each byte: what the stream reads. */
  readonly pieces = laid();
  /** Other copies of those bytes. */
  copies = laid();
  private readonly log: SegmentLog;
  /** Bytes before this position are no part of the stream. */
  private readonly floor: number;

  /** `isn` −1 = unknown (u32): then positions count from the segment at `first`, the first that will be taken. */
  constructor(log: SegmentLog, isn: number, first: number, window: FileWindow) {
    this.log = log;
    this.floor = isn >= 0 ? 0 : Number.NEGATIVE_INFINITY;
    this.positions = new Positions(seq(toU32(seq(isn >= 0 ? isn + 1 : payloadSeq(log, first)))));
    this.bytes = new ByteStream(this.pieces, window);
  }

  /**
   * Takes segments with payload, by their rows in capture order. Gives the position from which on the stream's bytes
   * or copies may be others than before; Infinity if none are.
   */
  take(rows: Int32Array): number {
    const taken = this.inOrder(rows);
    if (taken.order.length === 0) return Number.POSITIVE_INFINITY;
    const from = taken.at[taken.order[0]!]!;
    this.lay(from < this.lastAt() ? this.withLaidBehind(from, taken) : taken);
    return from;
  }

  /** Lets go of what only following the records needs; nothing can be taken after that. */
  forgetRows(): void {
    this.pieces.row = nothing.row;
    this.copies = nothing;
  }

  /** Segments outside the stream and those without a captured byte are left out. */
  private inOrder(rows: Int32Array): Ordered {
    const { log, positions } = this;
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
    return { rows, at, order: merged(inOrder.values.subarray(0, inOrder.length), others, at) };
  }

  /** Lays segments that begin behind all those before, or where the last one does. */
  private lay({ rows, at, order }: Ordered): void {
    const { pieces, copies } = this;
    const [captured, offsets] = [this.log.captured.values, this.log.offset.values];
    let count = pieces.start.length;
    let covered = count > 0 ? this.bytes.end : this.floor;
    for (const column of Object.values(pieces)) column.reserve(count + order.length);
    for (let k = 0; k < order.length; k++) {
      const row = rows[order[k]!]!;
      const start = at[order[k]!]!;
      const length = captured[row]!;
      const overlap = Math.max(0, Math.min(length, covered - start));
      if (overlap > 0) pushCopy(copies, start, overlap, offsets[row]!, row);
      if (overlap === length) continue;
      // Straight into the arrays, which are large enough: Column.push serves all kinds of arrays and is slower.
      pieces.start.values[count] = start + overlap;
      pieces.length.values[count] = length - overlap;
      pieces.offset.values[count] = offsets[row]! + overlap;
      pieces.row.values[count] = row;
      count++;
      covered = start + length;
    }
    for (const column of Object.values(pieces)) column.length = count;
  }

  /** Where the segment begins that a piece is of: part of it may lie in a piece before. */
  private atOf(piece: number): number {
    const { start, offset, row } = this.pieces;
    return start.at(piece) - (offset.at(piece) - this.log.offset.at(row.at(piece)));
  }

  /** Where the last segment laid begins. */
  private lastAt(): number {
    const { pieces, copies } = this;
    const [piece, copy] = [pieces.start.length - 1, copies.start.length - 1];
    return Math.max(
      piece < 0 ? Number.NEGATIVE_INFINITY : this.atOf(piece),
      copy < 0 ? Number.NEGATIVE_INFINITY : copies.start.at(copy),
    );
  }

  /** Takes up again the segments that begin behind `from`, to lay them with those that came now. */
  private withLaidBehind(from: number, { rows, at, order }: Ordered): Ordered {
    const { pieces, copies } = this;
    const found = new Map<number, number>();
    let piece = pieces.start.length;
    for (; piece > 0 && this.atOf(piece - 1) > from; piece--)
      found.set(pieces.row.at(piece - 1), this.atOf(piece - 1));
    let copy = copies.start.length;
    for (; copy > 0 && copies.start.at(copy - 1) > from; copy--)
      found.set(copies.row.at(copy - 1), copies.start.at(copy - 1));
    for (const column of Object.values(pieces)) column.length = piece;
    for (const column of Object.values(copies)) column.length = copy;
    for (const index of order) found.set(rows[index]!, at[index]!);
    const all = [...found].sort(([a, atA], [b, atB]) => atA - atB || a - b);
    return {
      rows: Int32Array.from(all, ([row]) => row),
      at: Float64Array.from(all, ([, position]) => position),
      order: Int32Array.from(all, (_, index) => index),
    };
  }
}

const laid = (): Laid => ({
  start: new Column(new Float64Array(0)),
  length: new Column(new Int32Array(0)),
  offset: new Column(new Float64Array(0)),
  row: new Column(new Int32Array(0)),
});

/** What all streams hold that have let go: there may be many. */
const nothing = laid();

function pushCopy(copies: Laid, start: number, length: number, offset: number, row: number): void {
  copies.start.push(start);
  copies.length.push(length);
  copies.offset.push(offset);
  copies.row.push(row);
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
