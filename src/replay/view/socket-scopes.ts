import { versionName } from "../../core/base/record.ts";
import { advance, distance, type Seq } from "../../core/base/seq.ts";
import { Change } from "../../core/machine/change-log.ts";
import { Hook, Rekey } from "../../core/machine/state.ts";
import { Flag, Kind } from "../../core/words/event.ts";
import { printEvent } from "../../trace/language/print.ts";
import { placeWord, wireNameOf } from "../../trace/trace.ts";
import { group, leaf, type ViewNode } from "./value.ts";
import { partOf, record, recordName, seqOf, type View } from "./view.ts";

/** The current event, and of a transmit its segment. */
export function packet(view: View): ViewNode {
  const { events } = view.timeline.trace;
  const event = events.at(view.position.event);
  return group("packet", "Packet", "", () => {
    const line = printEvent(view.timeline.trace, view.position.event);
    const nodes = [
      leaf("packet", "event", line),
      leaf("packet", placeWord(view.timeline.trace), event.line),
      leaf("packet", "time", event.timeNs / 1e9, `${(event.timeNs / 1e9).toFixed(9)} s`),
    ];
    if (event.kind === Kind.transmit) nodes.push(...segment(view, event.seq, event.length, event.flags));
    if (event.kind === Kind.ack) nodes.push(leaf("packet", "ack", seqOf(view, event.seq)));
    if (event.kind === Kind.send || event.kind === Kind.record || event.kind === Kind.gap)
      nodes.push(leaf("packet", "length", event.length));
    if (view.findings.reportsOf(view.position.event).length > 0) nodes.push(reported(view));
    return nodes;
  });
}

/** What the kernel itself reported of the event. */
function reported(view: View): ViewNode {
  const reports = view.findings.reportsOf(view.position.event);
  const value = reports.map(({ text }) => text).join("; ");
  return group("packet.kernel", "kernel", value, () =>
    reports.map(({ place, text }, i) => leaf("packet.kernel", `report${i + 1}`, `${place}: ${text}`)),
  );
}

function segment(view: View, from: Seq, length: number, flags: number): ViewNode[] {
  const { log, state, recording } = view;
  const row = log.rowOf(from, state.tail);
  const offset = row < 0 ? null : distance(log.start(row), from);
  const { verdicts } = view.timeline.trace;
  const nodes = [
    leaf("packet", "seq", seqOf(view, from)),
    leaf("packet", "endSeq", seqOf(view, advance(from, length))),
    leaf("packet", "length", length),
    leaf("packet", "outOfOrder", recording.before.installed === 1 && from !== recording.before.expectedSeq),
    leaf("packet", "recordSn", row < 0 ? null : log.knownSn(row)),
    leaf("packet", "recordOffset", offset),
    leaf("packet", "part", offset === null ? "before the offload" : partOf(view, row, offset)),
  ];
  const lost =
    (flags & Flag.lost) !== 0
      ? "lost on the wire"
      : (flags & Flag.qdiscDrop) !== 0
        ? "lost in the qdisc"
        : null;
  if (lost) nodes.push(leaf("packet", "fate", lost));
  if (verdicts) nodes.push(leaf("packet", "wire", wireNameOf(verdicts, view.position.event)));
  nodes[0]!.range = { from, length };
  return nodes;
}

/** The socket as TCP and the validation hook see it. */
export function tcp(view: View): ViewNode {
  const { connection, state, machine } = view;
  return group("tcp", "Connection (TCP)", connection.name, () => [
    leaf("tcp", "name", connection.name),
    leaf("tcp", "device", machine.devices[connection.device]!.name),
    leaf("tcp", "kernel", machine.devices[connection.device]!.kernel.id),
    leaf("tcp", "version", versionName(connection.version)),
    leaf("tcp", "cipher", connection.cipher),
    leaf("tcp", "offloaded", state.installed === 1 && state.software === 0),
    leaf("tcp", "encryption", encryptionOf(view)),
    leaf("tcp", "hook", hookNames[state.hook]!),
    leaf("tcp", "route", machine.devices[state.route]!.name),
    leaf("tcp", "queue", state.queueNumber),
    ...rekeyOf(view),
    leaf("tcp", "startSeq", seqOf(view, connection.startSeq)),
    leaf(
      "tcp",
      "sndUna",
      state.acked === 1 ? seqOf(view, state.sndUna) : null,
      state.acked === 1 ? undefined : "nothing acknowledged yet",
    ),
    leaf(
      "tcp",
      "sndNxt",
      state.sent === 1 ? seqOf(view, state.sndNxt) : null,
      state.sent === 1 ? undefined : "nothing sent yet",
    ),
    leaf("tcp", "writeSeq", seqOf(view, view.socket.writeSeq)),
    leaf("tcp", "mss", connection.mss === 0 ? null : connection.mss),
    changesOf(view),
  ]);
}

/** sk_validate_xmit_skb by Hook. */
const hookNames = [
  "none",
  "tls_validate_xmit_skb",
  "tls_validate_xmit_skb_sw",
  "tls_validate_xmit_skb (rekey)",
] as const;

/** Who encrypts what is written now. */
function encryptionOf({ state }: View): string {
  if (state.installed === 0) return "not offloaded yet";
  if (state.software === 1) return "software, before TCP (TLS_SW)";
  return state.hook === Hook.software ? "software, packet by packet (fallback)" : "device";
}

function rekeyOf(view: View): ViewNode[] {
  const { state } = view;
  const names = ["none", "pending", "ready", "failed"];
  const nodes = [leaf("tcp", "rekey", names[state.rekey]!), leaf("tcp", "epoch", state.epoch)];
  const underWay = state.rekey === Rekey.pending || state.rekey === Rekey.ready;
  return underWay ? [...nodes, leaf("tcp", "rekeyBoundary", seqOf(view, state.boundary))] : nodes;
}

/** Fences, marks and page writes so far, in order. */
function changesOf(view: View): ViewNode {
  const { state } = view;
  const node = group("tcp.changes", "changes", `${state.changes}`, () => []);
  if (state.changes > 0) node.indexed = { count: state.changes, at: (i) => change(view, i) };
  return node;
}

function change(view: View, i: number): ViewNode {
  const { kind, from, length, value } = view.socket.changes.at(i);
  const range = `${seqOf(view, from).relative}:${seqOf(view, advance(from, length)).relative}`;
  const text =
    kind === Change.fence
      ? `fence at ${seqOf(view, from).relative}`
      : kind === Change.mark
        ? `${range} is one segment, ${value === 1 ? "marked" : "not marked"} for offload`
        : `pages behind ${range} changed`;
  return leaf("tcp.changes", String(i), text);
}

/** The record map, and the record that is still open. */
export function records(view: View): ViewNode {
  const { state, log } = view;
  const count = state.tail - state.head;
  const span = count === 0 ? "empty" : `${count} record${count === 1 ? "" : "s"}`;
  const node = group("records", "Record map", span, () => {
    const nodes = [
      leaf("records", "count", count),
      leaf(
        "records",
        "hint",
        state.hint < 0 ? null : log.knownSn(state.hint),
        state.hint < 0 ? "none" : recordName(log, state.hint),
      ),
    ];
    if (state.openLength > 0)
      nodes.push(
        leaf("records", "openRecordLength", state.openLength, `${state.openLength} bytes, not in TCP yet`),
        leaf("records", "openFragments", state.openFragments),
      );
    if (state.ackWaits === 1) nodes.push(leaf("records", "waitingAck", seqOf(view, state.sndUna)));
    return nodes;
  });
  node.indexed = { count, at: (i) => record(view, state.head + i, `records[${i}]`) };
  return node;
}

/** Keys are never shown: only that they are there, and their sizes. */
export function keys(view: View): ViewNode {
  const { epochs } = view.connection;
  const known = epochs.filter((epoch) => epoch !== null).length;
  return group("keys", "Keys (masked)", `${known} of ${epochs.length} epochs known`, () =>
    epochs.map((epoch, i) =>
      leaf("keys", `epoch${i}`, epoch ? `${epoch.key.length * 8} bit key, masked` : null),
    ),
  );
}
