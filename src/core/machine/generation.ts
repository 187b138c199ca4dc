import type { Cipher, TlsVersion } from "../base/record.ts";

/**
 * A generation of the kernel's TLS device layer, as data: what changed between v4.19 and the tree of autumn 2026 in
 * net/tls and net/core (kernel.md, version vocabulary). The same trace can be legal in one and a bug in another.
 */
export interface Kernel {
  id: string;
  title: string;
  /** What it or the driver does not take is encrypted in software; not so where no generation was named. */
  strict: boolean;
  /** tls_get_record() looks whether the list reaches down to the byte asked for ("avoid getting invalid tls record", v5.6). */
  boundsLookups: boolean;
  /**
   * The offload layer marks its skbs (`decrypted`); validate_xmit_skb() drops a marked one without a socket, and
   * skb_orphan_partial() leaves it alone ("prevent skb_orphan() from leaking TLS plain text", v5.4).
   */
  marksSegments: boolean;
  /**
   * tcp_write_collapse_fence() falls back on the retransmit queue's tail, and tcp_skb_can_collapse() compares marks: later
   * stable kernels. Elsewhere what is all sent has no fence (kernel.md section 2.7).
   */
  fencesRetransmitQueue: boolean;
  /** mlx5 drops a marked skb before the start marker instead of sending it as it is. */
  checksSkippedMark: boolean;
  /** mlx5 counts tx_tls_ooo for every packet out of order; before, only where it rebuilt the NIC's state. */
  countsFailedLookups: boolean;
  /** A driver drops packets of a context on another device; before, it sent them as they were. */
  dropsForeignContexts: boolean;
  /** What can be offloaded; everything else is encrypted in software without a word to the application. */
  versions: readonly TlsVersion[];
  ciphers: readonly Cipher[];
  /** What stands in a tag's place until the NIC writes it: the fragment page's first bytes, or stale memory. */
  placeholder: "first-page" | "stale";
  /** MSG_MORE leaves a record open though its fragment table is full: the tag then has no place in it. */
  overfillsFragments: boolean;
  /** Who can get new keys on a running connection (TLS 1.3 KeyUpdate). */
  rekey: "nobody" | "software" | "device";
  /** setsockopt(TLS_TX_MAX_PAYLOAD_LEN) is there. */
  limitsPayload: boolean;
  /** The TLS device layer has tracepoints (net/tls/trace.h, v5.5). */
  hasTracepoints: boolean;
}

const v419: Kernel = {
  id: "v4.19",
  title: "v4.18 to v5.3, the first generation",
  strict: true,
  boundsLookups: false,
  marksSegments: false,
  fencesRetransmitQueue: false,
  checksSkippedMark: false,
  countsFailedLookups: false,
  dropsForeignContexts: false,
  versions: [0x0303],
  ciphers: ["aes-128-gcm"],
  placeholder: "first-page",
  overfillsFragments: true,
  rekey: "nobody",
  limitsPayload: false,
  hasTracepoints: false,
};

const v58: Kernel = {
  ...v419,
  id: "v5.8",
  title: "v5.6 to v5.19, ConnectX-6 Dx with transmit and receive offload",
  boundsLookups: true,
  marksSegments: true,
  dropsForeignContexts: true,
  placeholder: "stale",
  hasTracepoints: true,
};

const v618: Kernel = {
  ...v58,
  id: "v6.18",
  title: "v6.1 to v6.18, the stable kernel",
  checksSkippedMark: true,
  countsFailedLookups: true,
  ciphers: ["aes-128-gcm", "aes-256-gcm"],
  rekey: "software",
};

/** 6.1.192: as the others since v6.1, but for rekeys (v6.14), and that the hole of kernel.md section 2.7 is closed. */
const v61: Kernel = {
  ...v618,
  id: "v6.1",
  title: "v6.1.y of 2026, a stable kernel that fences also what is sent",
  fencesRetransmitQueue: true,
  rekey: "nobody",
};

const v72: Kernel = {
  ...v618,
  id: "v7.2",
  title: "v7.2, mainline of summer 2026",
  limitsPayload: true,
};

const next: Kernel = {
  ...v72,
  id: "next",
  title: "net-next of autumn 2026: TLS 1.3 offload and rekey by the device",
  versions: [0x0303, 0x0304],
  overfillsFragments: false,
  rekey: "device",
};

/** Every generation, oldest first. */
export const kernels: readonly Kernel[] = [v419, v58, v61, v618, v72, next];

export const kernelById = (id: string): Kernel | null => kernels.find((kernel) => kernel.id === id) ?? null;

/** What a device runs on that names no generation: the newest one, without its refusals, so that any stream can be replayed. */
export const anyKernel: Kernel = {
  ...next,
  title: "the newest generation, offloading whatever it is given",
  strict: false,
  ciphers: ["aes-128-gcm", "aes-256-gcm", "chacha20-poly1305"],
};
