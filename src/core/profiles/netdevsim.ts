import type { Profile } from "../machine/profile.ts";
import { connectx } from "./connectx.ts";

/** netdevsim (nsim_tls_tx(), in review in 2026): no hardware, no cipher; plaintext leaves with zeros where tags belong. */
export const netdevsim: Profile = {
  ...connectx,
  id: "netdevsim",
  title: "netdevsim, without hardware",
  recovery: "none",
  paramsWithFirstPacket: false,
  countsSkips: false,
  checksSkippedMark: false,
  countsAsOutOfOrder: "mismatches",
  countsPackets: "skbs",
  versions: [0x0303, 0x0304],
  ciphers: ["aes-128-gcm", "aes-256-gcm"],
  // Ethernet, IPv4, TCP.
  headerSize: 14 + 20 + 20,
  counters: { encryptedPackets: "tx_packets", encryptedBytes: "tx_bytes" },
};
