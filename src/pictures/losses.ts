import { firstThat, float64, int32 } from "../core/base/columns.ts";
import { Flag, Kind } from "../core/words/event.ts";
import type { Trace } from "../trace/trace.ts";

/**
 * What something cost: bytes fed to the device again, descriptors other than packets, bytes encrypted in software, packets
 * dropped, and how many of these a reset of the transmit queue discarded.
 */
export interface Cost {
  replayed: number;
  descriptors: number;
  fallback: number;
  drops: number;
  discarded: number;
}

export const noCost = (): Cost => ({ replayed: 0, descriptors: 0, fallback: 0, drops: 0, discarded: 0 });

/** Bytes of a descriptor as a device reads it (as in `tlstrace compare`). */
const descriptorSize = 64;

/** A cost in bytes: what the device reads more, and what software encrypts in its place. */
export const bytesOf = ({ replayed, descriptors, fallback }: Cost): number =>
  replayed + fallback + descriptorSize * descriptors;

/** A packet that came to nothing, and what that led to. */
export interface Loss {
  connection: number;
  /** Its event; −1 = no packet of the trace was lost: it stands for all reordering of a stream. */
  event: number;
  /** The first event that cost something because of it. */
  led: number;
  /** By run. */
  costs: Cost[];
}

/** Bytes of a block of sequence space: copies are found by the blocks that they lie in. */
const blockSize = 65536;
/** Blocks that one copy is noted in: nothing real is larger than a few. */
const blocksMax = 64;

/**
 * Which loss a packet's cost is due to: of bytes that are sent again the copy before; of new ones that come out of order
 * the packet that was lost, discarded or sent again last.
 */
export class Causes {
  private readonly trace: Trace;
  private readonly startSeq: number;
  /** First copies, which come in the order of their bytes: the first byte and the event of each. */
  private readonly starts = float64();
  private readonly events = int32();
  /** Other copies, by the blocks that they lie in. */
  private readonly again = new Map<number, number[]>();
  private sentEnd = Number.NEGATIVE_INFINITY;
  private last = -1;

  constructor(trace: Trace, connection: number) {
    this.trace = trace;
    this.startSeq = trace.connections[connection]!.startSeq;
  }

  /** The event of the lost packet that an own event's cost is due to; each is asked for once, in their order. −1 = none. */
  of(event: number): number {
    const { events } = this.trace;
    if (events.kind.values[event] !== Kind.transmit) return this.last;
    const from = this.from(event);
    const isDropped = (events.flags.values[event]! & Flag.qdiscDrop) !== 0;
    if (isDropped) this.last = event;
    else if (from < this.sentEnd) this.last = this.copyOf(from);
    const isFirst = !isDropped && from >= this.sentEnd;
    if (isFirst) {
      this.starts.push(from);
      this.events.push(event);
    } else this.note(event);
    if (!isDropped) this.sentEnd = Math.max(this.sentEnd, from + events.length.values[event]!);
    return this.last;
  }

  /** A packet that was handed down before is discarded: what comes out of order now is due to it. */
  discard(event: number): void {
    this.last = event;
  }

  private from(event: number): number {
    return this.trace.events.seq.values[event]! - this.startSeq;
  }

  private holds(event: number, byte: number): boolean {
    const from = this.from(event);
    return byte >= from && byte < from + this.trace.events.length.values[event]!;
  }

  private note(event: number): void {
    const from = this.from(event);
    const first = Math.floor(from / blockSize);
    const last = Math.floor((from + Math.max(1, this.trace.events.length.values[event]!) - 1) / blockSize);
    for (let block = first; block <= Math.min(last, first + blocksMax); block++) {
      const known = this.again.get(block);
      if (known) known.push(event);
      else this.again.set(block, [event]);
    }
  }

  /** The last packet so far that carried a byte; −1 = none. */
  private copyOf(byte: number): number {
    const again = this.again.get(Math.floor(byte / blockSize))?.findLast((event) => this.holds(event, byte));
    if (again !== undefined) return again;
    const { starts, events } = this;
    const at = firstThat(0, starts.length, (i) => starts.values[i]! > byte) - 1;
    return at >= 0 && this.holds(events.values[at]!, byte) ? events.values[at]! : -1;
  }
}
