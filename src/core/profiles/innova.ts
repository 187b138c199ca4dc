import type { Profile } from "../machine/profile.ts";
import { connectx } from "./connectx.ts";

/** Innova FPGA, the original patch's device (mlx5e_tls_handle_tx_skb, v4.18): a SYNC packet with record number and prefix. */
export const innova: Profile = {
  ...connectx,
  id: "innova",
  title: "Mellanox Innova FPGA (mlx5, v4.18 to v5.18)",
  prefixVia: "sync-packet",
  paramsWithFirstPacket: false,
  straddleDrop: "bypass-required",
  countsSkips: false,
  checksSkippedMark: false,
  countsAsOutOfOrder: "mismatches",
  versions: [0x0303],
  ciphers: ["aes-128-gcm"],
  // Ethernet with the 8 bytes of metadata, IPv4, TCP.
  headerSize: 14 + 8 + 20 + 20,
  counters: {
    outOfOrder: "tx_tls_ooo",
    dropNoSyncData: "tx_tls_drop_no_sync_data",
    dropBypassRequired: "tx_tls_drop_bypass_required",
    dropNoMemory: "tx_tls_drop_resync_alloc",
    dropNoMetadata: "tx_tls_drop_metadata",
    resyncBytes: "tx_tls_resync_bytes",
  },
};
