import type { Profile } from "../machine/profile.ts";
import { connectx } from "./connectx.ts";

/**
 * Broadcom Thor 2 (bnxt_ktls, net-next 2026): a presync descriptor without data. How the device makes the tag of a
 * record whose beginning it skipped on a jump forward is not published; the model supposes that it can.
 */
export const bnxt: Profile = {
  ...connectx,
  id: "bnxt",
  title: "Broadcom BCM957608 (bnxt)",
  recovery: "presync",
  paramsWithFirstPacket: false,
  countsSkips: false,
  checksSkippedMark: false,
  commit: "late",
  countsAsOutOfOrder: "resyncs",
  countsPackets: "skbs",
  counters: {
    contexts: "tx_tls_ctx",
    contextsDeleted: "tx_tls_del",
    encryptedPackets: "tx_tls_encrypted_packets",
    encryptedBytes: "tx_tls_encrypted_bytes",
    outOfOrder: "tx_tls_ooo",
    dropNoSyncData: "tx_tls_drop_no_sync_data",
  },
};
