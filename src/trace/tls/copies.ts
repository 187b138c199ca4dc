import type { FileWindow } from "../pcap/window.ts";
import type { ByteStream } from "./stream.ts";

/** Bytes of one transmitted segment that are not what they should be. */
export interface Difference {
  bytes: number;
  /** Position of the first one. */
  first: number;
}

/** A copy's bytes laid over the stream's: where they go, and where they lie in the file. */
export interface Overlay {
  start: number;
  length: number;
  offset: number;
}

/** Compares the further copies of a stream's bytes, record by record in stream order. */
export class CopyComparer {
  /** By row of the segment log. */
  readonly differences = new Map<number, Difference>();
  private readonly stream: ByteStream;
  private readonly window: FileWindow;
  /** Copies before this one begin before the end of the last range asked for. */
  private next = 0;
  private active: number[] = [];
  private scratch = new Uint8Array(1 << 16);

  constructor(stream: ByteStream, window: FileWindow) {
    this.stream = stream;
    this.window = window;
  }

  /** Copies that reach into [start, end); `start` must not go back. */
  overlapping(start: number, end: number): number[] {
    const { copies } = this.stream;
    if (this.active.length > 0) this.active = this.active.filter((copy) => this.endOf(copy) > start);
    while (this.next < copies.start.length && copies.start.values[this.next]! < end) {
      if (this.endOf(this.next) > start) this.active.push(this.next);
      this.next++;
    }
    return this.active.filter((copy) => copies.start.values[copy]! < end);
  }

  private endOf(copy: number): number {
    return this.stream.copies.start.values[copy]! + this.stream.copies.length.values[copy]!;
  }

  /** The part of a copy in [start, end), to be laid over the stream there. */
  overlayOf(copy: number, start: number, end: number): Overlay {
    const { copies } = this.stream;
    const from = Math.max(start, copies.start.values[copy]!);
    const to = Math.min(end, this.endOf(copy));
    return {
      start: from,
      length: to - from,
      offset: copies.offset.values[copy]! + from - copies.start.values[copy]!,
    };
  }

  /** True if the copy's bytes differ from `bytes`, which stand at [start, start + bytes.length). */
  differs(copy: number, start: number, bytes: Uint8Array): boolean {
    return this.compare(this.overlayOf(copy, start, start + bytes.length), start, bytes) !== null;
  }

  /** Notes for each of these copies where it is not as `right`, the record's right bytes. */
  noteCopies(copies: readonly number[], start: number, right: Uint8Array): void {
    for (const copy of copies) {
      const difference = this.compare(this.overlayOf(copy, start, start + right.length), start, right);
      if (difference) this.note(this.stream.copies.row.values[copy]!, difference);
    }
  }

  /** The same for the stream's own pieces. */
  notePieces(start: number, right: Uint8Array): void {
    const { stream, end } = { stream: this.stream, end: start + right.length };
    for (let piece = stream.pieceAt(start); piece < stream.pieces; piece++) {
      const pieceStart = stream.start.values[piece]!;
      if (pieceStart >= end) break;
      const from = Math.max(start, pieceStart);
      const length = Math.min(end, pieceStart + stream.length.values[piece]!) - from;
      const offset = stream.offset.values[piece]! + from - pieceStart;
      const difference = this.compare({ start: from, length, offset }, start, right);
      if (difference) this.note(stream.row.values[piece]!, difference);
    }
  }

  /** Copies the overlay's bytes into a record that stands at `start`. */
  lay(overlay: Overlay, start: number, record: Uint8Array): void {
    this.window.copy(overlay.offset, overlay.length, record, overlay.start - start);
  }

  private compare(part: Overlay, start: number, right: Uint8Array): Difference | null {
    if (this.scratch.length < part.length) this.scratch = new Uint8Array(part.length);
    if (!this.window.copy(part.offset, part.length, this.scratch, 0)) return null;
    const at = part.start - start;
    let bytes = 0;
    let first = -1;
    for (let i = 0; i < part.length; i++) {
      if (this.scratch[i] === right[at + i]) continue;
      if (bytes++ === 0) first = part.start + i;
    }
    return bytes === 0 ? null : { bytes, first };
  }

  private note(row: number, difference: Difference): void {
    const known = this.differences.get(row);
    if (known) {
      known.bytes += difference.bytes;
      known.first = Math.min(known.first, difference.first);
    } else this.differences.set(row, difference);
  }
}

/** The overlays as far as they reach into a record that ends at `end`. */
export const overlaysWithin = (overlays: readonly Overlay[], end: number): Overlay[] =>
  overlays
    .filter((overlay) => overlay.start < end)
    .map((overlay) => ({ ...overlay, length: Math.min(overlay.length, end - overlay.start) }));
