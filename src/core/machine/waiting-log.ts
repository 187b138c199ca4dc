import { assert } from "../base/assert.ts";
import { int32, Table, uint8 } from "../base/columns.ts";
import { type Seq, seq } from "../base/seq.ts";
import type { DescriptorQueue } from "../words/descriptor.ts";

/** Where and when a descriptor was posted: device and queue as one number (laneOf), flags of the event, the event. */
export interface Posted {
  lane: number;
  flags: number;
  event: number;
}

/**
 * Descriptors of a connection that were posted and not taken: its transmit queue is held, or its doorbell not rung.
 * A log that only grows, as all are: what waits is a window of it, and what stays behind a window's taking is written
 * once more at the end.
 */
export class WaitingLog extends Table {
  private readonly kind = this.column(uint8());
  private readonly row = this.column(int32());
  private readonly from = this.column(int32());
  private readonly length = this.column(int32());
  private readonly fence = this.column(uint8());
  private readonly engine = this.column(uint8());
  /** Device and queue that it waits in, as one number (laneOf), and flags of the event that posted it. */
  private readonly lane = this.column(int32());
  private readonly flags = this.column(int32());
  private readonly event = this.column(int32());

  /** Writes entry `i` of the queue as row `at`. */
  put(at: number, queue: DescriptorQueue, i: number, { lane, flags, event }: Posted): void {
    if (at < this.count) {
      const same = this.kind.at(at) === queue.kind(i) && this.from.at(at) === queue.seq(i);
      assert(same && this.length.at(at) === queue.size(i), `waiting row ${at} replays as it was`);
      return;
    }
    assert(at === this.count, "waiting rows are logged in order");
    this.next();
    this.kind.values[at] = queue.kind(i);
    this.row.values[at] = queue.row(i);
    this.from.values[at] = queue.seq(i);
    this.length.values[at] = queue.size(i);
    this.fence.values[at] = queue.fence(i) ? 1 : 0;
    this.engine.values[at] = queue.engine(i);
    this.lane.values[at] = lane;
    this.flags.values[at] = flags;
    this.event.values[at] = event;
  }

  /** Posts row `at` to the queue again, at its end. */
  repost(at: number, queue: DescriptorQueue): void {
    const fence = this.fence.at(at) === 1;
    queue.post(
      this.kind.at(at),
      this.row.at(at),
      seq(this.from.at(at)),
      this.length.at(at),
      fence,
      this.engine.at(at),
    );
  }

  /** What row `at` holds, for whoever looks at it. */
  at(at: number): { kind: number; from: Seq; length: number; event: number } {
    return {
      kind: this.kind.at(at),
      from: seq(this.from.at(at)),
      length: this.length.at(at),
      event: this.event.at(at),
    };
  }

  laneAt(at: number): number {
    return this.lane.at(at);
  }
  flagsAt(at: number): number {
    return this.flags.at(at);
  }
  /** Event that posted it. */
  eventAt(at: number): number {
    return this.event.at(at);
  }
}

/** Transmit queues of one device that the model tells apart. */
export const queuesMax = 256;

/** A device's transmit queue as one number. */
export const laneOf = (device: number, queueNumber: number): number => device * queuesMax + queueNumber;
