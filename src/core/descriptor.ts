import { type Seq, seq } from "./seq.ts";

/** Work entries of a transmit queue, abstract; a profile gives them its own names. */
export const descriptorKinds = [
  "static-params",
  "progress-params",
  "nop",
  "dump",
  "sync-packet",
  "packet",
] as const;
export type DescriptorKind = (typeof descriptorKinds)[number];
export const Descriptor = {
  staticParams: 0,
  progressParams: 1,
  nop: 2,
  dump: 3,
  syncPacket: 4,
  packet: 5,
} as const;

/** One entry as an object, for whoever looks at it. */
export interface PostedDescriptor {
  kind: DescriptorKind;
  /** Record row whose number it carries (params, sync packets), else −1. */
  row: number;
  /** First byte it brings, and how many (dump, sync packet, packet). */
  seq: Seq;
  length: number;
  /** Waits for everything before it. */
  fence: boolean;
  /** Packets: posted with the offload mark, the NIC encrypts it. */
  marked: boolean;
}

const width = 5;
const fenceBit = 1;
const markBit = 2;

/** A transmit queue: what was posted and not yet taken, in order. Reused from event to event, so posting allocates nothing. */
export class DescriptorQueue {
  private cells = new Int32Array(64 * width);
  count = 0;

  clear(): void {
    this.count = 0;
  }

  post(kind: number, row: number, from: Seq, length: number, fence: boolean, marked: boolean): void {
    const at = this.count * width;
    if (at === this.cells.length) {
      const grown = new Int32Array(at * 2);
      grown.set(this.cells);
      this.cells = grown;
    }
    this.cells[at] = kind;
    this.cells[at + 1] = row;
    this.cells[at + 2] = from;
    this.cells[at + 3] = length;
    this.cells[at + 4] = (fence ? fenceBit : 0) | (marked ? markBit : 0);
    this.count++;
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
  marked(i: number): boolean {
    return (this.cells[i * width + 4]! & markBit) !== 0;
  }

  at(i: number): PostedDescriptor {
    return {
      kind: descriptorKinds[this.kind(i)]!,
      row: this.row(i),
      seq: this.seq(i),
      length: this.size(i),
      fence: (this.cells[i * width + 4]! & fenceBit) !== 0,
      marked: this.marked(i),
    };
  }
}
