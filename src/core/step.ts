import { advance, after, before, distance, type Seq, seq } from "./base/seq.ts";
import { xmit } from "./driver/driver.ts";
import { stepDevice, stepMember } from "./kernel/device.ts";
import { sendFallback } from "./kernel/fallback.ts";
import { completeRekey, destruct, startRekey } from "./kernel/lifecycle.ts";
import { fallbackCodeOf, merge, split, validate, Way } from "./kernel/skb.ts";
import { cleanAcked, closeSocket, fenceHere, pushCaptured, sendmsg, spliceEof } from "./kernel/tls.ts";
import { Change } from "./machine/change-log.ts";
import {
  changesOf,
  install,
  type Machine,
  profileOf,
  type Sink,
  settlePath,
  writeSeqOf,
} from "./machine/machine.ts";
import type { Packet } from "./machine/packet.ts";
import { RecordKind } from "./machine/record-log.ts";
import { type ConnectionState, Rekey } from "./machine/state.ts";
import { placeAt } from "./nic/nic.ts";
import { drop, postAsItIs } from "./nic/post.ts";
import { changeQueue, deliver, leave, takeAll } from "./nic/transmit-queue.ts";
import { Effect } from "./words/effect.ts";
import { DropCode } from "./words/effect-words.ts";
import { Flag, Kind, unpackTransmit } from "./words/event.ts";
import { Stage } from "./words/stage.ts";

/**
 * Runs one event of the trace through the layers: the only function that knows more than one of them. It changes
 * the state of the event's connection in place, appends to the logs, and says what happened to the sink.
 * Running fast and looking closely differ in the sink alone.
 */
export function step(machine: Machine, event: number, sink: Sink): void {
  const { events } = machine;
  const connection = events.connection.values[event]!;
  machine.queue.clear();
  machine.event = event;
  if (connection < 0) return stepDevice(machine, event, sink);
  const state = machine.states[connection]!;
  machine.current = connection;
  switch (events.kind.values[event]!) {
    case Kind.transmit:
      return transmit(machine, event, connection, state, sink);
    case Kind.ack:
      return acknowledge(machine, event, state, sink);
    case Kind.send:
      // A rekey that only waited for the socket's owner is done first.
      if (state.rekey === Rekey.ready) {
        completeRekey(machine, connection, state, sink);
        settlePath(state);
      }
      return sendmsg(machine, event, state, sink);
    case Kind.record:
      return pushCaptured(machine, event, state, RecordKind.record, sink);
    case Kind.gap:
      return pushCaptured(machine, event, state, RecordKind.gap, sink);
    default:
      stepSocket(machine, event, connection, state, sink);
      return settlePath(state);
  }
}

/** Runs an event for one connection alone: of a device's event its own part. */
export function stepFor(machine: Machine, event: number, connection: number, sink: Sink): void {
  if (machine.events.connection.values[event]! >= 0) return step(machine, event, sink);
  machine.event = event;
  stepMember(machine, event, connection, sink);
}

/** Flags of a packet to which something happens between TCP and the NIC. */
const detourFlags = Flag.orphan | Flag.orphanPartial | Flag.undoorbelled;

/** The rarer events of a connection. */
function stepSocket(
  machine: Machine,
  event: number,
  connection: number,
  state: ConnectionState,
  sink: Sink,
): void {
  switch (machine.events.kind.values[event]!) {
    case Kind.install:
      return setOffload(machine, event, connection, state, sink);
    case Kind["splice-eof"]:
      return spliceEof(machine, event, state, sink);
    case Kind.close:
      return closeSocket(machine, event, state, sink);
    case Kind.destruct:
      return destruct(machine, state, sink);
    case Kind.rekey:
      return startRekey(machine, event, state, sink);
    case Kind.reroute:
      state.route = machine.events.extra.values[event]!;
      sink.effect(Effect.rerouted, state.route, 0);
      return sink.stage(Stage["tcp.route"], -1);
    case Kind.merge:
      return merge(machine, event, state, sink);
    case Kind.split:
      return split(machine, event, sink);
    case Kind["page-write"]:
      return writePages(machine, event, connection, state, sink);
  }
}

/** setsockopt(TLS_TX): what waits unsent in the write queue is fenced off before the first offloaded byte. */
function setOffload(
  machine: Machine,
  event: number,
  connection: number,
  state: ConnectionState,
  sink: Sink,
): void {
  const refusal = install(machine, connection, state);
  const { noFenceAtStart } = profileOf(machine, connection).faults;
  if (state.software === 1) sink.effect(Effect["offload-refused"], refusal, 0);
  else sink.effect(Effect["offload-installed"], state.expectedSeq, state.tail);
  const unsent = (machine.events.flags.values[event]! & Flag.unsent) !== 0;
  if (unsent && refusal < 0 && !noFenceAtStart) fenceHere(machine, connection, state, sink);
  sink.stage(Stage.install, 0);
}

/** tcp_ack(): clean_acked is called for a cumulative acknowledgement that moves snd_una; SACK blocks free nothing. */
function acknowledge(machine: Machine, event: number, state: ConnectionState, sink: Sink): void {
  const ack = seq(machine.events.seq.values[event]!);
  const moves = state.acked === 0 || after(ack, seq(state.sndUna));
  if (moves) state.sndUna = ack;
  state.acked = 1;
  const cleans = moves && state.installed === 1;
  const races = machine.events.extra.values[event] === 1;
  if (cleans && races) {
    state.ackWaits = 1;
    settlePath(state);
  }
  sink.stage(Stage["tcp.ack"], -1);
  if (cleans && !races) cleanAcked(machine, machine.current, state, ack, sink);
}

/** A segment on its way down: TCP, the qdisc, the validation hook, the driver, the NIC, the wire. */
function transmit(
  machine: Machine,
  event: number,
  connection: number,
  state: ConnectionState,
  sink: Sink,
): void {
  const { events, packet } = machine;
  const flags = events.flags.values[event]!;
  packet.connection = connection;
  packet.seq = seq(events.seq.values[event]!);
  packet.length = events.length.values[event]!;
  packet.flags = flags;
  packet.dmaErrorAt = 0;
  const end = advance(packet.seq, packet.length);
  if (state.sent === 0 || after(end, seq(state.sndNxt))) sendNew(machine, connection, state, packet, end);
  if ((flags & Flag.qdiscDrop) !== 0) return loseInQdisc(state, packet, sink);
  if (events.extra.values[event] !== 0) takeExtra(machine, event, state, packet, sink);
  sink.stage(Stage.skb, -1);
  if (state.installed === 0 || packet.length === 0) {
    state.sent = 1;
    return leave(packet.seq, packet.length, flags, sink);
  }
  if ((flags & Flag.captured) !== 0) sendCaptured(machine, event, state, packet, sink);
  else sendSegment(machine, event, state, packet, sink);
}

/** From TCP down to the wire; false if nothing was posted. */
function sendSegment(
  machine: Machine,
  event: number,
  state: ConnectionState,
  packet: Packet,
  sink: Sink,
): boolean {
  const direct = state.detour === 0 && (packet.flags & detourFlags) === 0;
  const posted = direct ? xmit(machine, state, packet, sink) : sendDown(machine, state, packet, sink);
  if (!direct && state.ackWaits === 1) cleanAcked(machine, packet.connection, state, seq(state.sndUna), sink);
  state.sent = 1;
  if (direct) takeAll(machine, packet, state, sink);
  else deliver(machine, event, state, packet, sink);
  return posted;
}

/**
 * A captured packet did leave, whatever this profile would have done. Where the TLS layer has resynchronised the driver
 * at a record inside it, the fence there would have made two of it, so it is divided.
 */
function sendCaptured(
  machine: Machine,
  event: number,
  state: ConnectionState,
  packet: Packet,
  sink: Sink,
): void {
  const end = advance(packet.seq, packet.length);
  const cut = resyncFence(machine, state, packet, end);
  if (cut > 0) {
    packet.length = cut;
    sendOne(machine, event, state, packet, sink);
    packet.seq = advance(packet.seq, cut);
    packet.length = distance(packet.seq, end);
  }
  sendOne(machine, event, state, packet, sink);
}

/** Bytes of the packet before the record that the driver was resynchronised at; 0 if it does not lie inside. */
function resyncFence(machine: Machine, state: ConnectionState, packet: Packet, end: Seq): number {
  const expected = seq(state.expectedSeq);
  if (profileOf(machine, packet.connection).recovery !== "next-record") return 0;
  if (!after(expected, packet.seq) || !before(expected, end)) return 0;
  const log = machine.changes[packet.connection];
  return log?.isFence(expected, state.changes) ? distance(packet.seq, expected) : 0;
}

function sendOne(machine: Machine, event: number, state: ConnectionState, packet: Packet, sink: Sink): void {
  if (sendSegment(machine, event, state, packet, sink)) return;
  leftAnyway(machine, state, packet);
  leave(packet.seq, packet.length, packet.flags, sink);
}

function loseInQdisc(state: ConnectionState, packet: Packet, sink: Sink): void {
  state.sent = 1;
  sink.effect(Effect["qdisc-drop"], packet.seq, packet.length);
  sink.stage(Stage.skb, -1);
}

/**
 * SND.NXT moves on. Of a trace file's segment only what TCP has is sent: a broken kernel, or another than the file was
 * written for, can have made fewer records. What a capture shows did leave.
 */
function sendNew(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  packet: Packet,
  end: Seq,
): void {
  const written = writeSeqOf(machine, connection, state);
  const has = !after(end, written) || state.installed === 0;
  if (has || machine.connections[connection]!.source?.kind === "captured") {
    state.sndNxt = end;
    return;
  }
  packet.length = Math.max(0, distance(packet.seq, written));
  if (state.sent === 0 || after(written, seq(state.sndNxt))) state.sndNxt = written;
}

/** The failing buffer and the transmit queue that the trace names for this packet. */
function takeExtra(
  machine: Machine,
  event: number,
  state: ConnectionState,
  packet: Packet,
  sink: Sink,
): void {
  packet.dmaErrorAt = unpackTransmit(machine.events.extra.values[event]!).dmaErrorAt;
  packet.mappings = 0;
  changeQueue(machine, event, state, sink);
}

/** The validation hook, and where it sends the packet; true if anything was posted. */
function sendDown(machine: Machine, state: ConnectionState, packet: Packet, sink: Sink): boolean {
  const way = validate(machine, state, packet, sink);
  return way === Way.driver
    ? xmit(machine, state, packet, sink)
    : sendOtherwise(machine, state, packet, way, sink);
}

/** What the hook does not hand to the driver. */
function sendOtherwise(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  way: number,
  sink: Sink,
): boolean {
  switch (way) {
    case Way.plain:
      return postAsItIs(machine, state, packet, sink);
    case Way.fallback:
      return sendFallback(machine, state, packet, fallbackCodeOf(state), DropCode["fallback-failed"], sink);
    case Way.dropNoSocket:
      return drop(machine, state, DropCode["no-socket"], packet, sink);
    case Way.dropInactiveSlave:
      return drop(machine, state, DropCode["inactive-slave"], packet, sink);
    default:
      return drop(machine, state, DropCode["wrong-device"], packet, sink);
  }
}

/** A captured packet did leave, whatever this profile would have done: the replay goes on from its end. */
function leftAnyway(machine: Machine, state: ConnectionState, packet: Packet): void {
  const end = advance(packet.seq, packet.length);
  if (!after(end, seq(machine.connections[packet.connection]!.startSeq))) return;
  state.expectedSeq = end;
  placeAt(machine, packet.connection, state, end);
}

/** The application writes into pages that the stream refers to (TLS_TX_ZEROCOPY_RO forbids it). */
function writePages(
  machine: Machine,
  event: number,
  connection: number,
  state: ConnectionState,
  sink: Sink,
): void {
  const from = seq(machine.events.seq.values[event]!);
  const length = machine.events.length.values[event]!;
  const sentEnd = state.sent === 1 && !before(seq(state.sndNxt), from) ? state.sndNxt : from;
  changesOf(machine, connection).put(state.changes++, { kind: Change.page, from, length, value: sentEnd });
  state.pageWrites++;
  sink.effect(Effect["page-written"], from, length);
  sink.stage(Stage.application, -1);
}
