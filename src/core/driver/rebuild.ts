import { layoutOf } from "../base/record.ts";
import { advance, after, before, distance, type Seq, toU32 } from "../base/seq.ts";
import { isMarked } from "../kernel/skb.ts";
import { getRecord } from "../kernel/tls.ts";
import { emit, encrypted } from "../machine/count.ts";
import { kernelOf, type Machine, type Sink } from "../machine/machine.ts";
import type { Packet } from "../machine/packet.ts";
import type { Profile } from "../machine/profile.ts";
import { RecordKind, type RecordLog } from "../machine/record-log.ts";
import type { ConnectionState } from "../machine/state.ts";
import { drop, mapBuffer, pass, postPacket } from "../nic/post.ts";
import { Descriptor, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";

/**
 * A packet out of order on a family that rebuilds the NIC's state on the packet's own queue and goes on from there:
 * mlx5e_ktls_tx_handle_ooo(), mlx5e_tls_handle_ooo() of v4.19, mlx5_en_hw_tls.c of FreeBSD (kernel.md 5.1, 5.2, 5.7).
 */
export function rebuild(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  profile: Profile,
  sink: Sink,
): boolean {
  const log = machine.records[packet.connection]!;
  const row = recordOf(machine, state, packet, profile);
  if (row < 0) sink.effect(Effect["lookup-failed"], packet.seq, 0);
  sink.stage(Stage["tls.getRecord"], row);
  if (row < 0) return drop(machine, state, DropCode["no-sync-data"], packet, sink);
  if (log.kind.at(row) === RecordKind.startMarker)
    return beforeMarker(machine, state, packet, row, profile, sink);
  if (before(packet.seq, log.start(row))) {
    sink.effect(Effect["stale-record"], packet.seq, row);
    if (!profile.faults.trustsStaleRecord)
      return drop(machine, state, DropCode["no-sync-data"], packet, sink);
  } else if (profile.faults.comparesUnwrapped && endsBefore(packet, log.start(row), profile)) {
    return drop(machine, state, DropCode["no-sync-data"], packet, sink);
  }
  const named = profile.faults.resyncsLastRecord ? lastRecordOf(machine, state, packet) : row;
  return resyncAndSend(machine, state, packet, named, profile, sink);
}

/** The record of the packet's last byte. */
const lastRecordOf = (
  machine: Machine,
  state: ConnectionState,
  { connection, seq: from, length }: Packet,
): number => machine.records[connection]!.rowOf(advance(from, length - 1), state.tail);

/** The record map's answer, or the packet's own record where each carries one; what leaves as it is has the marker. */
function recordOf(machine: Machine, state: ConnectionState, packet: Packet, profile: Profile): number {
  if (profile.recordsFrom === "map") return getRecord(machine, packet.connection, state, packet.seq);
  const log = machine.records[packet.connection]!;
  const row = log.rowOf(packet.seq, state.tail);
  const asItIs = row < 0 ? before(packet.seq, log.start(0)) : log.kind.at(row) === RecordKind.software;
  return asItIs ? state.markerRow : row;
}

function resyncAndSend(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  row: number,
  profile: Profile,
  sink: Sink,
): boolean {
  const { resyncBehindPacket, expectedStuckAfterResync } = profile.faults;
  const expected = state.expectedSeq;
  if (resyncBehindPacket) {
    advanceAndPost(machine, state, packet, profile, sink);
    return postResync(machine, state, packet, row, profile, sink);
  }
  if (profile.prefixVia === "sync-packet" && (packet.flags & Flag.noMemory) !== 0)
    return drop(machine, state, DropCode["no-memory"], packet, sink);
  if (!postResync(machine, state, packet, row, profile, sink))
    return drop(machine, state, DropCode["no-sync-data"], packet, sink);
  const posted = advanceAndPost(machine, state, packet, profile, sink);
  if (expectedStuckAfterResync) state.expectedSeq = expected;
  return posted;
}

/** A packet that ends at or before the start marker goes out as it is; one across the marker cannot be sent. */
function beforeMarker(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  row: number,
  profile: Profile,
  sink: Sink,
): boolean {
  const { faults } = profile;
  const marker = machine.records[packet.connection]!.start(row);
  if (faults.resyncsBeforeMarker) return resyncAndSend(machine, state, packet, row, profile, sink);
  if (!endsBefore(packet, marker, profile)) {
    sink.effect(Effect["mixed-segment"], packet.seq, packet.length);
    return drop(machine, state, DropCode[profile.straddleDrop], packet, sink);
  }
  const checks = kernelOf(machine, packet.connection).checksSkippedMark && !faults.skipsMarked;
  const marked =
    (packet.flags & Flag.marked) !== 0 || isMarked(machine, packet.connection, state, packet.seq);
  if (profile.checksSkippedMark && checks && marked)
    return drop(machine, state, DropCode.marked, packet, sink);
  return pass(machine, state, packet, sink);
}

/** True if the packet's last byte lies before `start`, a record's or the marker's. */
function endsBefore({ seq: from, length }: Packet, start: Seq, { faults }: Profile): boolean {
  if (faults.comparesUnwrapped) return toU32(advance(from, length)) <= toU32(start);
  if (faults.endsBeforeOffByOne) return length < distance(from, start);
  return length <= distance(from, start);
}

/** Posts the work that rebuilds the NIC's state: the record's number and its bytes before the packet; false on a DMA error. */
function postResync(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  row: number,
  profile: Profile,
  sink: Sink,
): boolean {
  const log = machine.records[packet.connection]!;
  const { faults } = profile;
  const start = log.start(row);
  const replayable = log.kind.at(row) === RecordKind.gap ? 0 : Math.max(0, distance(start, packet.seq));
  const named = row + (faults.recordSnOff ?? 0);
  const whole = Math.max(0, distance(start, packet.seq));
  const prefix = faults.noPrefix ? 0 : Math.max(0, whole - (faults.prefixShortBy ?? 0));
  let skipped = 0;
  if (profile.prefixVia === "sync-packet") {
    machine.queue.post(Descriptor.syncPacket, named, start, prefix, false, Engine.none);
    state.postedRow = row;
    state.resyncBytes += profile.syncHeaderSize + 8 + prefix;
  } else {
    skipped = profile.continuesPrefix ? standsAt(state, log, row, packet.seq) : 0;
    if (skipped === 0) postParams(machine, state, row, named, profile, sink);
    if (!postDumps(machine, packet, row, skipped, prefix, profile, sink)) return false;
  }
  emit(machine, packet.connection, state, sink, Effect.resync, row, Math.max(0, replayable - skipped));
  state.outOfOrderBytes += packet.length;
  state.resyncs++;
  sink.stage(Stage["driver.resync"], row);
  return true;
}

/** Bytes of the record that the NIC has taken already when the driver expects a byte inside it before `wanted`; else 0. */
function standsAt(state: ConnectionState, log: RecordLog, row: number, wanted: Seq): number {
  const expected = state.expectedSeq as Seq;
  const inside = after(expected, log.start(row)) && before(expected, wanted);
  return inside ? distance(log.start(row), expected) : 0;
}

/** DUMPs of the record's bytes [from, to): a fragment at a time, none longer than the device's MTU. */
function postDumps(
  machine: Machine,
  packet: Packet,
  row: number,
  from: number,
  to: number,
  profile: Profile,
  sink: Sink,
): boolean {
  const { mtu } = machine.devices[machine.connections[packet.connection]!.device]!;
  const log = machine.records[packet.connection]!;
  const start = log.start(row);
  const pieceSize = log.pieceSize.at(row);
  const prepend = pieceSize === 0 ? 0 : prependOf(machine, packet.connection);
  for (let done = from; done < to; ) {
    const fragmentEnd = pieceSize === 0 ? to : endOfFragment(done, prepend, pieceSize);
    const left = Math.min(to, fragmentEnd) - done;
    const size = profile.faults.dumpWhole ? left : Math.min(left, mtu);
    if (packet.dmaErrorAt !== 0 && !mapBuffer(machine, packet, sink)) return false;
    machine.queue.post(Descriptor.dump, -1, advance(start, done), size, false, Engine.none);
    done += size;
  }
  return true;
}

function prependOf(machine: Machine, connection: number): number {
  const { version, cipher } = machine.connections[connection]!;
  return layoutOf(version, cipher ?? "aes-128-gcm").prepend;
}

/** A record of zero-copy pieces is its header, then a fragment a piece. */
const endOfFragment = (at: number, prepend: number, pieceSize: number): number =>
  at < prepend ? prepend : prepend + (Math.floor((at - prepend) / pieceSize) + 1) * pieceSize;

/** Static params only when the record's number is not the one posted last (mlx5 "redundant static params"); then progress, then a fence. */
function postParams(
  machine: Machine,
  state: ConnectionState,
  row: number,
  named: number,
  { faults }: Profile,
  sink: Sink,
): void {
  const { queue } = machine;
  const changed = row !== state.postedRow || faults.alwaysStatic === true;
  if (changed || named !== row) {
    state.postedRow = row;
    queue.post(Descriptor.staticParams, named, 0 as Seq, 0, true, Engine.none);
    sink.effect(Effect["static-params"], named, 0);
  }
  queue.post(Descriptor.progressParams, -1, 0 as Seq, 0, !changed, Engine.none);
  if (!faults.noFence) queue.post(Descriptor.nop, -1, 0 as Seq, 0, true, Engine.none);
}

/** The expected number is the packet's end before the packet is mapped: a DMA error now leaves it there. */
function advanceAndPost(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  profile: Profile,
  sink: Sink,
): boolean {
  state.expectedSeq = advance(packet.seq, packet.length);
  const engine = profile.faults.packetNotMarked ? Engine.none : Engine.stream;
  if (!postPacket(machine, packet, engine, -1, sink))
    return drop(machine, state, DropCode["dma-error"], packet, sink);
  encrypted(machine, state, packet, sink);
  sink.stage(Stage["driver.advance"], -1);
  return true;
}
