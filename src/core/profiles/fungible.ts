import type { Profile } from "../machine/profile.ts";
import { netronome } from "./netronome.ts";

/** Fungible (funeth, v5.19): as Netronome, with the resync requested first and the number moved on when the descriptor is written. */
export const fungible: Profile = {
  ...netronome,
  id: "fungible",
  title: "Fungible (funeth)",
  requestsBeforeFallback: true,
  commit: "late",
  seqCheckedByNic: false,
  counters: {
    contexts: "tx_tls_ctx",
    contextsDeleted: "tx_tls_del",
    resyncs: "tx_tls_resync",
    encryptedPackets: "tx_tls_encrypted_packets",
    encryptedBytes: "tx_tls_encrypted_bytes",
    outOfOrder: "tx_tls_ooo",
    dropNoSyncData: "tx_tls_drop_no_sync_data",
  },
  sourceNames: {
    contexts: "tx_tls_add",
    encryptedPackets: "tx_tls_pkts",
    encryptedBytes: "tx_tls_bytes",
    outOfOrder: "tx_tls_fallback",
    dropNoSyncData: "tx_tls_drops",
  },
};
