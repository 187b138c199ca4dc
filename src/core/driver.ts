import { emit } from "./count.ts";
import { Descriptor } from "./descriptor.ts";
import { DropReason, Effect } from "./effect.ts";
import type { Machine, Sink } from "./machine.ts";
import type { Packet } from "./packet.ts";
import type { Profile } from "./profile.ts";
import { RecordKind } from "./records.ts";
import { advance, before, distance, type Seq } from "./seq.ts";
import { Stage } from "./stage.ts";
import type { ConnectionState } from "./state.ts";
import { getRecord } from "./tls.ts";

/**
 * The driver's transmit function for an offloaded socket (mlx5e_ktls_handle_tx_skb; mlx5e_tls_handle_tx_skb of
 * v4.19). Gives true if the packet was posted to the queue, false if it was dropped.
 */
export function xmit(machine: Machine, state: ConnectionState, packet: Packet, sink: Sink): boolean {
  const { profile } = machine.devices[machine.connections[packet.connection]!.device]!;
  if (state.paramsPosted === 0) postFirstParams(machine, state);
  if (packet.seq === state.expectedSeq) {
    sink.stage(Stage["driver.check"], -1);
    return advanceAndPost(machine, state, packet, profile, sink);
  }
  emit(machine, packet.connection, state, sink, Effect["out-of-order"], state.expectedSeq, packet.seq);
  sink.stage(Stage["driver.check"], -1);
  return outOfOrder(machine, state, packet, profile, sink);
}

function outOfOrder(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  profile: Profile,
  sink: Sink,
): boolean {
  const log = machine.records[packet.connection]!;
  const row = getRecord(machine, packet.connection, state, packet.seq);
  if (row < 0) sink.effect(Effect["lookup-failed"], packet.seq, 0);
  sink.stage(Stage["tls.getRecord"], row);
  if (row < 0) return drop(machine, state, DropReason.noSyncData, packet, sink);
  if (log.kind.at(row) === RecordKind.startMarker)
    return beforeMarker(machine, state, packet, log.start(row), profile, sink);
  if (before(packet.seq, log.start(row))) return drop(machine, state, DropReason.noSyncData, packet, sink);
  const { resyncBehindPacket, expectedStuckAfterResync } = profile.faults;
  if (resyncBehindPacket) {
    advanceAndPost(machine, state, packet, profile, sink);
    postResync(machine, state, packet, row, profile, sink);
    return true;
  }
  postResync(machine, state, packet, row, profile, sink);
  const expected = state.expectedSeq;
  advanceAndPost(machine, state, packet, profile, sink);
  if (expectedStuckAfterResync) state.expectedSeq = expected;
  return true;
}

/** A packet that ends at or before the start marker goes out as it is; one across the marker cannot be sent. */
function beforeMarker(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  marker: Seq,
  profile: Profile,
  sink: Sink,
): boolean {
  if (packet.length > distance(packet.seq, marker)) {
    const reason =
      profile.straddleDrop === "bypass-required" ? DropReason.bypassRequired : DropReason.noSyncData;
    return drop(machine, state, reason, packet, sink);
  }
  emit(machine, packet.connection, state, sink, Effect.bypass, packet.seq, packet.length);
  machine.queue.post(Descriptor.packet, -1, packet.seq, packet.length, false, false);
  sink.stage(Stage["driver.bypass"], -1);
  return true;
}

function drop(machine: Machine, state: ConnectionState, reason: number, packet: Packet, sink: Sink): boolean {
  emit(machine, packet.connection, state, sink, Effect.dropped, reason, packet.length);
  sink.stage(Stage["driver.drop"], -1);
  return false;
}

/** mlx5e_ktls_tx_post_param_wqes() before the connection's first packet. */
function postFirstParams(machine: Machine, state: ConnectionState): void {
  const { queue } = machine;
  queue.post(Descriptor.staticParams, state.postedRow, 0 as Seq, 0, false, false);
  queue.post(Descriptor.progressParams, -1, 0 as Seq, 0, true, false);
  queue.post(Descriptor.nop, -1, 0 as Seq, 0, true, false);
  state.paramsPosted = 1;
}

/** Posts the work that rebuilds the NIC's state: the record's number and its bytes before the packet. */
function postResync(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  row: number,
  profile: Profile,
  sink: Sink,
): void {
  const log = machine.records[packet.connection]!;
  const start = log.start(row);
  const replayed = log.kind.at(row) === RecordKind.gap ? 0 : distance(start, packet.seq);
  const named = row + (profile.faults.recordSnOff ?? 0);
  const prefix = profile.faults.noPrefix
    ? 0
    : Math.max(0, distance(start, packet.seq) - (profile.faults.prefixShortBy ?? 0));
  if (profile.prefixVia === "sync-packet") {
    machine.queue.post(Descriptor.syncPacket, named, start, prefix, false, false);
    state.postedRow = row;
  } else {
    const { mtu } = machine.devices[machine.connections[packet.connection]!.device]!;
    postParams(machine, state, row, named, sink);
    for (let done = 0; done < prefix; done += mtu) {
      machine.queue.post(
        Descriptor.dump,
        -1,
        advance(start, done),
        Math.min(mtu, prefix - done),
        false,
        false,
      );
    }
  }
  sink.effect(Effect.resync, row, replayed);
  sink.stage(Stage["driver.resync"], row);
}

/** Static params only when the record's number is not the one posted last (mlx5 "redundant static params"); then progress, then a fence. */
function postParams(machine: Machine, state: ConnectionState, row: number, named: number, sink: Sink): void {
  const { queue } = machine;
  const changed = row !== state.postedRow;
  if (changed || named !== row) {
    state.postedRow = row;
    queue.post(Descriptor.staticParams, named, 0 as Seq, 0, true, false);
    sink.effect(Effect["static-params"], named, 0);
  }
  queue.post(Descriptor.progressParams, -1, 0 as Seq, 0, !changed, false);
  queue.post(Descriptor.nop, -1, 0 as Seq, 0, true, false);
}

function advanceAndPost(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  profile: Profile,
  sink: Sink,
): boolean {
  state.expectedSeq = advance(packet.seq, packet.length);
  machine.queue.post(
    Descriptor.packet,
    -1,
    packet.seq,
    packet.length,
    false,
    !profile.faults.packetNotMarked,
  );
  emit(machine, packet.connection, state, sink, Effect.encrypted, packet.seq, packet.length);
  sink.stage(Stage["driver.advance"], -1);
  return true;
}
