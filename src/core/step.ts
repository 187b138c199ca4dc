import { Descriptor } from "./descriptor.ts";
import { xmit } from "./driver.ts";
import { Effect } from "./effect.ts";
import { Flag, Kind } from "./event.ts";
import { install, type Machine, type Sink } from "./machine.ts";
import { placeAt, take } from "./nic.ts";
import type { Packet } from "./packet.ts";
import { RecordKind } from "./records.ts";
import { advance, after, seq } from "./seq.ts";
import { Stage } from "./stage.ts";
import type { ConnectionState } from "./state.ts";
import { cleanAcked, closeSocket, pushCaptured, sendmsg } from "./tls.ts";
import { examine } from "./wire.ts";

/**
 * Runs one event of the trace through the layers: the only function that knows more than one of them. It changes
 * the state of the event's connection in place, appends to the logs, and says what happened to the sink.
 * Running fast and looking closely differ in the sink alone.
 */
export function step(machine: Machine, event: number, sink: Sink): void {
  const { events } = machine;
  const connection = events.connection.values[event]!;
  const state = machine.states[connection]!;
  machine.queue.clear();
  switch (events.kind.values[event]!) {
    case Kind.transmit:
      return transmit(machine, event, connection, state, sink);
    case Kind.ack:
      return acknowledge(machine, event, state, sink);
    case Kind.send:
      return sendmsg(machine, event, state, sink);
    case Kind.record:
      return pushCaptured(machine, event, state, RecordKind.record, sink);
    case Kind.gap:
      return pushCaptured(machine, event, state, RecordKind.gap, sink);
    case Kind.install:
      install(machine, connection, state);
      return sink.stage(Stage.install, 0);
    case Kind.close:
      return closeSocket(machine, event, state, sink);
  }
}

/** tcp_ack(): clean_acked is called for a cumulative acknowledgement that moves snd_una; SACK blocks free nothing. */
function acknowledge(machine: Machine, event: number, state: ConnectionState, sink: Sink): void {
  const ack = seq(machine.events.seq.values[event]!);
  const moves = state.acked === 0 || after(ack, seq(state.sndUna));
  if (moves) state.sndUna = ack;
  state.acked = 1;
  sink.stage(Stage["tcp.ack"], -1);
  if (moves && state.installed === 1) cleanAcked(machine, event, state, ack, sink);
}

/** A segment on its way down: TCP, the qdisc, the driver, the NIC, the wire. */
function transmit(
  machine: Machine,
  event: number,
  connection: number,
  state: ConnectionState,
  sink: Sink,
): void {
  const { events } = machine;
  const flags = events.flags.values[event]!;
  const { packet } = machine;
  packet.connection = connection;
  packet.seq = seq(events.seq.values[event]!);
  packet.length = events.length.values[event]!;
  const end = advance(packet.seq, packet.length);
  if (state.sent === 0 || after(end, seq(state.sndNxt))) state.sndNxt = end;
  state.sent = 1;
  if ((flags & Flag.qdiscDrop) !== 0) {
    sink.effect(Effect["qdisc-drop"], packet.seq, packet.length);
    return sink.stage(Stage.skb, -1);
  }
  sink.stage(Stage.skb, -1);
  if (state.installed === 0 || packet.length === 0) return leave(packet, flags, sink);
  const posted = xmit(machine, state, packet, sink);
  for (let i = 0; i < machine.queue.count; i++) {
    take(machine, connection, state, i, sink);
    sink.stage(Stage.nic, i);
    if (machine.queue.kind(i) !== Descriptor.packet) continue;
    examine(machine, state, packet, sink);
    leave(packet, flags, sink);
  }
  if (posted || (flags & Flag.captured) === 0) return;
  leftAnyway(machine, state, packet);
  leave(packet, flags, sink);
}

/** The packet is on the wire. */
function leave(packet: Packet, flags: number, sink: Sink): void {
  if ((flags & Flag.lost) !== 0) sink.effect(Effect.lost, packet.seq, packet.length);
  sink.stage(Stage.wire, -1);
}

/** A captured packet did leave, whatever this profile would have done: the replay goes on from its end. */
function leftAnyway(machine: Machine, state: ConnectionState, packet: Packet): void {
  const end = advance(packet.seq, packet.length);
  if (!after(end, seq(machine.connections[packet.connection]!.startSeq))) return;
  state.expectedSeq = end;
  placeAt(machine, packet.connection, state, end);
}
