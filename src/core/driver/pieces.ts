import { tagSize } from "../base/record.ts";
import { advance, before, distance, type Seq, seq } from "../base/seq.ts";
import { sendFallback, softwareFallback } from "../kernel/fallback.ts";
import { getRecord, isStartMarker } from "../kernel/record-map.ts";
import { emit, encrypted } from "../machine/count.ts";
import type { PiecePlace } from "../machine/rules.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import type { ConnectionState } from "../machine/state.ts";
import { drop, mapBuffer, pass } from "../nic/post.ts";
import { Descriptor, Engine, TcbField } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode, FallbackCode, PieceCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";

const blockSize = 16;

/**
 * Chelsio's transmit function, chcr_ktls_xmit() (kernel.md 5.3): record by record, each looked up by itself, with no
 * state but the numbers in the NIC's TCP control block. What a record's end needs from before is read again from the
 * record map; a piece from its middle needs up to 15 bytes; only a piece of a tag alone needs software.
 */
export function sendPieces(socket: Socket, sink: Sink): boolean {
  const { packet, state, queue } = socket;
  if (!socket.rules.isForNic(socket)) return pass(socket, sink);
  const end = advance(packet.seq, packet.length);
  let at = packet.seq;
  let jumped = false;
  while (before(at, end)) {
    const piece = pieceAt(socket, at, jumped, sink);
    if (piece === null) return drop(socket, DropCode["no-sync-data"], sink);
    jumped = piece.jumped;
    if (!socket.rules.canSend(socket, piece)) return drop(socket, DropCode.unsendable, sink);
    if (piece.form === inTag) return sendTunnel(socket, sink);
    const refusal = postPiece(socket, piece, sink);
    if (refusal >= 0) return drop(socket, refusal, sink);
    at = advance(at, piece.length);
    if (piece.form !== PieceCode.plain) state.expectedSeq = at;
    if (piece.trimmed > 0) break;
  }
  if ((packet.flags & Flag.fin) !== 0) queue.post(Descriptor.options, -1, at, 0, false, Engine.none);
  encrypted(socket, sink);
  sink.stage(Stage["driver.advance"]);
  return at !== packet.seq;
}

/** chcr_ktls_sw_fallback(): only what leaves moves prev_seq and is counted; a fallback that gives nothing counts nowhere. */
function sendTunnel(socket: Socket, sink: Sink): boolean {
  const { packet, state } = socket;
  if (!hasRoom(socket)) return dropTunnel(socket, sink);
  if (!sendFallback(socket, FallbackCode.tag, DropCode["fallback-failed"], sink)) return false;
  state.expectedSeq = advance(packet.seq, packet.length);
  state.fallbacksSent++;
  return true;
}

/** chcr_ktls_tunnel_pkt() looks for room when the fallback has encrypted already. */
function dropTunnel(socket: Socket, sink: Sink): boolean {
  const row = softwareFallback(socket, FallbackCode.tag, sink);
  sink.stage(Stage["tls.fallback"], Math.max(row, -1));
  return drop(socket, row < 0 ? DropCode["fallback-failed"] : DropCode["ring-full"], sink);
}

/** Form of a piece that is a part of a tag alone: it goes to software. */
const inTag = -1;

/** What of a packet lies in one record. */
interface Part extends Pick<PiecePlace, "form"> {
  length: number;
  /** Bytes at the packet's end that are left out, because they lie inside a tag. */
  trimmed: number;
}
type Piece = PiecePlace & Part;

/** Looks up the record of byte `at` and gives the packet's part in it; the first one moves the control block. Null: no record. */
function pieceAt(socket: Socket, at: Seq, jumpedBefore: boolean, sink: Sink): Piece | null {
  const { packet } = socket;
  const row = findRecord(socket, at, sink);
  if (row < 0) return null;
  socket.rules.afterLookup(socket, row, at, sink);
  const jumped = at === packet.seq ? moveTcb(socket, row, sink) : jumpedBefore;
  const left = packet.length - distance(packet.seq, at);
  return { row, at, jumped, ...partIn(socket, row, at, left) };
}

/** The record of byte `at`, −1 if there is none; an older kernel's answer for what is acknowledged is none either. */
function findRecord(socket: Socket, at: Seq, sink: Sink): number {
  const row = getRecord(socket, at);
  const isStale = row >= 0 && !isStartMarker(socket, row) && before(at, socket.records.start(row));
  if (row < 0) sink.effect(Effect["lookup-failed"], at, 0);
  if (isStale) sink.effect(Effect["stale-record"], at, row);
  sink.stage(Stage["tls.getRecord"], row);
  return isStale ? -1 : row;
}

/** What of `left` bytes from `at` on lies in record `row`, and in which form it is posted. */
function partIn(socket: Socket, row: number, at: Seq, left: number): Part {
  const { records, layout } = socket;
  const toEnd = distance(at, records.end(row));
  if (isStartMarker(socket, row)) return { form: PieceCode.plain, length: Math.min(toEnd, left), trimmed: 0 };
  const offset = distance(records.start(row), at);
  if (toEnd <= left)
    return { form: offset === 0 ? PieceCode.complete : PieceCode.end, length: toEnd, trimmed: 0 };
  const rest = toEnd - left;
  if (rest < tagSize && toEnd <= tagSize) return { form: inTag, length: left, trimmed: 0 };
  const trimmed = rest < tagSize ? tagSize - rest : 0;
  const length = left - trimmed;
  if (offset + length <= layout.prepend) return { form: PieceCode.header, length, trimmed };
  return { form: offset === 0 ? PieceCode.start : PieceCode.middle, length, trimmed };
}

/**
 * chcr_ktls_xmit_tcb_cpls() before a packet's first piece: where the TCP engine stands. True if it stood elsewhere: prev_seq
 * is compared with TX_MAX, which for a byte in the tag is where the tag begins, as it can only come with the record's end.
 */
function moveTcb(socket: Socket, row: number, sink: Sink): boolean {
  const { records, queue, state, packet } = socket;
  const tagAt = advance(records.end(row), -tagSize);
  const isInTag = !isStartMarker(socket, row) && before(tagAt, packet.seq);
  const txMax = isInTag ? tagAt : packet.seq;
  const jumped = txMax !== state.expectedSeq;
  if (jumped) {
    sink.effect(Effect["out-of-order"], state.expectedSeq, txMax);
    state.outOfOrder++;
  }
  sink.stage(Stage["driver.check"]);
  if (jumped || isFirst(state)) queue.post(Descriptor.tcb, -1, txMax, 0, false, TcbField.txMax);
  if (jumped || packet.seq !== records.start(row))
    queue.post(Descriptor.tcb, -1, seq(0), 0, false, TcbField.sndUna);
  state.paramsPosted = 1;
  return jumped;
}

/** first_wr: nothing of the connection was written to the control block yet. */
const isFirst = (state: ConnectionState): boolean => state.paramsPosted === 0;

/**
 * One work request: what is read again from the record map, then the packet's own bytes, both under one record's number
 * (chcr_end_part_handler() for a whole record or its end, chcr_short_record_handler() for what lacks the tag,
 * chcr_ktls_tx_plaintxt() for what lies before the start marker). Gives why it cannot be posted, as one of DropCode; −1 if it is.
 */
function postPiece(socket: Socket, { row, at, form, length, trimmed, jumped }: Piece, sink: Sink): number {
  const { queue, rules, state, packet } = socket;
  // A record that is sent again takes a packet of its own, and counts once there is one.
  if (form === PieceCode.end && (packet.flags & Flag.noMemory) !== 0) return DropCode["no-memory"];
  const named = rules.pieceRow(row, jumped && form === PieceCode.end);
  const prior = priorSize(socket, row, at, form);
  // The driver counts what it is about to post, trims first.
  if (trimmed > 0) {
    sink.effect(Effect.trimmed, advance(at, length), trimmed);
    state.piecesTrimmed++;
  }
  emit(socket, sink, Effect.piece, form, length);
  if (!hasRoom(socket)) return DropCode["ring-full"];
  if (!mapBuffer(socket, sink)) return DropCode["dma-error"];
  if (prior > 0) queue.post(Descriptor.prior, named, advance(at, -prior), prior, false, Engine.none);
  const clear = form === PieceCode.plain || form === PieceCode.header;
  const engine = clear ? Engine.none : rules.engineOf(Engine.piece);
  queue.post(Descriptor.packet, named, at, length, false, engine);
  state.resyncBytes += prior;
  sink.stage(Stage["driver.piece"], row);
  return -1;
}

/** chcr_txq_avail(): a ring that has room for the packet alone has none left once the control block was written for it. */
function hasRoom({ packet, queue }: Socket): boolean {
  const isWritten = queue.taken < queue.count && queue.kind(queue.taken) === Descriptor.tcb;
  return !isWritten || (packet.flags & Flag.ringFull) === 0;
}

/** Bytes of the record ahead of a piece that are posted with it. */
function priorSize({ records, layout: { prepend } }: Socket, row: number, at: Seq, form: number): number {
  const offset = distance(records.start(row), at);
  if (form === PieceCode.end) return offset;
  if (form !== PieceCode.middle) return 0;
  return offset < prepend ? offset : (offset - prepend) % blockSize;
}
