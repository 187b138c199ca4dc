import type { Seq } from "./seq.ts";

/** One segment on its way through the driver. */
export interface Packet {
  connection: number;
  seq: Seq;
  /** Payload bytes; never 0, an skb without payload takes the ordinary path. */
  length: number;
}
