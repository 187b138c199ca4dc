// core/kernel: net/tls and net/core: records, fragments, marks, the validation hook, fallback, rekey.

import { headerSize, recordType } from "../base/record.ts";
import { advance } from "../base/seq.ts";
import { RecordKind, type RecordRow } from "../machine/record-log.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { isPending, Rekey } from "../machine/state.ts";
import { Effect } from "../words/effect.ts";
import { Flag, sendPieces, sendType, unpackRecord } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { devResync } from "./dev-resync.ts";
import { closeOpen, fragmentsAreFull, fragmentsMax, openRecord, takeBytes } from "./filling.ts";
import { collapseFence, fenceHere } from "./record-map.ts";

/** sendmsg on a TLS socket with offload: tls_device_sendmsg(), tls_push_data(). Records are closed when full, or at the end without MSG_MORE. */
export function sendmsg(socket: Socket, sink: Sink): void {
  const { state, events, event, rules, layout } = socket;
  const flags = events.flags.at(event);
  const extra = events.extra.at(event);
  const length = events.length.at(event);
  const type = sendType(extra);
  sink.stage(Stage["tls.sendmsg"]);
  if ((flags & Flag.typed) !== 0) closeBeforeControl(socket, sink);
  // tls_sw_sendmsg_locked() works as long as there are bytes: of none it makes no record.
  if (state.software === 1 && length === 0) return;
  const more = (flags & Flag.more) !== 0;
  const pieceSize = (flags & Flag.zerocopy) !== 0 ? Math.ceil(length / Math.max(1, sendPieces(extra))) : 0;
  const lengthMax = socket.connection.payloadMax + layout.prepend;
  state.openPieceLeft = 0;
  let left = length;
  do {
    if (state.openLength === 0) {
      openRecord(state, layout.prepend);
      state.openType = type;
      state.openedBy = event;
      state.openPieceSize = pieceSize;
    }
    const taken = takeBytes(state, left, lengthMax, pieceSize);
    state.written += taken;
    left -= taken;
    const full = fragmentsAreFull(state);
    if (left === 0 && more && staysOpen(socket, lengthMax)) break;
    if (left === 0 || full || state.openLength === lengthMax) closeRecord(socket, type, sink);
  } while (left > 0);
  state.pendingOpen = rules.pendingOpen(state.pendingOpen, more, state.openLength > 0);
  if ((flags & Flag.eor) === 0) return;
  fenceHere(socket, sink);
  sink.stage(Stage["tcp.fence"]);
}

/**
 * MSG_MORE leaves even a full record open: the call ends before it looks at the length. Not so one whose fragment table
 * is full (net-next 2026), nor in software, where a full record goes (tls_sw_sendmsg_locked()).
 */
function staysOpen({ kernel, rules, state }: Socket, lengthMax: number): boolean {
  if (state.software === 1) return state.openLength < lengthMax && !fragmentsAreFull(state);
  return !fragmentsAreFull(state) || rules.overfillsFragments(kernel.overfillsFragments);
}

/** A control message ends the open record, as application data whatever it was to be. */
function closeBeforeControl(socket: Socket, sink: Sink): void {
  const { state } = socket;
  if (state.openLength === 0) {
    if (!socket.rules.pushesEmpty(state.pendingOpen)) return;
    state.openLength = socket.layout.prepend;
    state.openedBy = socket.event;
  }
  closeRecord(socket, recordType.applicationData, sink);
}

/** The end of a sendfile: tls_device_splice_eof() pushes what MSG_MORE left open. */
export function spliceEof(socket: Socket, sink: Sink): void {
  const { openLength, openType } = socket.state;
  const { pushesAtEof } = socket.rules;
  const isOpen = openLength > 0;
  if (isOpen && !pushesAtEof) sink.effect(Effect.stalled, openLength, 0);
  sink.stage(Stage["tls.sendmsg"]);
  if (isOpen && pushesAtEof) closeRecord(socket, openType, sink);
}

/** tls_sk_proto_close(): what MSG_MORE left open is pushed; the context outlives the socket, as TCP still retransmits. */
export function closeSocket(socket: Socket, sink: Sink): void {
  const { state } = socket;
  if (state.openLength > 0) closeRecord(socket, state.openType, sink);
  if (isPending(state)) {
    state.rekey = Rekey.failed;
    sink.effect(Effect["rekey-aborted"], state.epoch, 0);
  }
  sink.stage(Stage["tls.close"]);
}

/** tls_device_record_close(): header and placeholder tag are in, the record gets its end_seq and number and goes to TCP. */
export function closeRecord(socket: Socket, type: number, sink: Sink): void {
  const { state, layout, rules } = socket;
  const { payload, eaten, fragments, length } = closeOpen(state, layout, rules);
  const row = nextRow(socket, length);
  row.type = type;
  row.payloadAt = state.written - payload;
  row.pieceSize = state.openPieceSize;
  row.openedBy = state.openedBy;
  if (eaten > 0) sink.effect(Effect["bytes-lost"], state.tail, eaten);
  if (payload === 0) sink.effect(Effect["empty-record"], state.tail, 0);
  const told = rules.lengthTold(length - headerSize, layout);
  if (told !== length - headerSize && state.software === 0)
    sink.effect(Effect["wrong-length"], state.tail, told);
  if (fragments > fragmentsMax) sink.effect(Effect["fragment-overflow"], fragments, fragmentsMax);
  push(socket, row, sink);
  state.openedBy = -1;
}

/** A record as a capture shows it, or a range whose records it does not show. */
export function pushCaptured(socket: Socket, kind: number, sink: Sink): void {
  const { events, event, state } = socket;
  const row = nextRow(socket, events.length.at(event));
  const extra = unpackRecord(events.extra.at(event));
  if (kind === RecordKind.gap || state.software === 0) row.kind = kind;
  row.type = extra.type;
  row.epoch = extra.epoch;
  row.sn = socket.shared.recordSns.get(event) ?? (extra.startsEpoch ? 0n : row.sn);
  row.snKnown = kind === RecordKind.record && !extra.snUnknown;
  if (extra.unopened) row.payloadAt = -1;
  push(socket, row, sink);
}

/** A row of `length` bytes that continues the log: the next number, starting where the last record ended. */
function nextRow({ records, state, writeSeq, event }: Socket, length: number): RecordRow {
  const last = records.epoch.at(state.tail - 1);
  const epoch = Math.max(last, state.epoch);
  return {
    kind: state.software === 1 ? RecordKind.software : RecordKind.record,
    endSeq: advance(writeSeq, length),
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
function push(socket: Socket, row: RecordRow, sink: Sink): void {
  const { records, state } = socket;
  records.put(state.tail, row);
  if (state.resyncPending === 1 && state.software === 0) {
    collapseFence(socket, sink);
    devResync(socket, state.tail, sink);
  }
  sink.effect(Effect["record-pushed"], state.tail, row.length);
  state.tail++;
  sink.stage(Stage["tls.pushRecord"], state.tail - 1);
}
