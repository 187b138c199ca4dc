import type { Seq } from "../base/seq.ts";

/** Work entries of a transmit queue, abstract; a profile gives them its own names. */
export const descriptorKinds = [
  "static-params",
  "progress-params",
  "nop",
  "dump",
  "sync-packet",
  "packet",
  "presync",
  "tcb",
  "options",
  "prior",
] as const;
export type DescriptorKind = (typeof descriptorKinds)[number];
export const Descriptor = {
  staticParams: 0,
  progressParams: 1,
  nop: 2,
  dump: 3,
  syncPacket: 4,
  packet: 5,
  /** Where in its record the packet behind it starts (bnxt). */
  presync: 6,
  /** Moves a field of the NIC's TCP control block (Chelsio). */
  tcb: 7,
  /** A packet of headers alone, for TCP options and FIN (Chelsio). */
  options: 8,
  /** Bytes of the record ahead of the packet's, posted in the same work request (Chelsio). */
  prior: 9,
} as const;

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
} as const;
export const engineNames = ["nobody", "the NIC's stream", "the NIC, by the piece", "software"] as const;

/** One entry as an object, for whoever looks at it. */
export interface PostedDescriptor {
  kind: DescriptorKind;
  /** Record row whose number it carries (params, sync packets, presyncs) or that its bytes are encrypted under (pieces, software), else −1. */
  row: number;
  /** First byte it brings, and how many (dump, sync packet, packet). */
  seq: Seq;
  length: number;
  /** Waits for everything before it. */
  fence: boolean;
  /** Packets: who encrypts it, one of Engine. Of a tcb: the field, by its place in tcbFields. */
  engine: number;
}

/** True for work that brings bytes to the device ahead of a packet, so that it can encrypt that. */
export const isReplay = (kind: number): boolean =>
  kind === Descriptor.dump || kind === Descriptor.syncPacket || kind === Descriptor.prior;

/** Bytes that these descriptors bring to the device ahead of their packet. */
export const replayedBytes = (posted: readonly PostedDescriptor[]): number =>
  posted.reduce((sum, { kind, length }) => (isReplay(descriptorKinds.indexOf(kind)) ? sum + length : sum), 0);
