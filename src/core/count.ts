import { DropReason, Effect } from "./effect.ts";
import type { Machine, Sink } from "./machine.ts";
import type { ConnectionState } from "./state.ts";

/** Says an effect and moves the counters that the kernel moves with it: the one place where counters change. */
export function emit(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  sink: Sink,
  effect: number,
  a: number,
  b: number,
): void {
  sink.effect(effect, a, b);
  switch (effect) {
    case Effect["out-of-order"]:
      state.outOfOrder++;
      return;
    case Effect.encrypted:
      state.encryptedPackets += packetsOf(b, machine.connections[connection]!.mss);
      state.encryptedBytes += b;
      return;
    case Effect.bypass:
      if (profileOf(machine, connection).countsSkips) state.skipNoSyncData++;
      return;
    case Effect.dropped:
      if (a === DropReason.noSyncData) state.dropNoSyncData++;
      else state.dropBypassRequired++;
      return;
  }
}

/** Wire packets that a segment becomes: ceil(length / mss), one where the mss is not known. */
export const packetsOf = (length: number, mss: number): number => (mss > 0 ? Math.ceil(length / mss) : 1);

const profileOf = (machine: Machine, connection: number) =>
  machine.devices[machine.connections[connection]!.device]!.profile;

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

/** Counters that only some vendors have (mlx5: what a resync replayed to the device); they are in no `--json` summary. */
export const vendorCounterNames = ["tx_tls_dump_packets", "tx_tls_dump_bytes"] as const;
export type VendorCounterName = (typeof vendorCounterNames)[number];

/** A connection's share of its device's vendor counters. */
export const vendorCountersOf = (state: ConnectionState): Record<VendorCounterName, number> => ({
  tx_tls_dump_packets: state.dumpPackets,
  tx_tls_dump_bytes: state.dumpBytes,
});

/** A connection's share of its device's counters. */
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
