import type { FileAccess } from "../platform.ts";

const sizeMin = 4096;
/** Fits a processor's second-level cache. */
const sizeMax = 1 << 18;

/**
 * The part of a file last read. Reads ahead as far as reading ahead has paid: a window that was used for more than a
 * quarter is followed by one of twice the size, one that was hardly used by one of half.
 */
export class FileWindow {
  private readonly file: FileAccess;
  /** The bytes of the window, which may be a part of `buffer` or what the file gave. */
  private bytes: Uint8Array = new Uint8Array(0);
  private buffer = new Uint8Array(0);
  private start = 0;
  private size = 16 * sizeMin;
  private used = 0;

  constructor(file: FileAccess) {
    this.file = file;
  }

  /** Copies `length` bytes of the file at `offset` into `into`; false if the file ends before. */
  copy(offset: number, length: number, into: Uint8Array, at: number): boolean {
    if (offset < this.start || offset + length > this.start + this.bytes.length) this.move(offset, length);
    this.used += length;
    const from = offset - this.start;
    if (from + length > this.bytes.length) return false;
    into.set(this.bytes.subarray(from, from + length), at);
    return true;
  }

  private move(offset: number, length: number): void {
    const paid = this.used * 4 >= this.bytes.length;
    this.size = Math.min(sizeMax, Math.max(sizeMin, paid ? this.size * 2 : this.size >>> 1));
    this.bytes = this.fill(offset, Math.max(length, this.size));
    this.start = offset;
    this.used = 0;
  }

  private fill(offset: number, length: number): Uint8Array {
    if (!this.file.readInto) return this.file.read(offset, length);
    if (this.buffer.length < length) this.buffer = new Uint8Array(length);
    return this.buffer.subarray(0, this.file.readInto(offset, this.buffer.subarray(0, length)));
  }
}
