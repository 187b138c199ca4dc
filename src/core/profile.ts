import type { DescriptorKind } from "./descriptor.ts";

/** A NIC family as data: what its driver does where families differ (domain table of six; two so far). */
export interface Profile {
  id: string;
  title: string;
  /** How a resync brings the record's prefix to the device. */
  prefixVia: "dump" | "sync-packet";
  /** True: the first data packet posts the params (mlx5 ConnectX). False: a command at install sets the NIC up (Innova). */
  paramsWithFirstPacket: boolean;
  /** Counter that a packet across the start marker moves when it is dropped. */
  straddleDrop: "no-sync-data" | "bypass-required";
  /** True if sending a packet before the marker moves tx_tls_skip_no_sync_data. */
  countsSkips: boolean;
  /** The family's own words for work entries. */
  descriptorNames: Readonly<Record<DescriptorKind, string>>;
  faults: Faults;
}

/** Ways a device can be broken: each is one historic or imagined bug, for showing what it does and that it is caught. */
export interface Faults {
  /** The prefix never reaches the NIC. */
  noPrefix?: boolean;
  /** Added to the record number that a resync posts. */
  recordSnOff?: number;
  /** Bytes by which the posted prefix is too short. */
  prefixShortBy?: number;
  /** The resync lands behind its packet, as from another queue. */
  resyncBehindPacket?: boolean;
  /** The expected number is not moved on after a resync. */
  expectedStuckAfterResync?: boolean;
  /** The packet is posted without the offload mark. */
  packetNotMarked?: boolean;
  /** The NIC leaves the placeholder where the tag belongs. */
  placeholderLeft?: boolean;
  /** clean_acked releases a record when all but this many bytes are acknowledged. */
  releasedEarlyBy?: number;
}
