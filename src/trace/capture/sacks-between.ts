import { near, type Seq } from "../../core/base/seq.ts";
import type { SacksBetween } from "../trace.ts";

/** An acknowledgement: the event before it, when it was, whose bytes it is of, and what it acknowledges. */
interface Acknowledgement {
  after: number;
  timeNs: number;
  connection: number;
  at: Seq;
}

/** Adds its SACK blocks, as they stand in the packet: [start, end, start, end …] as u32. */
export function addSacks(to: SacksBetween, ack: Acknowledgement, edges: readonly number[]): void {
  for (let i = 0; i + 1 < edges.length; i += 2) {
    to.after.push(ack.after);
    to.timeNs.push(ack.timeNs);
    to.connection.push(ack.connection);
    to.from.push(near(edges[i]!, ack.at));
    to.to.push(near(edges[i + 1]!, ack.at));
  }
}
