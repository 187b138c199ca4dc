import type { Profile } from "../profile.ts";
import { connectx } from "./connectx.ts";

/** Innova FPGA, the original patch's device (mlx5e_tls_handle_tx_skb, v4.18): a SYNC packet with record number and prefix. */
export const innova: Profile = {
  id: "innova",
  title: "Mellanox Innova FPGA (mlx5, v4.18 to v5.18)",
  prefixVia: "sync-packet",
  paramsWithFirstPacket: false,
  straddleDrop: "bypass-required",
  countsSkips: false,
  descriptorNames: connectx.descriptorNames,
  faults: {},
};
