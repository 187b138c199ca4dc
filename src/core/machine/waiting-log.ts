import { int32, isNewRow, mustReplay } from "../base/columns.ts";
import type { PostedDescriptor } from "../words/descriptor.ts";
import { Descriptors } from "./descriptors.ts";

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
export class WaitingLog extends Descriptors {
  readonly lane = int32();
  readonly flags = int32();
  readonly event = int32();

  /** Writes entry `i` of the queue as row `row`. */
  put(row: number, queue: Descriptors, i: number, { lane, flags, event }: Posted): void {
    if (!isNewRow(row, this.count)) {
      const isSame = this.kind(row) === queue.kind(i) && this.seq(row) === queue.seq(i);
      return mustReplay(isSame && this.size(row) === queue.size(i));
    }
    this.repost(queue, i);
    this.lane.push(lane);
    this.flags.push(flags);
    this.event.push(event);
  }

  /** Writes row `from` once more, as row `row`. */
  putAgain(row: number, from: number): void {
    const [lane, flags, event] = [this.lane.at(from), this.flags.at(from), this.event.at(from)];
    this.put(row, this, from, { lane, flags, event });
  }

  override at(row: number): PostedDescriptor & { event: number } {
    return { ...super.at(row), event: this.event.at(row) };
  }
}

/** Transmit queues of one device that the model tells apart. */
export const queuesMax = 256;

/** A device's transmit queue as one number. */
export const laneOf = (device: number, queueNumber: number): number => device * queuesMax + queueNumber;
