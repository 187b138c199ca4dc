import { advance, before, distance, type Seq, seq } from "../../core/base/seq.ts";
import { nicExpectedSeq } from "../../core/nic/nic.ts";
import { replayedBytes } from "../../core/words/descriptor.ts";
import { Effect, type EffectSpec, effects } from "../../core/words/effect.ts";
import { Flag, Kind } from "../../core/words/event.ts";
import type { EffectRecord } from "../recording.ts";
import { queueText } from "./device-scopes.ts";
import { effectFields } from "./effect-text.ts";
import { SeqValue, type ViewNode } from "./value.ts";
import { partOf, record, recordName, type View } from "./view.ts";

/** Why the debugger stopped, in the domain's words. */
export interface Explanation {
  /** The rule: the effect's name. */
  rule: string;
  headline: string;
  /** Expected and actual, the record, the descriptors, the bytes replayed. */
  details: { name: string; value: string }[];
  /** Where to read on: kernel functions and document. */
  readOn: string;
}

export function explain(view: View, effect: EffectRecord): Explanation {
  const spec: EffectSpec = effects[effect.kind]!;
  const fields = effectFields(view, effect);
  const named = fields.map(([name, value]) => `${name} ${value}`).join(", ");
  const details = [
    ...fields.map(([name, value]) => ({ name, value })),
    ...expectations(view),
    ...recordOf(view),
    ...postedOf(view),
    ...reportsOf(view),
  ];
  return {
    rule: spec.name,
    headline: `${spec.says}${named === "" ? "" : ` (${named})`}`,
    details,
    readOn: readOn[spec.name] ?? general,
  };
}

function expectations(view: View): Explanation["details"] {
  const { state, connection } = view;
  const nic = nicExpectedSeq(view.socket);
  return [
    { name: "driver.expectedSeq", value: String(new SeqValue(connection, seq(state.expectedSeq))) },
    {
      name: "nic.expectedSeq",
      value: nic === null ? "no params yet" : String(new SeqValue(connection, nic)),
    },
  ];
}

/** The record that holds the packet's first byte: the one a resync is about. */
function recordOf(view: View): Explanation["details"] {
  const { events } = view.timeline.trace;
  const { log, state, position } = view;
  if (events.kind.at(position.event) !== Kind.transmit) return [];
  const from = seq(events.seq.at(position.event));
  const row = log.rowOf(from, state.tail);
  if (row < 1) return [];
  const offset = distance(log.start(row), from);
  const released = row < state.head ? ", released: every byte of it is acknowledged" : "";
  return [
    {
      name: "record",
      value: `${recordName(log, row)}, offset ${offset} of ${log.length.at(row)} (${partOf(view, row, offset)})${released}`,
    },
  ];
}

function postedOf(view: View): Explanation["details"] {
  const { recording, position } = view;
  const posted = recording.stages[position.stage]?.posted ?? 0;
  const replayed = replayedBytes(recording.descriptors.slice(0, posted));
  return [
    { name: "descriptors", value: queueText(view, posted) },
    { name: "bytes replayed", value: String(replayed) },
  ];
}

const reportsOf = ({ timeline, position }: View): Explanation["details"] =>
  timeline.found
    .reportsOf(position.event)
    .map(({ place, text }) => ({ name: "reported by the kernel", value: `${text} (${place})` }));

const general = "Documentation/networking/tls-offload.rst";
const readOn: Readonly<Record<string, string>> = {
  "out-of-order": "tls-offload.rst, “Resync handling”, TX; mlx5e_ktls_handle_tx_skb()",
  resync: "tls-offload.rst, “Resync handling”, TX; mlx5e_ktls_tx_handle_ooo()",
  "static-params": "mlx5e_ktls_tx_post_param_wqes()",
  "lookup-failed": "tls_get_record() in net/tls/tls_device.c",
  dropped: "tls-offload.rst, “Error handling”, TX; counters tx_tls_drop_no_sync_data, tx_tls_drop_bypass_req",
  bypass: "tls_record_is_start_marker(); counter tx_tls_skip_no_sync_data",
  "software-fallback": "tls_sw_fallback() in net/tls/tls_device_fallback.c; no kernel counter moves",
  "resync-requested": "tls_offload_tx_resync_request(); tracepoint tls_device_tx_resync_req",
  "resync-sent": "tls_device_resync_tx(); tracepoint tls_device_tx_resync_send",
  "resync-failed": "tls_device_resync_tx(): the flag stays, the next record tries again",
  "nic-dropped": "the device checks sequence numbers (nfp firmware)",
  piece: "chcr_ktls_xmit() in ch_ktls/chcr_ktls.c",
  trimmed: "chcr_end_part_handler(): a cut inside a tag",
  "stale-record": "tls_get_record() before “avoid getting invalid tls record” (v5.6)",
  orphaned: "skb_orphan(); validate_xmit_skb(): “unencrypted skb with no associated socket”",
  "orphan-refused": "skb_orphan_partial() in net/core/sock.c",
  "merge-refused": "tcp_skb_can_collapse(), TCP_SKB_CB(skb)->eor",
  "mixed-segment": "tls_set_device_offload(): the fence at the offload's start",
  fenced: "TCP_SKB_CB(skb)->eor of the write queue's tail",
  "device-down": "tls_device_down() in net/tls/tls_device.c; NETDEV_UP does not offload again",
  "offload-refused": "tls_set_device_offload(); /proc/net/tls_stat: TlsTxSw rises, TlsTxDevice does not",
  "rekey-started": "tls_set_device_offload_rekey(), net-next 2026; tracepoint tls_device_rekey_start",
  "rekey-done": "tls_device_complete_rekey(); tracepoint tls_device_rekey_done",
  "page-changed": "TLS_TX_ZEROCOPY_RO: pages must not change until they are acknowledged",
  "nonce-reused": "NIST SP 800-38D §8: one nonce, one plaintext",
  "record-released": "tls_tcp_clean_acked() in net/tls/tls_device.c",
  "profile-differs": "README, “Comparing profiles”; the other profiles' queues stand under driver.compared",
  "evidence-differs": "net/tls/trace.h; tls-offload.rst, “Statistics”; /proc/net/tls_stat",
  "record-pushed": "tls_push_record() in net/tls/tls_device.c",
};

/** What a token under the mouse means: a range `1448:2896(1448)` or a number is a place in the stream. */
export function describeToken(view: View, token: string): { value: string; node: ViewNode | null } | null {
  const match = /^(-?\d+):(-?\d+)(?:\((\d+)\))?$/.exec(token.trim());
  const single = /^-?\d+$/.exec(token.trim());
  if (!match && !single) return null;
  const from = advance(view.connection.startSeq, Number(match ? match[1] : token));
  const length = match ? Number(match[2]) - Number(match[1]) : 1;
  return describe(view, from, length);
}

function describe(view: View, from: Seq, length: number): { value: string; node: ViewNode | null } {
  const { log, state, connection } = view;
  const row = log.rowOf(from, state.tail);
  if (row < 1) {
    const side = before(from, connection.startSeq) ? "before the offload" : "not pushed yet";
    return { value: `${new SeqValue(connection, from)}: ${side}`, node: null };
  }
  const offset = distance(log.start(row), from);
  const last = log.rowOf(advance(from, length - 1), state.tail);
  const span = last > row ? ` to ${recordName(log, last)}` : "";
  const value = `${recordName(log, row)}${span}, offset ${offset} of ${log.length.at(row)} (${partOf(view, row, offset)}); ${copies(view, from)}; ${fateOf(view, row, from)}`;
  return { value, node: record(view, row, `record(${row})`) };
}

/** Which transmits up to here carried the byte: how often, and where. */
function copies(view: View, s: Seq): string {
  const { events, kind } = view.timeline.trace;
  const word = kind === "capture" ? "frame" : "line";
  const carriers: number[] = [];
  for (const event of view.timeline.eventsOf(view.index)) {
    if (event > view.position.event) break;
    if (events.kind.at(event) !== Kind.transmit || (events.flags.at(event) & Flag.qdiscDrop) !== 0) continue;
    const ahead = distance(seq(events.seq.at(event)), s);
    if (ahead >= 0 && ahead < events.length.at(event)) carriers.push(events.line.at(event));
  }
  if (carriers.length === 0) return "not sent yet";
  const places = carriers.slice(0, 8).join(", ");
  return carriers.length === 1
    ? `sent once, ${word} ${places}`
    : `sent ${carriers.length} times, ${word}s ${places}`;
}

function fateOf(view: View, row: number, s: Seq): string {
  const { state } = view;
  if (row < state.head) return "acknowledged, its record is released";
  return state.acked === 1 && before(s, seq(state.sndUna)) ? "acknowledged" : "not acknowledged";
}

/** The effects worth a headline when a step ends on them, gravest first. */
export const gravity: readonly number[] = [
  Effect.plaintext,
  Effect.placeholder,
  Effect["wrong-tag"],
  Effect["wrong-ciphertext"],
  Effect["wire-differs"],
  Effect["authentication-failed"],
  Effect["nonce-reused"],
  Effect["page-changed"],
  Effect["out-of-step"],
  Effect["queue-error"],
  Effect["fragment-overflow"],
  Effect["bytes-lost"],
  Effect["wrong-length"],
  Effect["evidence-differs"],
  Effect["profile-differs"],
  Effect["expectation-failed"],
  Effect["nic-dropped"],
  Effect.dropped,
  Effect["dma-error"],
  Effect["offload-refused"],
  Effect["rekey-failed"],
  Effect["mixed-segment"],
  Effect["stale-record"],
  Effect["lookup-failed"],
  Effect["resync-failed"],
  Effect["resync-requested"],
  Effect["resync-sent"],
  Effect["software-fallback"],
  Effect.trimmed,
  Effect.resync,
  Effect["out-of-order"],
  Effect.bypass,
];
