import { type Seq, seq } from "../base/seq.ts";

/** One segment on its way through the driver. */
export interface Packet {
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

export const noPacket = (): Packet => ({ seq: seq(0), length: 0, flags: 0, dmaErrorAt: 0, mappings: 0 });
