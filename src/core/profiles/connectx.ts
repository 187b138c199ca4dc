import type { Profile } from "../profile.ts";

/** mlx5 ConnectX-6 Dx and later (mlx5e_ktls_handle_tx_skb): params and DUMPs of the prefix ahead of the packet. */
export const connectx: Profile = {
  id: "connectx",
  title: "NVIDIA ConnectX-6 Dx and later (mlx5)",
  prefixVia: "dump",
  paramsWithFirstPacket: true,
  straddleDrop: "no-sync-data",
  countsSkips: true,
  descriptorNames: {
    "static-params": "STATIC",
    "progress-params": "PROGRESS",
    nop: "NOP",
    dump: "DUMP",
    "sync-packet": "SYNC",
    packet: "PKT",
  },
  faults: {},
};
