import { dropReasons, fallbackReasons, pieceForms, refusals } from "./effect-words.ts";

/** How an argument reads: a sequence number (relative in text), a record row, a device, a count, or a word by its place. */
export type ArgumentForm = "seq" | "row" | "device" | "count" | readonly string[];

/** Everything that is a fact about an effect; what it counts stands with the counters (machine/counters.ts). */
export interface EffectRow {
  /** What it means, in one sentence, for whoever stops on it. */
  says: string;
  /** Its arguments in the order in which they are said, two at most, by their names in `expect` lines and golden text. */
  args?: Readonly<Record<string, ArgumentForm>>;
  /** The gravest effect of a step is its headline; without a gravity it never is. */
  gravity?: number;
  /** Id of the exception filter that stops on it; without one only a function breakpoint does. */
  filter?: string;
  /** Where to read on: kernel functions, documents, counters. */
  readOn?: string;
  /** True for what a stream in good order has, or a trace itself states: not worth an expect line of its own. */
  ordinary?: true;
}

/** Everything that the model can say about an event. One effect is one breakpoint and one line form of golden text. */
export const effectTable = {
  "record-pushed": {
    says: "The TLS layer closed a record and handed it to TCP.",
    args: { record: "row", length: "count" },
    readOn: "tls_push_record() in net/tls/tls_device.c",
    ordinary: true,
  },
  "record-released": {
    says: "The record's last byte is acknowledged: it left the record map.",
    args: { record: "row", ack: "seq" },
    filter: "record-released",
    readOn: "tls_tcp_clean_acked() in net/tls/tls_device.c",
    ordinary: true,
  },
  "out-of-order": {
    says: "The packet does not start at the sequence number that the driver expects.",
    args: { expected: "seq", seq: "seq" },
    gravity: 20,
    filter: "out-of-order",
    readOn: "tls-offload.rst, “Resync handling”, TX; mlx5e_ktls_handle_tx_skb()",
  },
  "lookup-failed": {
    says: "tls_get_record found no record for the packet's first byte.",
    args: { seq: "seq" },
    gravity: 90,
    filter: "lookup-failed",
    readOn: "tls_get_record() in net/tls/tls_device.c",
  },
  resync: {
    says: "The driver posted work that rebuilds the NIC's TLS state ahead of the packet.",
    args: { record: "row", replayed: "count" },
    gravity: 30,
    filter: "resync",
    readOn: "tls-offload.rst, “Resync handling”, TX; mlx5e_ktls_tx_handle_ooo()",
  },
  "static-params": {
    says: "Static params with a new record number were posted.",
    args: { record: "row" },
    readOn: "mlx5e_ktls_tx_post_param_wqes()",
  },
  bypass: {
    says: "The packet lies before the start marker and is sent as it is.",
    args: { seq: "seq", length: "count" },
    gravity: 10,
    filter: "bypass",
    readOn: "tls_record_is_start_marker(); counter tx_tls_skip_no_sync_data",
  },
  dropped: {
    says: "The packet was dropped.",
    args: { reason: dropReasons, length: "count" },
    gravity: 150,
    filter: "dropped",
    readOn:
      "tls-offload.rst, “Error handling”, TX; counters tx_tls_drop_no_sync_data, tx_tls_drop_bypass_req",
  },
  encrypted: {
    says: "The packet was handed to the NIC for encryption.",
    args: { seq: "seq", length: "count" },
    ordinary: true,
  },
  emulated: {
    says: "A driver that only stands in for a NIC: the records leave in clear, zeros where their tags belong.",
    args: { seq: "seq", length: "count" },
    ordinary: true,
    readOn: "nsim_tls_tx() in drivers/net/netdevsim/tls.c",
  },
  "out-of-step": {
    says: "The NIC was fed a byte other than the one its record state stands at.",
    args: { expected: "seq", seq: "seq" },
    gravity: 240,
    filter: "out-of-step",
  },
  plaintext: {
    says: "Plaintext left on the wire.",
    args: { seq: "seq", bytes: "count" },
    gravity: 320,
    filter: "leak",
  },
  placeholder: {
    says: "Placeholder bytes left on the wire where a tag belongs.",
    args: { seq: "seq", bytes: "count" },
    gravity: 310,
    filter: "leak",
  },
  "wrong-tag": {
    says: "A wrong authentication tag left on the wire.",
    args: { seq: "seq", bytes: "count" },
    gravity: 300,
    filter: "wrong-bytes",
  },
  "wrong-ciphertext": {
    says: "Wrong ciphertext left on the wire.",
    args: { seq: "seq", bytes: "count" },
    gravity: 290,
    filter: "wrong-bytes",
  },
  lost: {
    says: "The packet was lost on the wire.",
    args: { seq: "seq", length: "count" },
    filter: "lost",
    ordinary: true,
  },
  "qdisc-drop": {
    says: "The packet was lost in the qdisc and never reached the driver.",
    args: { seq: "seq", length: "count" },
    filter: "lost",
    ordinary: true,
  },
  acknowledged: {
    says: "The peer acknowledged more of the stream.",
    args: { ack: "seq", released: "count" },
    ordinary: true,
  },
  "software-fallback": {
    says: "The packet was encrypted in software: the kernel counts this nowhere.",
    args: { reason: fallbackReasons, length: "count" },
    gravity: 50,
    filter: "software-fallback",
    readOn: "tls_sw_fallback() in net/tls/tls_device_fallback.c; no kernel counter moves",
  },
  "resync-requested": {
    says: "The driver saw a forward jump and asked the TLS layer to resynchronise it at the next record.",
    args: { seq: "seq", expected: "seq" },
    gravity: 70,
    filter: "next-record-resync",
    readOn: "tls_offload_tx_resync_request(); tracepoint tls_device_tx_resync_req",
  },
  "resync-sent": {
    says: "The TLS layer told the driver where the next record starts and its number.",
    args: { seq: "seq", record: "row" },
    gravity: 60,
    filter: "next-record-resync",
    readOn: "tls_device_resync_tx(); tracepoint tls_device_tx_resync_send",
  },
  "resync-failed": {
    says: "The driver could not take the TLS layer's resync.",
    args: { seq: "seq", record: "row" },
    gravity: 80,
    filter: "next-record-resync",
    readOn: "tls_device_resync_tx(): the flag stays, the next record tries again",
  },
  piece: {
    says: "The driver posted the part of the packet that lies in one record.",
    args: { form: pieceForms, length: "count" },
    filter: "piece",
    readOn: "chcr_ktls_xmit() in ch_ktls/chcr_ktls.c",
    ordinary: true,
  },
  trimmed: {
    says: "The driver left out the packet's end; TCP has to send it again.",
    args: { seq: "seq", bytes: "count" },
    gravity: 40,
    filter: "dropped",
    readOn: "chcr_end_part_handler(): a cut inside a tag",
  },
  "nic-dropped": {
    says: "The NIC dropped a packet that does not start at the sequence number it expects.",
    args: { expected: "seq", seq: "seq" },
    gravity: 160,
    filter: "dropped",
    readOn: "the device checks sequence numbers (nfp firmware)",
  },
  "stale-record": {
    says: "tls_get_record gave a record that does not hold the byte asked for.",
    args: { seq: "seq", record: "row" },
    gravity: 100,
    filter: "lookup-failed",
    readOn: "tls_get_record() before “avoid getting invalid tls record” (v5.6)",
  },
  fenced: {
    says: "The tail of the write queue is fenced: no later byte joins its segment.",
    args: { seq: "seq" },
    filter: "segment",
    readOn: "TCP_SKB_CB(skb)->eor of the write queue's tail",
  },
  "offload-installed": {
    says: "The driver has a context for the connection.",
    args: { seq: "seq", record: "row" },
    filter: "offload",
    ordinary: true,
  },
  "offload-refused": {
    says: "The connection is not offloaded: the kernel encrypts its records before TCP sees them.",
    args: { reason: refusals },
    gravity: 130,
    filter: "offload",
    readOn: "tls_set_device_offload(); /proc/net/tls_stat: TlsTxSw rises, TlsTxDevice does not",
  },
  "mixed-segment": {
    says: "One segment holds bytes that are to be encrypted and bytes that are not.",
    args: { seq: "seq", length: "count" },
    gravity: 110,
    filter: "segment",
    readOn: "tls_set_device_offload(): the fence at the offload's start",
  },
  waiting: {
    says: "The packet's descriptors wait in the transmit queue.",
    args: { descriptors: "count", length: "count" },
    filter: "waiting",
  },
  "page-changed": {
    says: "The packet carries zero-copy pages that changed after their record was pushed.",
    args: { seq: "seq", bytes: "count" },
    gravity: 250,
    filter: "page-changed",
    readOn: "TLS_TX_ZEROCOPY_RO: pages must not change until they are acknowledged",
  },
  "nonce-reused": {
    says: "Bytes sent before left once more with another content under the same nonce.",
    args: { seq: "seq", bytes: "count" },
    gravity: 260,
    filter: "page-changed",
    readOn: "NIST SP 800-38D §8: one nonce, one plaintext",
  },
  "page-written": {
    says: "The application changed pages that it had sent without a copy.",
    args: { seq: "seq", bytes: "count" },
    filter: "page-changed",
  },
  orphaned: {
    says: "The packet lost its socket on the way.",
    args: { seq: "seq", length: "count" },
    filter: "segment",
    readOn: "skb_orphan(); validate_xmit_skb(): “unencrypted skb with no associated socket”",
  },
  "orphan-refused": {
    says: "skb_orphan_partial left the packet alone, because it is marked for offload.",
    args: { seq: "seq", length: "count" },
    filter: "segment",
    readOn: "skb_orphan_partial() in net/core/sock.c",
  },
  merged: {
    says: "TCP merged the segments of a range into one.",
    args: { seq: "seq", length: "count" },
    filter: "segment",
  },
  "merge-refused": {
    says: "A fence lies inside the range: TCP keeps its segments apart.",
    args: { fence: "seq", length: "count" },
    filter: "segment",
    readOn: "tcp_skb_can_collapse(), TCP_SKB_CB(skb)->eor",
  },
  split: { says: "TCP split a segment in two.", args: { seq: "seq" }, filter: "segment" },
  "queue-changed": {
    says: "The connection moved to another transmit queue.",
    args: { from: "count", to: "count" },
    filter: "device",
  },
  rerouted: {
    says: "The route leads through this device now.",
    args: { device: "device" },
    filter: "device",
  },
  "device-down": {
    says: "The device went down: the connection's packets are encrypted in software from now on.",
    args: { device: "device" },
    filter: "device",
    readOn: "tls_device_down() in net/tls/tls_device.c; NETDEV_UP does not offload again",
  },
  "device-up": {
    says: "The device is up again; its old sockets stay in software.",
    args: { device: "device" },
    filter: "device",
  },
  "queue-reset": {
    says: "The transmit queue was reset: what waited in it is gone, the driver's state is as it was.",
    args: { device: "device", descriptors: "count" },
    filter: "device",
  },
  "queue-held": { says: "The NIC stopped taking descriptors.", args: { device: "device" }, filter: "device" },
  "queue-resumed": {
    says: "The NIC takes what waited in the transmit queue.",
    args: { device: "device", descriptors: "count" },
    filter: "device",
  },
  "dma-error": {
    says: "Mapping a buffer for the NIC failed.",
    args: { mapping: "count", posted: "count" },
    gravity: 140,
    filter: "device-error",
  },
  "queue-error": {
    says: "The NIC cannot take this descriptor: the transmit queue stops.",
    args: { length: "count", limit: "count" },
    gravity: 230,
    filter: "dropped",
  },
  "offload-removed": {
    says: "The driver's context of the connection is deleted.",
    args: { contexts: "count" },
    filter: "offload",
  },
  "rekey-started": {
    says: "New keys: records are encrypted in software until everything under the old key is acknowledged.",
    args: { seq: "seq", epoch: "count" },
    filter: "rekey",
    readOn: "tls_set_device_offload_rekey(), net-next 2026",
  },
  "rekey-superseded": {
    says: "A newer key came before the device had this one: it counts as done and never reaches a NIC.",
    args: { epoch: "count" },
    filter: "rekey",
    readOn: "tls_device_start_rekey() with TLS_TX_REKEY_PENDING set",
  },
  "rekey-ready": {
    says: "Everything under the old key is acknowledged: the next sendmsg hands over to the device.",
    args: { seq: "seq", epoch: "count" },
    filter: "rekey",
  },
  "rekey-done": {
    says: "The device has the new key, from this record on.",
    args: { seq: "seq", epoch: "count" },
    filter: "rekey",
    readOn: "tls_device_complete_rekey(); tracepoint tls_device_offload_set",
  },
  "rekey-failed": {
    says: "The device did not take the new key: the connection stays with software until the next one.",
    args: { reason: refusals, epoch: "count" },
    gravity: 120,
    filter: "rekey",
    readOn: "tls_device_complete_rekey(); tracepoint tls_device_complete_rekey_fail",
  },
  "rekey-aborted": {
    says: "The socket was closed before the rekey was done.",
    args: { epoch: "count" },
    filter: "rekey",
  },
  "bytes-lost": {
    says: "Bytes that sendmsg took are in no record: the peer's application never gets them.",
    args: { record: "row", bytes: "count" },
    gravity: 210,
    filter: "record-built-wrong",
  },
  "empty-record": {
    says: "A record without payload was pushed.",
    args: { record: "row" },
    filter: "record-built-wrong",
  },
  "wrong-length": {
    says: "The record's header says another length than the record has.",
    args: { record: "row", told: "count" },
    gravity: 200,
    filter: "record-built-wrong",
  },
  stalled: {
    says: "The application is done, and bytes stay in an open record: they are sent with the next write.",
    args: { bytes: "count" },
    filter: "record-built-wrong",
  },
  "fragment-overflow": {
    says: "The record has more fragments than its table holds.",
    args: { fragments: "count", limit: "count" },
    gravity: 220,
    filter: "record-built-wrong",
  },
  "use-after-release": {
    says: "The driver reads a record that an acknowledgement has just released: its pages may be anyone's.",
    args: { seq: "seq", record: "row" },
    filter: "lookup-failed",
  },
} as const satisfies Readonly<Record<string, EffectRow>>;
