import { float64, int32 } from "../../core/base/columns.ts";
import type { ScatteredRows } from "../captured.ts";
import type { FileAccess } from "../platform.ts";

/** Places from here on are no places of a file: no file is that large. */
export const scatteredBase = 2 ** 50;

/** Bytes of a frame that lie together in the file. */
export interface Part {
  /** Place in the file. */
  offset: number;
  length: number;
  /** Frame number from 1. */
  frame: number;
}

/**
 * Packets that were put together of fragments lie in the file in several parts. Each gets a place of its own behind
 * `scatteredBase`, so that it can be read as if its bytes lay together there.
 */
export class Scattered implements ScatteredRows {
  /** Where each part begins among such places; they follow one another without a gap. */
  readonly at = float64();
  readonly length = int32();
  readonly offset = float64();
  readonly frame = int32();

  /** Gives the place of a packet that consists of these parts. */
  add(parts: readonly Part[]): number {
    const start = this.end;
    for (const part of parts) this.addPart(part);
    return start;
  }

  private get end(): number {
    const last = this.at.length - 1;
    return last < 0 ? scatteredBase : this.at.at(last) + this.length.at(last);
  }

  /** A part of a packet that lies scattered itself, as a tunnel's may, is given by its own parts. */
  private addPart({ offset, length, frame }: Part): void {
    const parts = offset < scatteredBase ? [{ row: -1, offset, length }] : [...partsOf(this, offset, length)];
    for (const part of parts) {
      const at = this.end;
      this.at.push(at);
      this.length.push(part.length);
      this.offset.push(part.offset);
      this.frame.push(part.row < 0 ? frame : this.frame.at(part.row));
    }
  }

  /** The frame that holds the byte at a place. */
  frameAt(place: number): number {
    return this.frame.at(rowAt(this, place));
  }
}

/** The part that holds a place, which must not lie before the first. */
function rowAt({ at }: ScatteredRows, place: number): number {
  let [low, high] = [0, at.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (at.values[middle]! <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where the bytes at a place lie in the file, as far as there are any. */
function* partsOf(rows: ScatteredRows, place: number, length: number) {
  for (let row = rowAt(rows, place); length > 0 && row < rows.at.length; row++) {
    const skip = place - rows.at.values[row]!;
    const part = Math.min(length, rows.length.values[row]! - skip);
    if (part <= 0) return;
    yield { row, offset: rows.offset.values[row]! + skip, length: part };
    place += part;
    length -= part;
  }
}

/** The file with the scattered packets behind its end: what is read there is gathered. */
export function withScattered(file: FileAccess, rows: ScatteredRows): FileAccess {
  const gather = (offset: number, target: Uint8Array): number => {
    let filled = 0;
    for (const part of partsOf(rows, offset, target.length)) {
      target.set(file.read(part.offset, part.length), filled);
      filled += part.length;
    }
    return filled;
  };
  const { readInto } = file;
  return {
    name: file.name,
    size: file.size,
    read(offset, length) {
      if (offset < scatteredBase) return file.read(offset, length);
      const target = new Uint8Array(length);
      return target.subarray(0, gather(offset, target));
    },
    ...(readInto && {
      readInto: (offset: number, target: Uint8Array) =>
        offset < scatteredBase ? file.readInto!(offset, target) : gather(offset, target),
    }),
  };
}
