import { advance, after, before, type Seq, seq } from "../base/seq.ts";
import { Change } from "../machine/change-log.ts";
import { changesOf, kernelOf, type Machine, profileOf, type Sink } from "../machine/machine.ts";
import type { Packet } from "../machine/packet.ts";
import { RecordKind } from "../machine/record-log.ts";
import { type ConnectionState, Hook, Rekey } from "../machine/state.ts";
import { Effect } from "../words/effect.ts";
import { FallbackCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";

/** Where validate_xmit_skb() sends a packet. */
export const Way = {
  driver: 0,
  /** Down as it is: no hook, or nothing to encrypt. */
  plain: 1,
  fallback: 2,
  dropNoSocket: 3,
  dropInactiveSlave: 4,
  dropWrongDevice: 5,
} as const;

/** Why the last packet goes to the software fallback (tls_validate_xmit_skb). */
export const fallbackCodeOf = (state: ConnectionState): number =>
  state.hook === Hook.software ? FallbackCode["device-down"] : FallbackCode["other-device"];

/** Flags of a packet to which something happened between TCP and the device. */
const unusual = Flag.orphan | Flag.orphanPartial;

/**
 * validate_xmit_skb() and the socket's hook, between qdisc and driver, before segmentation
 * (tls_validate_xmit_skb, tls_validate_xmit_skb_sw, skb_orphan, skb_orphan_partial).
 */
export function validate(machine: Machine, state: ConnectionState, packet: Packet, sink: Sink): number {
  const usual = state.hook === Hook.device && state.route === state.netdev;
  if (usual && (packet.flags & unusual) === 0) return Way.driver;
  const way = judge(machine, state, packet, sink);
  if (way !== Way.plain || state.hook !== Hook.none) sink.stage(Stage["skb.validate"], -1);
  return way;
}

function judge(machine: Machine, state: ConnectionState, packet: Packet, sink: Sink): number {
  const { connection } = packet;
  const { marksSegments } = kernelOf(machine, connection);
  const given = marksSegments && (packet.flags & Flag.marked) !== 0;
  const marked = given || isMarked(machine, connection, state, packet.seq);
  if ((packet.flags & Flag.orphanPartial) !== 0) {
    // A partial orphan keeps its socket: what it loses is only that the socket stays on its transmit queue.
    sink.effect(marked ? Effect["orphan-refused"] : Effect.orphaned, packet.seq, packet.length);
  }
  const orphaned = (packet.flags & Flag.orphan) !== 0;
  if (orphaned) sink.effect(Effect.orphaned, packet.seq, packet.length);
  if (orphaned || state.hook === Hook.none) return marked ? Way.dropNoSocket : Way.plain;
  const ready = state.rekey !== Rekey.none && !before(packet.seq, seq(state.boundary));
  if (ready) return Way.plain;
  return state.hook === Hook.software ? Way.fallback : byRoute(machine, connection, state);
}

/** The context's device, another one, or a bond, which steers packets to the slave that owns the context. */
function byRoute(machine: Machine, connection: number, state: ConnectionState): number {
  if (state.route === state.netdev) return Way.driver;
  const { device } = machine.connections[connection]!;
  const { slaves } = machine.devices[state.route]!;
  const onBond = slaves.length > 0 || machine.devices[device]!.slaves.includes(state.route);
  if (!onBond) return Way.fallback;
  if (profileOf(machine, connection).faults.wrongSlave)
    return kernelOf(machine, connection).dropsForeignContexts ? Way.dropWrongDevice : Way.plain;
  return slaves.includes(state.netdev) ? Way.driver : Way.dropInactiveSlave;
}

/** skb->decrypted of the segment that holds byte `s`: what was last said of it, else whether its record is plaintext. */
export function isMarked(machine: Machine, connection: number, state: ConnectionState, s: Seq): boolean {
  if (!kernelOf(machine, connection).marksSegments) return false;
  const said = machine.changes[connection]?.markAt(s, state.changes) ?? null;
  return said === null ? isPlaintext(machine, connection, state, s) : said === 1;
}

/** True if byte `s` lies in the clear in its segment, for the NIC or the fallback to encrypt. */
function isPlaintext(machine: Machine, connection: number, state: ConnectionState, s: Seq): boolean {
  const log = machine.records[connection]!;
  if (before(s, seq(machine.connections[connection]!.startSeq))) return false;
  const row = log.rowOf(s, state.tail);
  return row > 0 && log.kind.at(row) !== RecordKind.software;
}

/** tcp_collapse_retrans(), tcp_shift_skb_data(): one segment of several, unless a fence lies between them. */
export function merge(machine: Machine, event: number, state: ConnectionState, sink: Sink): void {
  const { events } = machine;
  const connection = events.connection.at(event);
  const from = seq(events.seq.at(event));
  const length = events.length.at(event);
  const end = advance(from, length);
  const log = changesOf(machine, connection);
  const fenceSeq = log.fenceWithin(from, end, state.changes);
  if (fenceSeq !== null) {
    sink.effect(Effect["merge-refused"], fenceSeq, length);
  } else {
    const mark = isMarked(machine, connection, state, from);
    sink.effect(Effect.merged, from, length);
    if (mixes(machine, connection, state, from, end)) sink.effect(Effect["mixed-segment"], from, length);
    log.put(state.changes++, { kind: Change.mark, from, length, value: mark ? 1 : 0 });
  }
  sink.stage(Stage["tcp.merge"], -1);
}

/** True if the range has bytes to be encrypted and bytes that are not: it crosses a marker or a rekey's boundary. */
function mixes(machine: Machine, connection: number, state: ConnectionState, from: Seq, end: Seq): boolean {
  const first = isPlaintext(machine, connection, state, from);
  const log = machine.records[connection]!;
  const { startSeq } = machine.connections[connection]!;
  if (before(from, startSeq) && after(end, startSeq)) return true;
  for (let row = log.rowOf(from, state.tail); row >= 0 && row < state.tail; row++) {
    if (!before(log.start(row), end)) return false;
    if (log.length.at(row) > 0 && (log.kind.at(row) !== RecordKind.software) !== first) return true;
  }
  return false;
}

/** tcp_fragment(): both halves keep the mark, the later one keeps `eor`. */
export function split(machine: Machine, event: number, sink: Sink): void {
  sink.effect(Effect.split, machine.events.seq.at(event), 0);
  sink.stage(Stage["tcp.split"], -1);
}
