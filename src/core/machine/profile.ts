import type { Cipher, TlsVersion } from "../base/record.ts";
import type { DescriptorKind } from "../words/descriptor.ts";
import type { DeviceCounter } from "./counters.ts";
import type { Kernel } from "./generation.ts";

/** Words of a profile's fields, as profile files write them; what each says stands at its field. */
export const profileWords = {
  recovery: ["rebuild", "chain", "pieces", "next-record", "presync", "none"],
  prefixVia: ["dump", "sync-packet"],
  straddleDrop: ["no-sync-data", "bypass-required"],
  commit: ["early", "undone", "late"],
  onReset: ["nothing", "follows-nic", "loses-contexts"],
  countsAsOutOfOrder: ["mismatches", "lookups", "fallbacks", "moves", "resyncs"],
  countsPackets: ["segments", "skbs"],
} as const;
type Word<Field extends keyof typeof profileWords> = (typeof profileWords)[Field][number];

/** A NIC family as data: what its driver and its device do where families differ (kernel.md sections 5 and 12). */
export interface Profile {
  /** As the trace language names it; a broken variant is `ID/BUG+BUG…`. */
  id: string;
  /** How a trace names it where that is not its id: the path of its file, with `/BUG+BUG…` for a broken variant. */
  word?: string;
  title: string;
  /**
   * What the driver does with a packet out of order:
   * - rebuild: posts the record's number and its bytes before the packet, goes on from the packet
   * - chain: as rebuild, by the record that each packet's buffers carry; goes on with a prefix that was begun (FreeBSD)
   * - pieces: no state but the TCP engine's; every record of every packet is posted by itself
   * - next-record: encrypts it in software; after a forward jump the TLS layer resynchronises the next record
   * - presync: posts where in its record the packet starts; only a forward jump moves the device's state
   * - none: knows no order, and no cipher either: records leave in clear, their tags zeroed
   */
  recovery: Word<"recovery">;
  /** rebuild: how the record's prefix reaches the device. */
  prefixVia: Word<"prefixVia">;
  /** next-record: the resync is requested before the packet is encrypted, so also where that fails. */
  requestsBeforeFallback: boolean;
  /** True: the first data packet posts the params. False: a command at install sets the NIC up. */
  paramsWithFirstPacket: boolean;
  /** Counter that a packet across the start marker moves when it is dropped. */
  straddleDrop: Word<"straddleDrop">;
  /** True if a packet before the marker moves tx_tls_skip_no_sync_data, sent or dropped for its mark. */
  countsSkips: boolean;
  /** True: a marked packet before the start marker may not leave (kernels that check it). */
  checksSkippedMark: boolean;
  /**
   * When the expected number moves on: `early` = before the packet is mapped, and it stays there; `undone` = before,
   * and back when the packet could not be posted; `late` = when the packet is posted.
   */
  commit: Word<"commit">;
  /** The NIC drops a packet that does not start at the number it expects. */
  seqCheckedByNic: boolean;
  /** What a reset of the transmit queue does to the driver: nothing, the expected number follows the NIC's, contexts are lost. */
  onReset: Word<"onReset">;
  /**
   * What counts as out of order: packets that do not start where expected (mismatches); the same, but in older kernels
   * only those whose record was found and rebuilt (lookups); packets that the driver has encrypted in software (fallbacks);
   * those for which it moves the NIC's TCP control block (moves); those that it posted work for which brings the NIC to
   * their first byte, the first of a connection under FreeBSD among them (resyncs).
   */
  countsAsOutOfOrder: Word<"countsAsOutOfOrder">;
  /** Encrypted packets are counted as wire packets, or as skbs. */
  countsPackets: Word<"countsPackets">;
  /** What the driver takes; everything else it refuses at install. */
  versions: readonly TlsVersion[];
  ciphers: readonly Cipher[];
  /** Link, network and TCP headers, without options, that counted bytes hold: those that sync packets repeat, or every packet's. */
  headerSize: number;
  /** The vendor's names (ethtool -S, debugfs, sysctl); what has none is not counted by this driver. */
  counters: Readonly<Partial<Record<DeviceCounter, string>>>;
  /** What the driver's source calls those that it prints under another name: known where a trace or expression names one. */
  sourceNames: Readonly<Partial<Record<DeviceCounter, string>>>;
  /** The family's own words for work entries. */
  descriptorNames: Readonly<Record<DescriptorKind, string>>;
  /** Names of the bugs that it or the kernel around it has. */
  faults: readonly string[];
  /** The kernel generation that goes with it whatever the device's line says; null = that one. */
  kernel: Kernel | null;
}
