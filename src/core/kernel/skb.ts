import { advance, after, before, type Seq, seq } from "../base/seq.ts";
import { Change } from "../machine/change-log.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { type ConnectionState, Hook } from "../machine/state.ts";
import { Effect } from "../words/effect.ts";
import { DropCode, FallbackCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";

/** Where validate_xmit_skb() sends a packet; it goes nowhere if this is one of DropCode. */
export const Way = {
  driver: -1,
  /** Down as it is: no hook, or nothing to encrypt. */
  plain: -2,
  fallback: -3,
} as const;

/** Why the last packet goes to the software fallback (tls_validate_xmit_skb). */
export const fallbackCodeOf = (state: ConnectionState): number =>
  state.netdev < 0 ? FallbackCode["device-down"] : FallbackCode["other-device"];

/** Flags of a packet to which something happened between TCP and the device. */
const unusual = Flag.orphan | Flag.orphanPartial;

/**
 * validate_xmit_skb() and the socket's hook, between qdisc and driver, before segmentation
 * (tls_validate_xmit_skb, tls_validate_xmit_skb_sw, skb_orphan, skb_orphan_partial).
 */
export function validate(socket: Socket, sink: Sink): number {
  const { state, packet } = socket;
  const usual = state.hook === Hook.device && state.route === state.netdev;
  if (usual && (packet.flags & unusual) === 0 && !isFloored(socket)) return Way.driver;
  const way = wayOf(socket, sink);
  if (way !== Way.plain || state.hook !== Hook.none) sink.stage(Stage["skb.validate"]);
  return way;
}

function wayOf(socket: Socket, sink: Sink): number {
  const { kernel, packet, state } = socket;
  const given = kernel.marksSegments && (packet.flags & Flag.marked) !== 0;
  const marked = given || isMarked(socket, packet.seq);
  if ((packet.flags & Flag.orphanPartial) !== 0) {
    // A partial orphan keeps its socket: what it loses is only that the socket stays on its transmit queue.
    sink.effect(marked ? Effect["orphan-refused"] : Effect.orphaned, packet.seq, packet.length);
  }
  const orphaned = (packet.flags & Flag.orphan) !== 0;
  if (orphaned) sink.effect(Effect.orphaned, packet.seq, packet.length);
  if (orphaned || state.hook === Hook.none) return marked ? DropCode["no-socket"] : Way.plain;
  if (isFloored(socket)) return DropCode.acknowledged;
  if (state.hook === Hook.rekey) return wayInRekey(socket, marked);
  return state.hook === Hook.software ? Way.fallback : wayByRoute(socket);
}

/**
 * TLS_TX_REKEY_FLOOR: once a rekey was done the hook of the device drops what is acknowledged to its last byte, for its
 * record may have gone with the old key.
 */
function isFloored({ packet, state }: Socket): boolean {
  if (state.markerRow === 0 || state.hook !== Hook.device || state.acked === 0) return false;
  return !after(advance(packet.seq, packet.length), seq(state.sndUna));
}

/**
 * tls_validate_xmit_skb_rekey(): what TCP got as ciphertext, from the boundary on, and what carries no mark passes. The
 * rest goes to the NIC as long as it has the old key, then to the fallback.
 */
function wayInRekey(socket: Socket, marked: boolean): number {
  const { packet, state } = socket;
  if (!marked || !before(packet.seq, seq(state.boundary))) return Way.plain;
  const isClosed = state.contexts === state.contextsDeleted && state.nicDead === 0;
  return isClosed ? Way.fallback : wayByRoute(socket);
}

/** The context's device, another one, or a bond. */
function wayByRoute(socket: Socket): number {
  const { state, device, shared, rules } = socket;
  if (state.route === state.netdev) return Way.driver;
  const { slaves } = shared.devices[state.route]!;
  const onBond = slaves.length > 0 || device.slaves.includes(state.route);
  return onBond ? rules.wayOnBond(socket, slaves) : Way.fallback;
}

/** A bond steers packets to the slave that owns the context. */
export const wayOnBond = ({ state }: Socket, slaves: readonly number[]): number =>
  slaves.includes(state.netdev) ? Way.driver : DropCode["inactive-slave"];

/** skb->decrypted of the segment that holds byte `s`: what was last said of it, else whether its record is plaintext. */
export function isMarked(socket: Socket, s: Seq): boolean {
  const { state } = socket;
  if (!socket.kernel.marksSegments) return false;
  const said = state.changes === 0 ? null : socket.changes.markAt(s, state.changes);
  return said === null ? isPlaintext(socket, s) : said === 1;
}

/** True if byte `s` lies in the clear in its segment, for the NIC or the fallback to encrypt. */
function isPlaintext({ records, connection, state }: Socket, s: Seq): boolean {
  if (s < connection.startSeq) return false;
  const row = records.rowOf(s, state.tail);
  return row > 0 && !records.isReady(row);
}

/** tcp_collapse_retrans(), tcp_shift_skb_data(), tcp_mtu_probe(): one segment of several, unless a fence lies between them. */
export function merge(socket: Socket, sink: Sink): void {
  const { events, event, state, changes } = socket;
  const from = seq(events.seq.at(event));
  const length = events.length.at(event);
  const end = advance(from, length);
  const mixed = mixedAt(socket, from, end);
  const refused = socket.kernel.fencesRetransmitQueue ? mixed : null;
  const fenceSeq = changes.fenceWithin(from, end, state.changes) ?? refused;
  if (fenceSeq !== null) {
    sink.effect(Effect["merge-refused"], fenceSeq, length);
  } else {
    const mark = isMarked(socket, from);
    sink.effect(Effect.merged, from, length);
    if (mixed !== null) sink.effect(Effect["mixed-segment"], from, length);
    changes.put(state.changes++, { kind: Change.mark, from, length, value: mark ? 1 : 0 });
  }
  sink.stage(Stage["tcp.merge"]);
}

/** Where in the range bytes to be encrypted meet others, a marker or a rekey's boundary; null if nowhere. */
function mixedAt(socket: Socket, from: Seq, end: Seq): Seq | null {
  const { records, state } = socket;
  const { startSeq } = socket.connection;
  if (from < startSeq && end > startSeq) return startSeq;
  const rows = records.rowsIn(from, end, state.tail);
  const row = rows.find((one) => records.isReady(one) !== records.isReady(rows[0]!));
  return row === undefined ? null : records.start(row);
}

/** tcp_fragment(), tso_fragment(): both halves keep the mark, the later one keeps `eor`. */
export function split({ events, event }: Socket, sink: Sink): void {
  sink.effect(Effect.split, events.seq.at(event), 0);
  sink.stage(Stage["tcp.split"]);
}
