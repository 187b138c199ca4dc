import { layoutOf, recordType } from "../base/record.ts";
import { advance, after, before, between, type Seq, seq } from "../base/seq.ts";
import { Change } from "../machine/change-log.ts";
import { changesOf, kernelOf, type Machine, profileOf, type Sink, writeSeqOf } from "../machine/machine.ts";
import { RecordKind, type RecordRow } from "../machine/record-log.ts";
import { type ConnectionState, Rekey } from "../machine/state.ts";
import { Effect } from "../words/effect.ts";
import { Flag, sendPieces, sendType, unpackRecord } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { devResync } from "./dev-resync.ts";
import { closeOpen, fragmentsAreFull, fragmentsMax, openRecord, takeBytes } from "./filling.ts";

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
  const extra = events.extra.at(event);
  const length = events.length.at(event);
  const { faults } = profileOf(machine, connection);
  const type = sendType(extra);
  sink.stage(Stage["tls.sendmsg"], -1);
  if ((flags & Flag.typed) !== 0) closeBeforeControl(machine, event, state, faults.stalePending, sink);
  const more = (flags & Flag.more) !== 0;
  const pieceSize = (flags & Flag.zerocopy) !== 0 ? Math.ceil(length / Math.max(1, sendPieces(extra))) : 0;
  const { prepend } = layoutFor(machine, connection);
  const lengthMax = machine.connections[connection]!.payloadMax + prepend;
  state.openPieceLeft = 0;
  let left = length;
  do {
    if (state.openLength === 0) {
      openRecord(state, prepend);
      state.openType = type;
      state.openedBy = event;
      state.openPieceSize = pieceSize;
    }
    const taken = takeBytes(state, left, lengthMax, pieceSize);
    state.written += taken;
    left -= taken;
    // MSG_MORE leaves even a full record open: the call ends before it looks at the length.
    const full = fragmentsAreFull(state);
    if (left === 0 && more && !(full && closesFull(machine, connection))) break;
    if (left === 0 || full || state.openLength === lengthMax) closeRecord(machine, event, state, type, sink);
  } while (left > 0);
  if (more || !faults.stalePending) state.pendingOpen = state.openLength > 0 ? 1 : 0;
  if ((flags & Flag.eor) === 0) return;
  fenceHere(machine, connection, state, sink);
  sink.stage(Stage["tcp.fence"], -1);
}

/** A full fragment table ends a record also with MSG_MORE (net-next 2026). */
const closesFull = (machine: Machine, connection: number): boolean =>
  !kernelOf(machine, connection).overfillsFragments &&
  !profileOf(machine, connection).faults.overfillsFragments;

/** A control message ends the open record, as application data whatever it was to be. */
function closeBeforeControl(
  machine: Machine,
  event: number,
  state: ConnectionState,
  isStale: boolean | undefined,
  sink: Sink,
): void {
  if (state.openLength > 0) return closeRecord(machine, event, state, recordType.applicationData, sink);
  if (!isStale || state.pendingOpen === 0) return;
  state.openLength = layoutFor(machine, machine.events.connection.at(event)).prepend;
  state.openedBy = event;
  closeRecord(machine, event, state, recordType.applicationData, sink);
}

/** The end of a sendfile: tls_sw/device_splice_eof() pushes what MSG_MORE left open. */
export function spliceEof(machine: Machine, event: number, state: ConnectionState, sink: Sink): void {
  const { eofLeavesOpen } = profileOf(machine, machine.events.connection.at(event)).faults;
  if (state.openLength === 0) return sink.stage(Stage["tls.sendmsg"], -1);
  if (eofLeavesOpen) sink.effect(Effect.stalled, state.openLength, 0);
  sink.stage(Stage["tls.sendmsg"], -1);
  if (!eofLeavesOpen) closeRecord(machine, event, state, state.openType, sink);
}

/** close(): what MSG_MORE left open is pushed; the context outlives the socket, as TCP still retransmits. */
export function closeSocket(machine: Machine, event: number, state: ConnectionState, sink: Sink): void {
  if (state.rekey === Rekey.pending || state.rekey === Rekey.ready) {
    state.rekey = Rekey.failed;
    sink.effect(Effect["rekey-aborted"], state.epoch, 0);
  }
  sink.stage(Stage["tls.close"], -1);
  if (state.openLength > 0) closeRecord(machine, event, state, state.openType, sink);
}

/** tls_device_record_close() and tls_push_record(): header and placeholder tag are in, the record gets its end_seq and number and goes to TCP. */
export function closeRecord(
  machine: Machine,
  event: number,
  state: ConnectionState,
  type: number,
  sink: Sink,
): void {
  const connection = machine.events.connection.at(event);
  const { faults } = profileOf(machine, connection);
  const layout = layoutFor(machine, connection);
  const { payload, eaten, fragments, length } = closeOpen(state, layout, faults);
  const row = nextRow(machine, event, state, length);
  row.type = type;
  row.payloadAt = state.written - payload;
  row.pieceSize = state.openPieceSize;
  row.openedBy = state.openedBy;
  if (eaten > 0) sink.effect(Effect["bytes-lost"], state.tail, eaten);
  if (payload === 0) sink.effect(Effect["empty-record"], state.tail, 0);
  if (faults.headersUnsized && state.software === 0)
    sink.effect(Effect["wrong-length"], state.tail, length - layout.overhead);
  if (fragments > fragmentsMax) sink.effect(Effect["fragment-overflow"], fragments, fragmentsMax);
  push(machine, connection, state, sink, row);
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
  if (kind === RecordKind.gap || state.software === 0) row.kind = kind;
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
  const last = log.epoch.at(state.tail - 1);
  const epoch = Math.max(last, state.epoch);
  return {
    kind: state.software === 1 ? RecordKind.software : RecordKind.record,
    endSeq: advance(writeSeqOf(machine, connection, state), length),
    length,
    type: 0,
    epoch,
    sn: epoch === last ? null : 0n,
    snKnown: true,
    payloadAt: state.written,
    pieceSize: 0,
    openedBy: event,
    pushedBy: event,
  };
}

/** tls_push_record(): where the driver waits for it, the record begins a segment of its own and the driver is told. */
function push(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  sink: Sink,
  row: RecordRow,
): void {
  const log = machine.records[connection]!;
  log.put(state.tail, row);
  if (state.resyncPending === 1 && state.software === 0) {
    fenceHere(machine, connection, state, sink);
    devResync(machine, connection, state, state.tail, log.start(state.tail), sink);
  }
  sink.effect(Effect["record-pushed"], state.tail, row.length);
  state.tail++;
  sink.stage(Stage["tls.pushRecord"], state.tail - 1);
}

/** Sets `eor` on the tail of the write queue: nothing is appended to its segment (kernel.md section 2.7). */
export function fenceHere(machine: Machine, connection: number, state: ConnectionState, sink: Sink): void {
  const from = writeSeqOf(machine, connection, state);
  changesOf(machine, connection).put(state.changes++, { kind: Change.fence, from, length: 0, value: 0 });
  sink.effect(Effect.fenced, from, 0);
}

/** tls_tcp_clean_acked(): releases every record whose last byte is acknowledged; a part frees nothing. */
export function cleanAcked(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  ack: Seq,
  sink: Sink,
): void {
  state.ackWaits = 0;
  const log = machine.records[connection]!;
  const reach = advance(ack, profileOf(machine, connection).faults.releasedEarlyBy ?? 0);
  if (state.hint >= 0 && !before(reach, log.end(state.hint))) state.hint = -1;
  let released = 0;
  for (; state.head < state.tail && !before(reach, log.end(state.head)); state.head++) {
    const kind = log.kind.at(state.head);
    if (kind === RecordKind.startMarker || kind === RecordKind.software) continue;
    sink.effect(Effect["record-released"], state.head, ack);
    released++;
  }
  if (state.rekey === Rekey.pending && !before(ack, seq(state.boundary))) {
    state.rekey = Rekey.ready;
    sink.effect(Effect["rekey-ready"], state.boundary, state.epoch);
  }
  sink.effect(Effect.acknowledged, ack, released);
  sink.stage(Stage["tls.cleanAcked"], state.head);
}

/**
 * tls_get_record(): the row of the record map that holds byte `s`, −1 if none. The kernel walks the list from the
 * hint; rows are contiguous, so the same record is found by halves, and the hint moves as it would have. Before v5.6
 * nothing looked whether the list reaches down to `s`: the head was the answer for what is acknowledged.
 */
export function getRecord(machine: Machine, connection: number, state: ConnectionState, s: Seq): number {
  if (isBelowFloor(machine, connection, state, s)) return -1;
  const log = machine.records[connection]!;
  let from = state.hint;
  if (from < 0 || before(s, log.start(from))) {
    if (state.head === state.tail) return -1;
    from = state.head;
    const unbounded = log.kind.at(from) === RecordKind.startMarker || !looksDown(machine, connection);
    if (!unbounded && !between(s, log.start(from), log.end(state.tail - 1))) return -1;
  }
  const row = log.firstEndingAfter(s, from, state.tail);
  if (row < 0 || log.kind.at(row) === RecordKind.software) return -1;
  if (state.hint < 0 || after(log.end(row), log.end(state.hint))) state.hint = row;
  return row;
}

/**
 * True for a byte whose record a rekey has dropped from the map: all of it is acknowledged, nothing can encrypt it any
 * more, and it must not pass as bytes from before the offload do (the floor flag of kernel.md section 8). What software
 * encrypted while the rekey waited may pass.
 */
function isBelowFloor(machine: Machine, connection: number, state: ConnectionState, s: Seq): boolean {
  const log = machine.records[connection]!;
  const { markerRow } = state;
  if (markerRow === 0 || !before(s, log.start(markerRow))) return false;
  const row = log.rowOf(s, markerRow);
  return row > 0 && log.kind.at(row) !== RecordKind.software;
}

const looksDown = (machine: Machine, connection: number): boolean =>
  kernelOf(machine, connection).boundsLookups && !profileOf(machine, connection).faults.trustsStaleRecord;
