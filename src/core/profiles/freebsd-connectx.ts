import type { Profile } from "../machine/profile.ts";
import { connectx } from "./connectx.ts";

/**
 * ConnectX under FreeBSD (mlx5_en_hw_tls.c): every unmapped mbuf carries its record, so no lookup fails; a jump forward
 * within a record that the NIC has begun dumps only the bytes between. It counts mbufs and their bytes with headers.
 */
export const freebsdConnectx: Profile = {
  ...connectx,
  id: "freebsd-connectx",
  title: "NVIDIA ConnectX-6 Dx under FreeBSD (mlx5en)",
  recovery: "chain",
  countsSkips: false,
  checksSkippedMark: false,
  countsAsOutOfOrder: "resyncs",
  countsPackets: "skbs",
  // Ethernet, IPv4, TCP.
  headerSize: 14 + 20 + 20,
  counters: {
    encryptedPackets: "tx_packets",
    encryptedBytes: "tx_bytes",
    outOfOrder: "tx_packets_ooo",
    outOfOrderBytes: "tx_bytes_ooo",
    dropNoSyncData: "tx_error",
  },
};
