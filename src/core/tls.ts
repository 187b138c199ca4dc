import { Effect } from "./effect.ts";
import { Flag, unpackRecord } from "./event.ts";
import { type Machine, type Sink, writeSeqOf } from "./machine.ts";
import { layoutOf, payloadSizeMax, recordType } from "./record.ts";
import { RecordKind, type RecordRow } from "./records.ts";
import { advance, after, before, between, type Seq } from "./seq.ts";
import { Stage } from "./stage.ts";
import type { ConnectionState } from "./state.ts";

/** Layout used for a connection without a cipher of the model; only lengths of generated records depend on it. */
const layoutFor = (machine: Machine, connection: number) => {
  const { version, cipher } = machine.connections[connection]!;
  return layoutOf(version, cipher ?? "aes-128-gcm");
};

/** sendmsg on a TLS socket with offload: tls_push_data(). Records are closed when full, or at the end without MSG_MORE. */
export function sendmsg(machine: Machine, event: number, state: ConnectionState, sink: Sink): void {
  const { events } = machine;
  const connection = events.connection.at(event);
  const flags = events.flags.at(event);
  const type = events.extra.at(event);
  const { prepend } = layoutFor(machine, connection);
  sink.stage(Stage["tls.sendmsg"], -1);
  if ((flags & Flag.typed) !== 0 && state.openLength > 0)
    closeRecord(machine, event, state, recordType.applicationData, sink);
  let size = events.length.at(event);
  do {
    if (state.openLength === 0) open(state, event, type, prepend);
    const copied = Math.min(size, payloadSizeMax + prepend - state.openLength);
    state.openLength += copied;
    state.written += copied;
    size -= copied;
    // MSG_MORE leaves even a full record open: the call ends before it looks at the length.
    const done = size === 0;
    if (done && (flags & Flag.more) !== 0) return;
    if (done || state.openLength === payloadSizeMax + prepend) closeRecord(machine, event, state, type, sink);
  } while (size > 0);
}

function open(state: ConnectionState, event: number, type: number, prepend: number): void {
  state.openLength = prepend;
  state.openType = type;
  state.openedBy = event;
}

/** close(): what MSG_MORE left open is pushed; the context outlives the socket, as TCP still retransmits. */
export function closeSocket(machine: Machine, event: number, state: ConnectionState, sink: Sink): void {
  sink.stage(Stage["tls.close"], -1);
  if (state.openLength > 0) closeRecord(machine, event, state, state.openType, sink);
}

/** tls_push_record(): header and placeholder tag are in, the record gets its end_seq and number and goes to TCP. */
function closeRecord(
  machine: Machine,
  event: number,
  state: ConnectionState,
  type: number,
  sink: Sink,
): void {
  const connection = machine.events.connection.at(event);
  const { prepend, overhead } = layoutFor(machine, connection);
  const payload = state.openLength - prepend;
  const length = payload + overhead;
  const row = nextRow(machine, event, state, length);
  row.type = type;
  row.payloadAt = state.written - payload;
  row.openedBy = state.openedBy;
  push(machine, connection, state, sink, row);
  state.openLength = 0;
  state.openedBy = -1;
}

/** A record as a capture shows it, or a range whose records it does not show. */
export function pushCaptured(
  machine: Machine,
  event: number,
  state: ConnectionState,
  kind: number,
  sink: Sink,
): void {
  const { events, recordSns } = machine;
  const connection = events.connection.at(event);
  const length = events.length.at(event);
  const row = nextRow(machine, event, state, length);
  const extra = unpackRecord(events.extra.at(event));
  row.kind = kind;
  row.type = extra.type;
  row.epoch = extra.epoch;
  row.sn = recordSns.get(event) ?? (extra.startsEpoch ? 0n : null);
  row.snKnown = kind === RecordKind.record && !extra.snUnknown;
  push(machine, connection, state, sink, row);
}

/** A row of `length` bytes that continues the log: the next number, starting where the last record ended. */
function nextRow(machine: Machine, event: number, state: ConnectionState, length: number): RecordRow {
  const connection = machine.events.connection.at(event);
  const log = machine.records[connection]!;
  return {
    kind: RecordKind.record,
    endSeq: advance(writeSeqOf(machine, connection, state), length),
    length,
    type: 0,
    epoch: log.epoch.at(state.tail - 1),
    sn: null,
    snKnown: true,
    payloadAt: state.written,
    openedBy: event,
    pushedBy: event,
  };
}

function push(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  sink: Sink,
  row: RecordRow,
): void {
  machine.records[connection]!.put(state.tail, row);
  sink.effect(Effect["record-pushed"], state.tail, row.length);
  state.tail++;
  sink.stage(Stage["tls.pushRecord"], state.tail - 1);
}

/** tls_tcp_clean_acked(): releases every record whose last byte is acknowledged; a part frees nothing. */
export function cleanAcked(
  machine: Machine,
  event: number,
  state: ConnectionState,
  ack: Seq,
  sink: Sink,
): void {
  const connection = machine.events.connection.at(event);
  const log = machine.records[connection]!;
  const { profile } = machine.devices[machine.connections[connection]!.device]!;
  const reach = advance(ack, profile.faults.releasedEarlyBy ?? 0);
  if (state.hint >= 0 && !before(reach, log.end(state.hint))) state.hint = -1;
  let released = 0;
  for (; state.head < state.tail && !before(reach, log.end(state.head)); state.head++) {
    if (log.kind.at(state.head) === RecordKind.startMarker) continue;
    sink.effect(Effect["record-released"], state.head, ack);
    released++;
  }
  sink.effect(Effect.acknowledged, ack, released);
  sink.stage(Stage["tls.cleanAcked"], state.head);
}

/**
 * tls_get_record(): the row of the record map that holds byte `s`, −1 if none. The kernel walks the list from the
 * hint; rows are contiguous, so the same record is found by halves, and the hint moves as it would have.
 */
export function getRecord(machine: Machine, connection: number, state: ConnectionState, s: Seq): number {
  const log = machine.records[connection]!;
  let from = state.hint;
  if (from < 0 || before(s, log.start(from))) {
    if (state.head === state.tail) return -1;
    from = state.head;
    const isMarker = log.kind.at(from) === RecordKind.startMarker;
    if (!isMarker && !between(s, log.start(from), log.end(state.tail - 1))) return -1;
  }
  const row = log.firstEndingAfter(s, from, state.tail);
  if (row >= 0 && (state.hint < 0 || after(log.end(row), log.end(state.hint)))) state.hint = row;
  return row;
}
