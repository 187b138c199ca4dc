import { layoutOf, tagSize } from "../base/record.ts";
import { advance, before, distance, type Seq, seq, toU32 } from "../base/seq.ts";
import { sendFallback } from "../kernel/fallback.ts";
import { isMarked } from "../kernel/skb.ts";
import { cleanAcked, getRecord } from "../kernel/tls.ts";
import { emit, encrypted } from "../machine/count.ts";
import type { Machine, Sink } from "../machine/machine.ts";
import type { Packet } from "../machine/packet.ts";
import type { Profile } from "../machine/profile.ts";
import { RecordKind } from "../machine/record-log.ts";
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
export function sendPieces(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  profile: Profile,
  sink: Sink,
): boolean {
  const { connection } = packet;
  const jumped = packet.seq !== state.expectedSeq;
  if (jumped) {
    sink.effect(Effect["out-of-order"], state.expectedSeq, packet.seq);
    state.outOfOrderBytes += packet.length;
  }
  sink.stage(Stage["driver.check"], -1);
  if (profile.faults.trustsMark && !isMarked(machine, connection, state, packet.seq))
    return pass(machine, state, packet, sink);
  let at = packet.seq;
  let left = packet.length;
  let sent = 0;
  while (left > 0) {
    const row = findRecord(machine, connection, state, at, sink);
    if (row < 0) return drop(machine, state, DropCode["no-sync-data"], packet, sink);
    if (profile.faults.unlockedRecords && state.ackWaits === 1) loseRecord(machine, state, row, at, sink);
    const piece = pieceAt(machine, connection, row, at, left);
    if (at === packet.seq) moveTcb(machine, state, row, at, jumped);
    if (!canSend(machine, state, packet, row, at, piece, jumped, profile))
      return drop(machine, state, DropCode.unsendable, packet, sink);
    if (piece.form === inTag)
      return sendFallback(machine, state, packet, FallbackCode.tag, DropCode["no-sync-data"], sink);
    const named = piece.form === PieceCode.end && jumped && profile.faults.endWithOldNumber ? row - 1 : row;
    if (!postPiece(machine, state, packet, row, named, at, piece, profile, sink))
      return drop(machine, state, DropCode["dma-error"], packet, sink);
    at = advance(at, piece.length);
    left -= piece.length;
    sent += piece.length;
    if (piece.trimmed > 0) {
      sink.effect(Effect.trimmed, at, piece.trimmed);
      state.piecesTrimmed++;
      left = 0;
    }
    if (piece.form !== PieceCode.plain) state.expectedSeq = at;
  }
  if ((packet.flags & Flag.fin) !== 0) machine.queue.post(Descriptor.options, -1, at, 0, false, Engine.none);
  encrypted(machine, state, packet, sink);
  sink.stage(Stage["driver.advance"], -1);
  return sent > 0;
}

/** Without the record map's lock an acknowledgement releases the record that the driver is about to read. */
function loseRecord(machine: Machine, state: ConnectionState, row: number, at: Seq, sink: Sink): void {
  cleanAcked(machine, machine.packet.connection, state, seq(state.sndUna), sink);
  if (row < state.head) sink.effect(Effect["use-after-release"], at, row);
}

/** The record of byte `at`, −1 if there is none; an older kernel's answer for what is acknowledged is none either. */
function findRecord(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  at: Seq,
  sink: Sink,
): number {
  const log = machine.records[connection]!;
  const row = getRecord(machine, connection, state, at);
  const isRecord = row >= 0 && log.kind.at(row) !== RecordKind.startMarker;
  const isStale = isRecord && before(at, log.start(row));
  if (row < 0) sink.effect(Effect["lookup-failed"], at, 0);
  if (isStale) sink.effect(Effect["stale-record"], at, row);
  sink.stage(Stage["tls.getRecord"], row);
  return isStale ? -1 : row;
}

/** Form of a piece that is a part of a tag alone: it goes to software. */
const inTag = -1;

/** The part of a packet that lies in one record. */
interface Piece {
  /** One of PieceCode, or `inTag`. */
  form: number;
  length: number;
  /** Bytes at the packet's end that are left out, because they lie inside a tag. */
  trimmed: number;
}

function pieceAt(machine: Machine, connection: number, row: number, at: Seq, left: number): Piece {
  const log = machine.records[connection]!;
  const { version, cipher } = machine.connections[connection]!;
  const toEnd = distance(at, log.end(row));
  if (log.kind.at(row) === RecordKind.startMarker)
    return { form: PieceCode.plain, length: Math.min(toEnd, left), trimmed: 0 };
  const offset = distance(log.start(row), at);
  if (toEnd <= left)
    return { form: offset === 0 ? PieceCode.complete : PieceCode.end, length: toEnd, trimmed: 0 };
  const { prepend } = layoutOf(version, cipher ?? "aes-128-gcm");
  const rest = toEnd - left;
  if (rest < tagSize && toEnd <= tagSize) return { form: inTag, length: left, trimmed: 0 };
  const trimmed = rest < tagSize ? tagSize - rest : 0;
  const length = left - trimmed;
  if (offset + length <= prepend) return { form: PieceCode.header, length, trimmed };
  return { form: offset === 0 ? PieceCode.start : PieceCode.middle, length, trimmed };
}

/** Before a packet's first piece: where the TCP engine stands, and only then a jump is counted. A byte in the tag can only come with the record's end. */
function moveTcb(machine: Machine, state: ConnectionState, row: number, at: Seq, jumped: boolean): void {
  const log = machine.records[machine.packet.connection]!;
  const { queue } = machine;
  if (jumped) state.outOfOrder++;
  const isRecord = log.kind.at(row) !== RecordKind.startMarker;
  const tagAt = advance(log.end(row), -tagSize);
  const limit = isRecord && distance(at, log.end(row)) < tagSize ? tagAt : at;
  if (jumped || isFirst(state)) queue.post(Descriptor.tcb, -1, limit, 0, false, TcbField.txMax);
  if (jumped || at !== log.start(row)) queue.post(Descriptor.tcb, -1, seq(0), 0, false, TcbField.sndUna);
}

/** True until the driver has posted a packet of the connection. */
const isFirst = (state: ConnectionState): boolean => state.encryptedPackets === 0;

/** False for what a broken driver or TCP engine never gets out. */
function canSend(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  row: number,
  at: Seq,
  { form }: Piece,
  jumped: boolean,
  { faults }: Profile,
): boolean {
  if (faults.tagOnlyStuck && form === inTag) return false;
  if (faults.headerOnlyStuck && form === PieceCode.header && at === packet.seq) return false;
  if (faults.signedTxMax && (jumped || isFirst(state)) && toU32(at) >= 2 ** 31) return false;
  const log = machine.records[packet.connection]!;
  const inside = !jumped && state.sent === 1 && at === packet.seq && at !== log.start(row);
  return !(faults.movesSndUna && inside);
}

/**
 * One work request: what is read again from the record map, then the packet's own bytes, both with the number of the
 * record `named`.
 */
function postPiece(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  row: number,
  named: number,
  at: Seq,
  { form, length }: Piece,
  profile: Profile,
  sink: Sink,
): boolean {
  const log = machine.records[packet.connection]!;
  const { version, cipher } = machine.connections[packet.connection]!;
  const { prepend } = layoutOf(version, cipher ?? "aes-128-gcm");
  const offset = distance(log.start(row), at);
  let prior = 0;
  if (form === PieceCode.end) prior = offset;
  if (form === PieceCode.middle) prior = offset < prepend ? offset : (offset - prepend) % blockSize;
  if (packet.dmaErrorAt !== 0 && !mapBuffer(machine, packet, sink)) return false;
  if (prior > 0) machine.queue.post(Descriptor.prior, named, advance(at, -prior), prior, false, Engine.none);
  const clear = form === PieceCode.plain || form === PieceCode.header || profile.faults.packetNotMarked;
  machine.queue.post(Descriptor.packet, named, at, length, false, clear ? Engine.none : Engine.piece);
  state.resyncBytes += prior;
  emit(machine, packet.connection, state, sink, Effect.piece, form, length);
  sink.stage(Stage["driver.piece"], row);
  return true;
}
