import type { EffectName } from "../words/effect.ts";

/** The standard `ethtool -S` counters (tls-offload.rst, domain section 6.1), receive side included: it stays 0 here. */
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

/** Everything that is a fact about a counter of a connection's state; `emit` and whoever works beside it move it. */
interface CounterRow {
  /** Its name among the standard counters of `ethtool -S` (tls-offload.rst). */
  standard?: CounterName;
  /** Its name under every profile, also one whose vendor has none for it. */
  common?: string;
  /** Its name where no driver counts it: the model's own (kernel.md section 6.2: the fallback is invisible in the statistics). */
  own?: string;
  /** The effects that move it: it moves in an event that has one of them, and in no other. */
  movedBy: readonly EffectName[];
}

/** Kinds of names that a counter may have besides its vendor's. */
export type NameKind = "standard" | "common" | "own";

/** What drivers count, in words of the model; a profile says what its vendor calls it. */
const ofDrivers = {
  contexts: { standard: "tx_tls_ctx", movedBy: ["offload-installed", "rekey-done"] },
  contextsDeleted: {
    movedBy: ["offload-removed", "device-down", "queue-reset", "rekey-done", "rekey-failed"],
  },
  encryptedPackets: { standard: "tx_tls_encrypted_packets", movedBy: ["encrypted", "emulated", "dropped"] },
  encryptedBytes: { standard: "tx_tls_encrypted_bytes", movedBy: ["encrypted", "emulated", "dropped"] },
  outOfOrder: {
    standard: "tx_tls_ooo",
    movedBy: ["out-of-order", "resync", "software-fallback", "dropped"],
  },
  outOfOrderBytes: { movedBy: ["resync", "dropped"] },
  skipNoSyncData: { standard: "tx_tls_skip_no_sync_data", movedBy: ["bypass", "dropped", "piece"] },
  dropNoSyncData: { standard: "tx_tls_drop_no_sync_data", movedBy: ["dropped"] },
  dropBypassRequired: { standard: "tx_tls_drop_bypass_req", movedBy: ["dropped"] },
  dropNoMemory: { movedBy: ["dropped"] },
  dropNoMetadata: { movedBy: ["dropped"] },
  resyncs: { movedBy: ["resync", "resync-sent", "resync-failed"] },
  resyncBytes: { movedBy: ["resync", "piece", "dma-error"] },
  dumpPackets: { common: "tx_tls_dump_packets", movedBy: ["resync", "dma-error", "queue-resumed"] },
  dumpBytes: { common: "tx_tls_dump_bytes", movedBy: ["resync", "dma-error", "queue-resumed"] },
  fallbackPackets: { own: "fallback_packets", movedBy: ["software-fallback"] },
  /** What a driver itself sent by way of the fallback: Chelsio's part of a tag. */
  fallbacksSent: { movedBy: ["software-fallback"] },
  piecesComplete: { movedBy: ["piece"] },
  piecesStart: { movedBy: ["piece"] },
  piecesMiddle: { movedBy: ["piece"] },
  piecesEnd: { movedBy: ["piece"] },
  piecesTrimmed: { movedBy: ["trimmed"] },
} as const satisfies Readonly<Record<string, CounterRow>>;
export type DeviceCounter = keyof typeof ofDrivers;
export const deviceCounters = Object.keys(ofDrivers) as DeviceCounter[];

/** Every counter by its field of the state, with the one that drivers have no name for at all. */
const table = {
  ...ofDrivers,
  fallbackBytes: { own: "fallback_bytes", movedBy: ["software-fallback"] },
} as const satisfies Readonly<Record<string, CounterRow>>;
export type Counter = keyof typeof table;

/** The counters, each with its field of the state. */
export const counters = (Object.entries(table) as [Counter, CounterRow][]).map(([counter, row]) => ({
  counter,
  ...row,
}));
