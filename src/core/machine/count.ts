import { Effect } from "../words/effect.ts";
import { DropCode, PieceCode } from "../words/effect-words.ts";
import type { DeviceCounter, Profile } from "./profile.ts";
import type { Sink, Socket } from "./socket.ts";
import type { ConnectionState } from "./state.ts";

/** Says an effect and moves the counters that follow from it alone; what needs more is counted where it happens. */
export function emit(socket: Socket, sink: Sink, effect: number, a: number, b: number): void {
  const { state } = socket;
  sink.effect(effect, a, b);
  switch (effect) {
    case Effect["out-of-order"]:
      if (countsMismatch(socket)) state.outOfOrder++;
      return;
    case Effect.resync:
      if (countsRebuilt(socket)) state.outOfOrder++;
      return;
    case Effect.bypass:
      return countSkip(socket);
    case Effect["software-fallback"]:
      state.fallbackPackets++;
      state.fallbackBytes += b;
      return;
    case Effect.piece:
      return countPiece(state, a);
    case Effect.dropped:
      if (a === DropCode["no-sync-data"]) state.dropNoSyncData++;
      else if (a === DropCode["bypass-required"]) state.dropBypassRequired++;
      else if (a === DropCode["no-memory"]) state.dropNoMemory++;
      else if (a === DropCode["no-metadata"]) state.dropNoMetadata++;
      else if (a === DropCode.marked) countSkip(socket);
      return;
  }
}

/** Says that the packet goes to the NIC for encryption, and counts it: apart from `emit`, because most packets do. */
export function encrypted({ packet, state, segmentSize }: Socket, sink: Sink): void {
  const { length } = packet;
  sink.effect(Effect.encrypted, packet.seq, length);
  state.encryptedPackets += packetsOf(length, segmentSize);
  state.encryptedBytes += length;
}

/** A mismatch moves the counter at once, unless the driver only counts packets that it encrypts in software. */
function countsMismatch({ kernel, profile: { countsAsOutOfOrder } }: Socket): boolean {
  if (countsAsOutOfOrder === "lookups") return kernel.countsFailedLookups;
  return countsAsOutOfOrder === "mismatches";
}

/** Older mlx5 counted a mismatch where it rebuilt the NIC's state. */
const countsRebuilt = ({ kernel, profile }: Socket): boolean =>
  profile.countsAsOutOfOrder === "lookups" && !kernel.countsFailedLookups;

/** A packet before the start marker, sent or dropped for its mark. */
function countSkip({ profile, state }: Socket): void {
  if (profile.countsSkips) state.skipNoSyncData++;
}

function countPiece(state: ConnectionState, form: number): void {
  if (form === PieceCode.complete) state.piecesComplete++;
  else if (form === PieceCode.end) state.piecesEnd++;
  else if (form === PieceCode.start) state.piecesStart++;
  else if (form === PieceCode.middle) state.piecesMiddle++;
  else if (form === PieceCode.plain) state.skipNoSyncData++;
}

/** Wire packets that a segment becomes: ceil(length / mss), one where the mss is not known. */
const packetsOf = (length: number, mss: number): number => (mss > 0 ? Math.ceil(length / mss) : 1);

/** The standard `ethtool -S` counters (tls-offload.rst, kernel.md section 6.1), receive side included: it stays 0 here. */
export const counterNames = [
  "tx_tls_encrypted_packets",
  "tx_tls_encrypted_bytes",
  "tx_tls_ctx",
  "tx_tls_ooo",
  "tx_tls_skip_no_sync_data",
  "tx_tls_drop_no_sync_data",
  "tx_tls_drop_bypass_req",
  "rx_tls_decrypted_packets",
  "rx_tls_decrypted_bytes",
  "rx_tls_ctx",
  "rx_tls_del",
  "rx_tls_resync_req_pkt",
  "rx_tls_resync_req_start",
  "rx_tls_resync_req_end",
  "rx_tls_resync_req_skip",
  "rx_tls_resync_res_ok",
  "rx_tls_resync_res_skip",
  "rx_tls_err",
] as const;
export type CounterName = (typeof counterNames)[number];

/** Counters of mlx5 beyond the standard ones, known under every profile: what a resync replayed to the device. */
const commonCounterNames = ["tx_tls_dump_packets", "tx_tls_dump_bytes"] as const;

/** What a connection has moved of each of its driver's counters. */
export const deviceCountersOf = (state: ConnectionState): Record<DeviceCounter, number> => ({
  contexts: state.contexts,
  contextsDeleted: state.contextsDeleted,
  encryptedPackets: state.encryptedPackets,
  encryptedBytes: state.encryptedBytes,
  outOfOrder: state.outOfOrder,
  outOfOrderBytes: state.outOfOrderBytes,
  skipNoSyncData: state.skipNoSyncData,
  dropNoSyncData: state.dropNoSyncData,
  dropBypassRequired: state.dropBypassRequired,
  dropNoMemory: state.dropNoMemory,
  dropNoMetadata: state.dropNoMetadata,
  resyncs: state.resyncs,
  resyncBytes: state.resyncBytes,
  dumpPackets: state.dumpPackets,
  dumpBytes: state.dumpBytes,
  fallbackPackets: state.fallbackPackets,
  piecesComplete: state.piecesComplete,
  piecesStart: state.piecesStart,
  piecesMiddle: state.piecesMiddle,
  piecesEnd: state.piecesEnd,
  piecesTrimmed: state.piecesTrimmed,
});

/** A connection's share of what its device's driver counts, under the vendor's names; nothing that it does not count. */
export function driverCountersOf(state: ConnectionState, profile: Profile): Record<string, number> {
  const moved = deviceCountersOf(state);
  const named = Object.entries(profile.counters).map(([counter, name]) => [
    name,
    moved[counter as DeviceCounter],
  ]);
  return Object.fromEntries(named) as Record<string, number>;
}

/** A connection's share of its device's counters under the vendor's names, and what the kernel counts nowhere. */
export function vendorCountersOf(state: ConnectionState, profile: Profile): Record<string, number> {
  return {
    tx_tls_dump_packets: state.dumpPackets,
    tx_tls_dump_bytes: state.dumpBytes,
    ...driverCountersOf(state, profile),
    ...modelCountersOf(state),
  };
}

/** What the model counts and no kernel does (kernel.md section 6.2: the fallback is invisible in the statistics). */
const modelCounterNames = ["fallback_packets", "fallback_bytes"] as const;
const modelCountersOf = (state: ConnectionState): Record<(typeof modelCounterNames)[number], number> => ({
  fallback_packets: state.fallbackPackets,
  fallback_bytes: state.fallbackBytes,
});

/** Every counter that some profile has under a name of its own, the standard ones left out. */
export const vendorCounterNames = (profiles: readonly Profile[]): string[] =>
  [
    ...new Set([
      ...commonCounterNames,
      ...profiles.flatMap(({ counters }) => Object.values(counters)),
      ...modelCounterNames,
    ]),
  ].filter((name) => !counterNames.some((standard) => standard === name));

/** A connection's share of its device's standard counters. */
export function countersOf(state: ConnectionState): Record<CounterName, number> {
  const counters = Object.fromEntries(counterNames.map((name) => [name, 0])) as Record<CounterName, number>;
  counters.tx_tls_encrypted_packets = state.encryptedPackets;
  counters.tx_tls_encrypted_bytes = state.encryptedBytes;
  counters.tx_tls_ctx = state.contexts;
  counters.tx_tls_ooo = state.outOfOrder;
  counters.tx_tls_skip_no_sync_data = state.skipNoSyncData;
  counters.tx_tls_drop_no_sync_data = state.dropNoSyncData;
  counters.tx_tls_drop_bypass_req = state.dropBypassRequired;
  return counters;
}
