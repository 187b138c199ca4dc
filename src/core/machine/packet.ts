import type { Seq } from "../base/seq.ts";

/** One segment on its way through the driver. */
export interface Packet {
  connection: number;
  seq: Seq;
  /** Payload bytes; never 0, an skb without payload takes the ordinary path. */
  length: number;
  /** Flag bits of the event. */
  flags: number;
  /** The buffer, from 1, that cannot be mapped for the device; 0 = all can. */
  dmaErrorAt: number;
  /** Buffers mapped so far. */
  mappings: number;
}
