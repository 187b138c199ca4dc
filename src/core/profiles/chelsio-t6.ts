import type { Profile } from "../machine/profile.ts";
import { connectx } from "./connectx.ts";

/**
 * Chelsio T6 (ch_ktls, v5.7): the NIC's TCP engine writes the headers, every record of every packet is posted by itself.
 * Counters of a port by their names in `ethtool -S` (cxgb4_ethtool.c); the adapter's, which debugfs prints as phrases, by
 * those of the driver (struct ch_ktls_stats_debug).
 */
export const chelsioT6: Profile = {
  ...connectx,
  id: "chelsio-t6",
  title: "Chelsio T6 (ch_ktls)",
  recovery: "pieces",
  paramsWithFirstPacket: false,
  checksSkippedMark: false,
  onReset: "loses-contexts",
  countsAsOutOfOrder: "moves",
  countsPackets: "skbs",
  versions: [0x0303],
  ciphers: ["aes-128-gcm"],
  counters: {
    contexts: "tx_tls_ctx",
    contextsDeleted: "ktls_tx_connection_close",
    encryptedPackets: "tx_tls_encrypted_packets",
    encryptedBytes: "tx_tls_encrypted_bytes",
    outOfOrder: "tx_tls_ooo",
    skipNoSyncData: "tx_tls_skip_no_sync_data",
    dropNoSyncData: "tx_tls_drop_no_sync_data",
    piecesComplete: "ktls_tx_complete_pkts",
    piecesStart: "ktls_tx_start_pkts",
    piecesMiddle: "ktls_tx_middle_pkts",
    piecesEnd: "ktls_tx_end_pkts",
    piecesTrimmed: "ktls_tx_trimmed_pkts",
    fallbacksSent: "ktls_tx_fallback",
  },
  sourceNames: {
    contexts: "ktls_tx_ctx",
    encryptedPackets: "ktls_tx_encrypted_packets",
    encryptedBytes: "ktls_tx_encrypted_bytes",
    outOfOrder: "ktls_tx_ooo",
    skipNoSyncData: "ktls_tx_skip_no_sync_data",
    dropNoSyncData: "ktls_tx_drop_no_sync_data",
  },
  descriptorNames: { ...connectx.descriptorNames, tcb: "SET_TCB", packet: "PKT", options: "TX_OPT" },
};
