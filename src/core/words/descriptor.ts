import type { Seq } from "../base/seq.ts";
import { codesOf } from "./codes.ts";

/** Work entries of a transmit queue, abstract; a profile gives them its own names. */
export const descriptorKinds = [
  "static-params",
  "progress-params",
  "nop",
  "dump",
  "sync-packet",
  "packet",
  /** Where in its record the packet behind it starts (bnxt). */
  "presync",
  /** Moves a field of the NIC's TCP control block (Chelsio). */
  "tcb",
  /** A packet of headers alone, for TCP options and FIN (Chelsio). */
  "options",
  /** Bytes of the record ahead of the packet's, posted in the same work request (Chelsio). */
  "prior",
] as const;
export type DescriptorKind = (typeof descriptorKinds)[number];
export const Descriptor = codesOf(descriptorKinds);

/** Fields of the NIC's TCP control block that a `tcb` descriptor moves, by its `engine`. */
export const tcbFields = ["TX_MAX", "SND_UNA"] as const;
export const TcbField = { txMax: 0, sndUna: 1 } as const;

/** Who makes the bytes of a packet on the wire. */
export const Engine = {
  /** Nobody: they leave as they are in host memory. */
  none: 0,
  /** The NIC's cipher, which follows the records of the stream (after params). */
  stream: 1,
  /** The NIC, from what is posted with the packet: its record and place, no state. */
  piece: 2,
  /** The kernel's software fallback did, before the packet reached the queue. */
  software: 3,
  /** A driver that stands in for a NIC: in clear, with zeros where tags belong. */
  emulated: 4,
} as const;
export const engineNames = [
  "nobody",
  "the NIC's stream",
  "the NIC, by the piece",
  "software",
  "an emulation",
] as const;

/** Bytes of the stream that a descriptor brings, and what is to become of them. */
export interface Departure {
  seq: Seq;
  length: number;
  /** Packets: who encrypts it, one of Engine. Of a tcb: the field, by its place in tcbFields. */
  engine: number;
  /** Record row whose number it carries (params, sync packets, presyncs) or that its bytes are encrypted under (pieces, software), else −1. */
  row: number;
}

/** One entry as an object, for whoever looks at it. */
export interface PostedDescriptor extends Departure {
  kind: DescriptorKind;
  /** Waits for everything before it. */
  fence: boolean;
}

/** True for work that brings bytes to the device ahead of a packet, so that it can encrypt that. */
export const isReplay = (kind: number): boolean =>
  kind === Descriptor.dump || kind === Descriptor["sync-packet"] || kind === Descriptor.prior;

/** Bytes that these descriptors bring to the device ahead of their packet. */
export const replayedBytes = (posted: readonly PostedDescriptor[]): number =>
  posted.reduce((sum, { kind, length }) => (isReplay(descriptorKinds.indexOf(kind)) ? sum + length : sum), 0);
