import type { Connection } from "../core/connection.ts";
import { countersOf, vendorCountersOf } from "../core/count.ts";
import { engineNames } from "../core/descriptor.ts";
import { Flag, Kind } from "../core/event.ts";
import { type Machine, writeSeqOf } from "../core/machine.ts";
import { nicExpectedSeq, nicRecordSn } from "../core/nic.ts";
import { headerSize, layoutOf, recordType, tagSize } from "../core/record.ts";
import { RecordKind, type RecordLog } from "../core/records.ts";
import { advance, after, distance, type Seq, seq } from "../core/seq.ts";
import type { ConnectionState } from "../core/state.ts";
import { printEvent } from "../trace/text-print.ts";
import { Wire } from "../trace/trace.ts";
import type { Recording } from "./recording.ts";
import type { Position, Timeline } from "./timeline.ts";
import { group, leaf, type Raw, SeqValue, show, type ViewNode } from "./value.ts";

/**
 * A state in words: the only place that decides how state reads. Everything that shows state (Variables, hovers,
 * conditions, golden text, the terminal) goes through these nodes.
 */
export interface View {
  timeline: Timeline;
  machine: Machine;
  position: Position;
  recording: Recording;
  index: number;
  connection: Connection;
  log: RecordLog;
  state: ConnectionState;
}

/** The view of one connection from where the debugger stands. */
export function viewAt(timeline: Timeline, position: Position, connection?: number): View {
  const recording = timeline.record(position.event);
  const index = connection ?? recording.connection;
  const { machine } = timeline;
  return {
    timeline,
    machine,
    position,
    recording,
    index,
    connection: machine.connections[index]!,
    log: machine.records[index]!,
    state: timeline.stateOf(index, position),
  };
}

/** The scopes by the root of their paths, in the order of the Variables view. */
const scopeBuilders: Readonly<Record<string, (view: View) => ViewNode>> = {
  packet,
  tcp,
  records,
  driver,
  nic,
  descriptors,
  keys,
};

/** What belongs to the current event alone: another connection's view has none of it. */
const ofEvent = new Set(["packet", "descriptors"]);

export const scopeNames = Object.keys(scopeBuilders);

/** The scope whose paths begin with `name`; null if there is none, or it speaks of another connection's event. */
export function scopeAt(view: View, name: string): ViewNode | null {
  if (!Object.hasOwn(scopeBuilders, name)) return null;
  return view.index !== view.recording.connection && ofEvent.has(name) ? null : scopeBuilders[name]!(view);
}

/** All scopes of a view. */
export const scopesOf = (view: View): ViewNode[] => scopeNames.flatMap((name) => scopeAt(view, name) ?? []);

/** Paths that only some events or states have; elsewhere they are unknown, not a mistake. */
export const passingPaths: ReadonlySet<string> = new Set([
  ...[
    "frame",
    "line",
    "seq",
    "endSeq",
    "length",
    "outOfOrder",
    "recordSn",
    "recordOffset",
    "part",
    "fate",
    "wire",
    "ack",
    "kernel",
  ].map((name) => `packet.${name}`),
  "descriptors.recordSn",
  "descriptors.prefixLength",
  "records.openRecordLength",
]);

const seqOf = (view: View, s: number): SeqValue => new SeqValue(view.connection, seq(s));

export const typeNames: Readonly<Record<number, string>> = {
  [recordType.changeCipherSpec]: "change_cipher_spec",
  [recordType.alert]: "alert",
  [recordType.handshake]: "handshake",
  [recordType.applicationData]: "application_data",
};

/** Which part of its record a byte lies in: header, nonce, payload, type byte or tag. */
export function partOf(view: View, row: number, offset: number): string {
  const { version, cipher } = view.connection;
  const layout = layoutOf(version, cipher ?? "aes-128-gcm");
  const length = view.log.length.at(row);
  if (offset < headerSize) return "header";
  if (offset < layout.prepend) return "nonce";
  if (offset >= length - tagSize) return "tag";
  return offset >= length - tagSize - layout.tail ? "type byte" : "payload";
}

function packet(view: View): ViewNode {
  const { events } = view.timeline.trace;
  const event = events.at(view.position.event);
  return group("packet", "Packet", "", () => {
    const line = printEvent(view.timeline.trace, view.position.event);
    const nodes = [
      leaf("packet", "event", line),
      leaf("packet", view.timeline.trace.kind === "capture" ? "frame" : "line", event.line),
      leaf("packet", "time", event.timeNs / 1e9, `${(event.timeNs / 1e9).toFixed(9)} s`),
    ];
    if (event.kind === Kind.transmit) nodes.push(...segment(view, event.seq, event.length, event.flags));
    if (event.kind === Kind.ack) nodes.push(leaf("packet", "ack", seqOf(view, event.seq)));
    if (event.kind === Kind.send || event.kind === Kind.record || event.kind === Kind.gap)
      nodes.push(leaf("packet", "length", event.length));
    if (view.timeline.found.reportsOf(view.position.event).length > 0) nodes.push(reported(view));
    return nodes;
  });
}

/** What the kernel itself reported of the event. */
function reported(view: View): ViewNode {
  const reports = view.timeline.found.reportsOf(view.position.event);
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
  const names = ["unknown", "match", "differs"];
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
  if (verdicts)
    nodes.push(leaf("packet", "wire", names[verdicts.wire[view.position.event] ?? Wire.unknown]!));
  nodes[0]!.range = { from, length };
  return nodes;
}

function tcp(view: View): ViewNode {
  const { connection, state, machine, index } = view;
  return group("tcp", "Connection (TCP)", connection.name, () => [
    leaf("tcp", "name", connection.name),
    leaf("tcp", "device", machine.devices[connection.device]!.name),
    leaf("tcp", "version", connection.version === 0x0304 ? "1.3" : "1.2"),
    leaf("tcp", "cipher", connection.cipher),
    leaf("tcp", "offloaded", state.installed === 1),
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
    leaf("tcp", "writeSeq", seqOf(view, writeSeqOf(machine, index, state))),
    leaf("tcp", "mss", connection.mss === 0 ? null : connection.mss),
  ]);
}

function records(view: View): ViewNode {
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
      );
    return nodes;
  });
  node.indexed = { count, at: (i) => record(view, state.head + i, `records[${i}]`) };
  return node;
}

/** How a record is called everywhere: by its number, which stays when the map moves. */
export function recordName(log: RecordLog, row: number): string {
  if (log.kind.at(row) === RecordKind.startMarker) return "start marker";
  if (log.kind.at(row) === RecordKind.gap) return `unknown range ${row}`;
  return `record ${log.knownSn(row) ?? `#${row}`}`;
}

/** One row of the record log with everything known of it. */
export function record(view: View, row: number, path: string): ViewNode {
  const { log, state, connection } = view;
  const range = `${new SeqValue(connection, log.start(row)).relative}:${new SeqValue(connection, log.end(row)).relative}`;
  const type = typeNames[log.type.at(row)] ?? String(log.type.at(row));
  const ack = seq(state.sndUna);
  const partly = state.acked === 1 && after(ack, log.start(row)) ? ", partly acknowledged" : "";
  const summary =
    log.kind.at(row) === RecordKind.record
      ? `${range}(${log.length.at(row)}) ${type}${partly}`
      : `${range}(${log.length.at(row)})`;
  const node = group(path, recordName(log, row), summary, () => [
    leaf(path, "sn", log.knownSn(row)),
    leaf(path, "startSeq", seqOf(view, log.start(row))),
    leaf(path, "endSeq", seqOf(view, log.end(row))),
    leaf(path, "length", log.length.at(row)),
    leaf(path, "type", log.type.at(row), type),
    leaf(path, "epoch", log.epoch.at(row)),
    leaf(path, "released", row < state.head),
  ]);
  node.range = { from: log.start(row), length: log.length.at(row) };
  node.event = log.pushedBy.at(row) < 0 ? null : log.pushedBy.at(row);
  return node;
}

function driver(view: View): ViewNode {
  const { state, log, machine, connection } = view;
  const { profile } = machine.devices[connection.device]!;
  const summary = state.installed === 1 ? `expects ${seqOf(view, state.expectedSeq)}` : "not offloaded yet";
  return group("driver", "Driver", summary, () => [
    state.installed === 1
      ? leaf("driver", "expectedSeq", seqOf(view, state.expectedSeq))
      : leaf("driver", "expectedSeq", null, "not offloaded yet"),
    leaf("driver", "profile", profile.id),
    leaf("driver", "paramsPosted", state.paramsPosted === 1),
    leaf(
      "driver",
      "postedRecordSn",
      state.postedRow > 0 && state.tail > 0 ? log.countedSn(state.postedRow, state.tail) : null,
    ),
    group("driver.counters", "counters", `tx_tls_ooo=${state.outOfOrder}`, () => {
      const counters: [string, Raw][] = Object.entries(countersOf(state)).filter(([name]) =>
        name.startsWith("tx_"),
      );
      counters.push(...Object.entries(vendorCountersOf(state, profile)));
      return counters.map(([name, value]) => leaf("driver.counters", name, value));
    }),
  ]);
}

function nic(view: View): ViewNode {
  const { state, machine, index, log } = view;
  const expected = nicExpectedSeq(machine, index, state);
  const raw = expected === null ? null : seqOf(view, expected);
  const known =
    state.nicReady === 1 &&
    state.tail > 0 &&
    (state.nicRow >= state.tail || log.knownSn(state.nicRow) !== null);
  const length = state.nicReady === 1 && state.nicRow < state.tail ? log.length.at(state.nicRow) : null;
  const summary =
    state.nicReady === 0
      ? "no params yet"
      : state.nicInStep === 1
        ? `expects ${raw === null ? "no byte of the map" : raw}`
        : "out of step";
  return group("nic", "NIC", summary, () => [
    leaf("nic", "expectedSeq", raw, state.nicReady === 0 ? "no params yet" : show(raw)),
    leaf("nic", "recordSn", known ? nicRecordSn(machine, index, state) : null),
    leaf("nic", "recordOffset", state.nicTaken),
    leaf(
      "nic",
      "recordLength",
      state.nicTaken >= headerSize ? length : null,
      state.nicTaken >= headerSize ? undefined : "header not taken yet",
    ),
    leaf("nic", "epoch", state.nicRow < state.tail && state.nicReady === 1 ? log.epoch.at(state.nicRow) : 0),
    leaf("nic", "inStep", state.nicInStep === 1),
  ]);
}

function descriptors(view: View): ViewNode {
  const { recording, position } = view;
  const stage = recording.stages[position.stage];
  const posted = recording.descriptors.slice(0, stage?.posted ?? 0);
  const node = group("descriptors", "Descriptors", queueText(view, posted.length), () =>
    resyncOf(view, posted.length),
  );
  node.indexed = { count: posted.length, at: (i) => descriptor(view, i, stage?.taken ?? 0) };
  return node;
}

/** The queue on one line, as `PROGRESS NOP DUMP×3 PKT`. */
export function queueText(view: View, posted: number): string {
  if (posted === 0) return "nothing posted";
  const { descriptorNames } = view.machine.devices[view.connection.device]!.profile;
  const words: { name: string; times: number }[] = [];
  for (const { kind } of view.recording.descriptors.slice(0, posted)) {
    const last = words.at(-1);
    if (last?.name === descriptorNames[kind]) last.times++;
    else words.push({ name: descriptorNames[kind], times: 1 });
  }
  return words.map(({ name, times }) => (times === 1 ? name : `${name}×${times}`)).join(" ");
}

/** What the posted work rebuilds: the record and how much of it, summed over the pieces. */
function resyncOf(view: View, posted: number): ViewNode[] {
  const pieces = view.recording.descriptors
    .slice(0, posted)
    .filter(({ kind }) => kind === "dump" || kind === "sync-packet");
  const restarts = view.recording.descriptors
    .slice(0, posted)
    .some(({ kind }) => kind === "progress-params" || kind === "sync-packet");
  if (!restarts) return [];
  const { log, state } = view;
  const named = pieces.find(({ kind }) => kind === "sync-packet")?.row ?? state.postedRow;
  const prefix = pieces.reduce((sum, { length }) => sum + length, 0);
  const counted = state.tail > 0 && named > 0 ? log.countedSn(named, state.tail) : null;
  return [
    leaf("descriptors", "recordSn", named < state.tail && named > 0 ? log.knownSn(named) : counted),
    leaf("descriptors", "prefixLength", prefix, `${prefix} bytes`),
  ];
}

/** How the packet's bytes come to be what they are on the wire, by Engine. */
const encryptedBy = ["as it is", "to be encrypted", "to be encrypted by itself", "encrypted in software"];

function descriptor(view: View, i: number, taken: number): ViewNode {
  const { log, state, connection, machine } = view;
  const it = view.recording.descriptors[i]!;
  const path = `descriptors[${i}]`;
  const name = machine.devices[connection.device]!.profile.descriptorNames[it.kind];
  const words = [
    it.row > 0 ? `record ${log.countedSn(it.row, state.tail)}` : "",
    it.length > 0 || it.kind === "sync-packet"
      ? `${seqOf(view, it.seq).relative}:${seqOf(view, advance(it.seq, it.length)).relative}(${it.length})`
      : "",
    it.fence ? "fence" : "",
    it.kind === "packet" ? encryptedBy[it.engine]! : "",
    i < taken ? "taken" : "waiting",
  ];
  const node = group(path, `${i} ${name}`, words.filter((word) => word !== "").join(", "), () => [
    leaf(path, "kind", it.kind),
    leaf(path, "recordSn", it.row > 0 ? log.countedSn(it.row, state.tail) : null),
    leaf(path, "seq", it.length > 0 ? seqOf(view, it.seq) : null),
    leaf(path, "length", it.length),
    leaf(path, "fence", it.fence),
    leaf(path, "encryptedBy", it.kind === "packet" ? engineNames[it.engine]! : null),
    leaf(path, "taken", i < taken),
  ]);
  if (it.length > 0) node.range = { from: it.seq, length: it.length };
  return node;
}

/** Keys are never shown: only that they are there, and their sizes. */
function keys(view: View): ViewNode {
  const { epochs } = view.connection;
  const known = epochs.filter((epoch) => epoch !== null).length;
  return group("keys", "Keys (masked)", `${known} of ${epochs.length} epochs known`, () =>
    epochs.map((epoch, i) =>
      leaf("keys", `epoch${i}`, epoch ? `${epoch.key.length * 8} bit key, masked` : null),
    ),
  );
}
