import { type Seq, seq } from "../base/seq.ts";
import { descriptorKinds, type PostedDescriptor } from "../words/descriptor.ts";

/** Numbers of a descriptor: kind, row, first byte, length, and engine with the fence as lowest bit. */
const width = 5;

/** Descriptors in the order in which they were posted; all numbers in one array, as every packet is one at least. */
export class Descriptors {
  private cells = new Float64Array(16 * width);
  count = 0;

  post(kind: number, row: number, from: Seq, length: number, fence: boolean, engine: number): void {
    const at = this.count++ * width;
    if (at === this.cells.length) {
      const { cells } = this;
      this.cells = new Float64Array(2 * at);
      this.cells.set(cells);
    }
    this.cells[at] = kind;
    this.cells[at + 1] = row;
    this.cells[at + 2] = from;
    this.cells[at + 3] = length;
    this.cells[at + 4] = (engine << 1) | (fence ? 1 : 0);
  }

  /** Posts what another list has at a place. */
  repost(from: Descriptors, i: number): void {
    this.post(from.kind(i), from.row(i), from.seq(i), from.size(i), from.fence(i), from.engine(i));
  }

  kind(i: number): number {
    return this.cells[i * width]!;
  }
  row(i: number): number {
    return this.cells[i * width + 1]!;
  }
  seq(i: number): Seq {
    return seq(this.cells[i * width + 2]!);
  }
  size(i: number): number {
    return this.cells[i * width + 3]!;
  }
  fence(i: number): boolean {
    return (this.cells[i * width + 4]! & 1) !== 0;
  }
  engine(i: number): number {
    return this.cells[i * width + 4]! >> 1;
  }

  at(i: number): PostedDescriptor {
    return {
      kind: descriptorKinds[this.kind(i)]!,
      row: this.row(i),
      seq: this.seq(i),
      length: this.size(i),
      fence: this.fence(i),
      engine: this.engine(i),
    };
  }
}

/** A transmit queue: what was posted and not yet taken. Reused from event to event, so posting allocates nothing. */
export class DescriptorQueue extends Descriptors {
  /** Entries that the NIC has been given, from the first on. */
  taken = 0;

  clear(): void {
    this.cut(0);
  }

  /** Takes back all but the first `count` entries. */
  cut(count: number): void {
    this.count = count;
    this.taken = Math.min(this.taken, count);
  }
}
