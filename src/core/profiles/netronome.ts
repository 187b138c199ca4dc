import type { Profile } from "../machine/profile.ts";
import { connectx } from "./connectx.ts";

/** Netronome NFP (nfp_net_tls_tx, v5.3): software for what is out of order, the firmware resynchronised at the next record; AES-128-GCM alone. */
export const netronome: Profile = {
  ...connectx,
  id: "netronome",
  title: "Netronome Agilio (nfp)",
  recovery: "next-record",
  paramsWithFirstPacket: false,
  countsSkips: false,
  checksSkippedMark: false,
  commit: "undone",
  seqCheckedByNic: true,
  onReset: "follows-nic",
  countsAsOutOfOrder: "fallbacks",
  versions: [0x0303],
  ciphers: ["aes-128-gcm"],
  counters: {
    encryptedPackets: "tx_tls_encrypted_packets",
    outOfOrder: "tx_tls_ooo",
    dropNoSyncData: "tx_tls_drop_no_sync_data",
  },
  sourceNames: {
    encryptedPackets: "hw_tls_tx",
    outOfOrder: "tls_tx_fallback",
    dropNoSyncData: "tls_tx_no_fallback",
  },
};
