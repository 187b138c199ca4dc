import type { Profile } from "../profile.ts";
import { connectx } from "./connectx.ts";

/** Chelsio T6 (ch_ktls, v5.7): the NIC's TCP engine writes the headers, every record of every packet is posted by itself. */
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
    contexts: "connection_open",
    contextsDeleted: "connection_close",
    encryptedPackets: "tx_tls_encrypted_packets",
    encryptedBytes: "tx_tls_encrypted_bytes",
    outOfOrder: "tx_tls_ooo",
    skipNoSyncData: "tx_tls_skip_no_sync_data",
    dropNoSyncData: "tx_tls_drop_no_sync_data",
    piecesComplete: "tx_tls_complete_records",
    piecesStart: "tx_tls_start_records",
    piecesMiddle: "tx_tls_middle_records",
    piecesEnd: "tx_tls_end_records",
    piecesTrimmed: "tx_tls_trimmed_records",
    fallbackPackets: "tx_tls_sw_fallback",
  },
  descriptorNames: { ...connectx.descriptorNames, tcb: "SET_TCB", packet: "PKT", options: "TX_OPT" },
};
