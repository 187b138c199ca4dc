import type { Pieces } from "../captured.ts";
import type { FileWindow } from "../pcap/window.ts";

/**
 * One direction of a connection as a stream of bytes that lie in the file: pieces that do not overlap, in order of
 * position, the first covering copy of each byte, with holes where the capture lacks bytes.
 */
export class ByteStream {
  /** How far anybody has asked for bytes: what was found so far does not depend on what lies beyond. */
  asked = Number.NEGATIVE_INFINITY;
  private readonly start: Pieces["start"];
  private readonly length: Pieces["length"];
  private readonly offset: Pieces["offset"];
  private readonly window: FileWindow;
  /** Piece looked at last: reading goes forward mostly. */
  private at = 0;

  constructor({ start, length, offset }: Pieces, window: FileWindow) {
    this.start = start;
    this.length = length;
    this.offset = offset;
    this.window = window;
  }

  /** Position of the first captured byte, 0 of an empty stream. */
  get begin(): number {
    return this.start.length === 0 ? 0 : this.start.values[0]!;
  }

  /** Position behind the last captured byte. */
  get end(): number {
    const last = this.start.length - 1;
    return last < 0 ? 0 : this.endOf(last);
  }

  /** Notes that something depends on the bytes up to `position`; Infinity: on where the stream ends. */
  ask(position: number): void {
    if (position > this.asked) this.asked = position;
  }

  /** True if bytes were captured behind `position`. */
  reaches(position: number): boolean {
    const is = position < this.end;
    if (!is) this.ask(Number.POSITIVE_INFINITY);
    return is;
  }

  /** Copies captured bytes from `position` on into `into`, until `length` or a hole; gives how many. */
  read(position: number, length: number, into: Uint8Array, at = 0): number {
    this.ask(position + length);
    const pieces = this.start.length;
    let piece = this.pieceAt(position);
    let done = 0;
    while (done < length && piece < pieces) {
      const skip = position + done - this.start.values[piece]!;
      if (skip < 0) break;
      const part = Math.min(length - done, this.length.values[piece]! - skip);
      if (part > 0 && !this.window.copy(this.offset.values[piece]! + skip, part, into, at + done)) break;
      done += part;
      if (done < length) piece++;
    }
    this.at = Math.min(piece, pieces - 1);
    return done;
  }

  /** Index of the piece that holds `position`, else of the next one after it (maybe behind the last). */
  pieceAt(position: number): number {
    let low = 0;
    let high = this.start.length;
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
    const isNone = piece === this.start.length;
    const next = isNone ? Number.POSITIVE_INFINITY : Math.max(position, this.start.values[piece]!);
    this.ask(next);
    return next;
  }

  /** Where the first `count` pieces from `position` on begin: segments, but for what of them came before. */
  *segmentsFrom(position: number, count: number): Generator<number> {
    const first = this.pieceAt(position);
    this.ask(position);
    for (let piece = first; piece < Math.min(first + count, this.start.length); piece++) {
      const at = this.start.values[piece]!;
      if (at >= position) yield at;
    }
    if (first + count > this.start.length) this.ask(Number.POSITIVE_INFINITY);
  }

  /** Begins to note anew what is asked for; gives what was noted before. */
  askAnew(): number {
    const { asked } = this;
    this.asked = Number.NEGATIVE_INFINITY;
    return asked;
  }

  /** True if all bytes from `position` to the stream's end were captured, and are at most `sizeMax`. */
  isCapturedToEnd(position: number, sizeMax: number): boolean {
    const { end } = this;
    if (end - position > sizeMax) return false;
    this.ask(Number.POSITIVE_INFINITY);
    let captured = position;
    for (let piece = this.pieceAt(position); piece < this.start.length; piece++) {
      if (this.start.values[piece]! > captured) return false;
      captured = this.endOf(piece);
    }
    return captured === end;
  }
}
