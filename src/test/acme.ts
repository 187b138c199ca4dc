import type { Profile } from "../core/machine/profile.ts";
import { fungible } from "../core/profiles/fungible.ts";

/** Acme A1 (acme_tls_xmit): as Fungible, with TLS 1.3; the device drops what it does not expect, the driver counts skbs. */
export const acme: Profile = {
  ...fungible,
  id: "acme",
  title: "Acme A1 (acme)",
  versions: [0x0303, 0x0304],
  ciphers: ["aes-128-gcm"],
  seqCheckedByNic: true,
  countsPackets: "skbs",
  counters: {
    encryptedPackets: "acme_tls_tx",
    outOfOrder: "acme_tls_ooo",
    resyncs: "acme_tls_resync",
  },
};
