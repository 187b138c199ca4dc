import type { Seq } from "../base/seq.ts";
import type { Socket } from "../machine/socket.ts";

/** Bytes of one connection that leave together, and who encrypts them. */
export interface Departure {
  seq: Seq;
  length: number;
  /** One of Engine. */
  engine: number;
  /** Record that a piece or the software fallback begins in, else −1. */
  row: number;
}

/** What packet `i` of the queue is when it leaves. */
export const departureAt = ({ queue }: Socket, i: number): Departure => ({
  seq: queue.seq(i),
  length: queue.size(i),
  engine: queue.engine(i),
  row: queue.row(i),
});
