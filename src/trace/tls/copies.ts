import type { Overlay } from "../captured.ts";
import type { FileWindow } from "../pcap/window.ts";
import type { Assembly } from "./assembly.ts";

/** Bytes of one transmitted segment that are not what they should be. */
export interface Difference {
  bytes: number;
  /** Position of the first one. */
  first: number;
}

/** What a comparison looks at. */
let scratch = new Uint8Array(1 << 16);

/** Compares the further copies of a stream's bytes, record by record in stream order. */
export class CopyComparer {
  private readonly assembly: Assembly;
  /** What was found, by row of the segment log, in the order of the records compared. */
  private readonly found: [row: number, difference: Difference][] = [];
  private readonly window: FileWindow;
  /** Copies before this one begin before the end of the last range asked for. */
  private next = 0;
  private active: number[] = [];

  constructor(assembly: Assembly, window: FileWindow) {
    this.assembly = assembly;
    this.window = window;
  }

  /** How much was found so far. */
  get count(): number {
    return this.found.length;
  }

  /** What was found behind the first `count` findings is forgotten; ranges asked for may begin anywhere again. */
  rewind(count: number): void {
    this.found.length = count;
    this.next = 0;
    this.active = [];
  }

  /** All that was found, by row of the segment log. */
  differences(): Map<number, Difference> {
    const differences = new Map<number, Difference>();
    for (const [row, { bytes, first }] of this.found) {
      const known = differences.get(row);
      differences.set(row, {
        bytes: bytes + (known?.bytes ?? 0),
        first: Math.min(first, known?.first ?? first),
      });
    }
    return differences;
  }

  /** Copies that reach into [start, end); `start` must not go back. */
  overlapping(start: number, end: number): number[] {
    const { copies } = this.assembly;
    if (this.active.length > 0) this.active = this.active.filter((copy) => this.endOf(copy) > start);
    while (this.next < copies.start.length && copies.start.values[this.next]! < end) {
      if (this.endOf(this.next) > start) this.active.push(this.next);
      this.next++;
    }
    return this.active.filter((copy) => copies.start.values[copy]! < end);
  }

  private endOf(copy: number): number {
    return this.assembly.copies.start.values[copy]! + this.assembly.copies.length.values[copy]!;
  }

  /** The part of a copy in [start, end), to be laid over the stream there. */
  overlayOf(copy: number, start: number, end: number): Overlay {
    const { copies } = this.assembly;
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
      if (difference) this.found.push([this.assembly.copies.row.at(copy), difference]);
    }
  }

  /** The same for the stream's own pieces. */
  notePieces(start: number, right: Uint8Array): void {
    const { bytes, pieces } = this.assembly;
    const end = start + right.length;
    for (let piece = bytes.pieceAt(start); piece < pieces.start.length; piece++) {
      const pieceStart = pieces.start.at(piece);
      if (pieceStart >= end) break;
      const from = Math.max(start, pieceStart);
      const length = Math.min(end, pieceStart + pieces.length.at(piece)) - from;
      const offset = pieces.offset.at(piece) + from - pieceStart;
      const difference = this.compare({ start: from, length, offset }, start, right);
      if (difference) this.found.push([pieces.row.at(piece), difference]);
    }
  }

  /** Copies the overlay's bytes into a record that stands at `start`. */
  lay(overlay: Overlay, start: number, record: Uint8Array): void {
    this.window.copy(overlay.offset, overlay.length, record, overlay.start - start);
  }

  private compare(part: Overlay, start: number, right: Uint8Array): Difference | null {
    if (scratch.length < part.length) scratch = new Uint8Array(part.length);
    if (!this.window.copy(part.offset, part.length, scratch, 0)) return null;
    const at = part.start - start;
    let bytes = 0;
    let first = -1;
    for (let i = 0; i < part.length; i++) {
      if (scratch[i] === right[at + i]) continue;
      if (bytes++ === 0) first = part.start + i;
    }
    return bytes === 0 ? null : { bytes, first };
  }
}

/** The overlays as far as they reach into a record that ends at `end`. */
export const overlaysWithin = (overlays: readonly Overlay[], end: number): Overlay[] =>
  overlays
    .filter((overlay) => overlay.start < end)
    .map((overlay) => ({ ...overlay, length: Math.min(overlay.length, end - overlay.start) }));
