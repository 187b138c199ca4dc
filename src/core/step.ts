import { advance, seq } from "./base/seq.ts";
import { xmit } from "./driver/driver.ts";
import { stepDevice, stepMember } from "./kernel/device.ts";
import { sendFallback } from "./kernel/fallback.ts";
import { completeRekey, destruct, setOffload, startRekey } from "./kernel/lifecycle.ts";
import { cleanAcked } from "./kernel/record-map.ts";
import { fallbackCodeOf, merge, split, validate, Way } from "./kernel/skb.ts";
import { closeSocket, pushCaptured, sendmsg, spliceEof } from "./kernel/tls.ts";
import { setValue } from "./kernel/what-if.ts";
import { Change } from "./machine/change-log.ts";
import type { Machine } from "./machine/machine.ts";
import { RecordKind } from "./machine/record-log.ts";
import type { Sink, Socket } from "./machine/socket.ts";
import { Rekey, settlePath } from "./machine/state.ts";
import { placeAt } from "./nic/nic.ts";
import { drop, postAsItIs } from "./nic/post.ts";
import { changeQueue, deliver, leave, takeAll } from "./nic/transmit-queue.ts";
import { Effect } from "./words/effect.ts";
import { DropCode } from "./words/effect-words.ts";
import { Flag, Kind, unpackTransmit } from "./words/event.ts";
import { Stage } from "./words/stage.ts";

/**
 * Runs one event of the trace through the layers, from the application down. It changes the state of the event's
 * connection in place, appends to the logs, and says what happened to the sink. Running fast and looking closely differ
 * in the sink alone.
 */
export function step(machine: Machine, event: number, sink: Sink): void {
  const { events } = machine;
  const connection = events.connection.values[event]!;
  machine.queue.clear();
  if (connection < 0) return stepDevice(machine, event, sink);
  const socket = machine.sockets[connection]!;
  socket.event = event;
  sink.socket = socket;
  const kind = events.kind.values[event]!;
  switch (kind) {
    case Kind.transmit:
      return transmit(socket, sink);
    case Kind.ack:
      return acknowledge(socket, sink);
    case Kind.send:
      // A rekey that only waited for the socket's owner is done first.
      if (socket.state.rekey === Rekey.ready) {
        completeRekey(socket, sink);
        settlePath(socket.state);
      }
      return sendmsg(socket, sink);
    case Kind.record:
      return pushCaptured(socket, RecordKind.record, sink);
    case Kind.gap:
      return pushCaptured(socket, RecordKind.gap, sink);
    default:
      rarer[kind]!(socket, sink);
      return settlePath(socket.state);
  }
}

/** Runs an event for one connection alone: of a device's event its own part. */
export function stepFor(machine: Machine, event: number, connection: number, sink: Sink): void {
  if (machine.events.connection.values[event]! >= 0) return step(machine, event, sink);
  stepMember(machine, event, connection, sink);
}

/** The rarer events of a connection. */
const rarer: Readonly<Record<number, (socket: Socket, sink: Sink) => void>> = {
  [Kind.install]: setOffload,
  [Kind["splice-eof"]]: spliceEof,
  [Kind.close]: closeSocket,
  [Kind.destruct]: destruct,
  [Kind.rekey]: startRekey,
  [Kind.reroute]: reroute,
  [Kind.merge]: merge,
  [Kind.split]: split,
  [Kind["page-write"]]: writePages,
  [Kind.set]: setValue,
};

/** sk_dst_set(): what sk_dst_get() gives is another device from now on. */
function reroute({ state, events, event }: Socket, sink: Sink): void {
  state.route = events.extra.values[event]!;
  sink.effect(Effect.rerouted, state.route, 0);
  sink.stage(Stage["tcp.route"]);
}

/** tcp_ack(): clean_acked is called for a cumulative acknowledgement that moves snd_una; SACK blocks free nothing. */
function acknowledge(socket: Socket, sink: Sink): void {
  const { state, events, event } = socket;
  const ack = seq(events.seq.values[event]!);
  const moves = state.acked === 0 || ack > state.sndUna;
  if (moves) state.sndUna = ack;
  state.acked = 1;
  const cleans = moves && state.installed === 1;
  const races = events.extra.values[event] === 1;
  if (cleans && races) {
    state.ackWaits = 1;
    settlePath(state);
  }
  sink.stage(Stage["tcp.ack"]);
  if (cleans && !races) cleanAcked(socket, ack, sink);
}

/** Flags of a packet to which something happens between TCP and the NIC. */
const detourFlags = Flag.orphan | Flag.orphanPartial | Flag.undoorbelled;

/** A segment on its way down from tcp_transmit_skb(), __tcp_transmit_skb(): TCP, the qdisc, the validation hook, the driver, the NIC, the wire. */
function transmit(socket: Socket, sink: Sink): void {
  const { events, event, packet, state } = socket;
  const flags = events.flags.values[event]!;
  packet.seq = seq(events.seq.values[event]!);
  packet.length = events.length.values[event]!;
  packet.flags = flags;
  packet.dmaErrorAt = 0;
  if (state.sent === 0 || packet.seq + packet.length > state.sndNxt) sendNew(socket);
  if ((flags & Flag.qdiscDrop) !== 0) return loseInQdisc(socket, sink);
  if (events.extra.values[event] !== 0) takeExtra(socket, sink);
  sink.stage(Stage.skb);
  if (state.installed === 0 || packet.length === 0) {
    state.sent = 1;
    return leave(socket, sink);
  }
  if ((flags & Flag.captured) !== 0) sendCaptured(socket, sink);
  else sendSegment(socket, sink);
}

/** From TCP down to the wire; false if nothing was posted. */
function sendSegment(socket: Socket, sink: Sink): boolean {
  const { state, packet } = socket;
  const direct = state.detour === 0 && (packet.flags & detourFlags) === 0;
  const posted = direct ? xmit(socket, sink) : sendDown(socket, sink);
  if (!direct && state.ackWaits === 1) cleanAcked(socket, seq(state.sndUna), sink);
  state.sent = 1;
  if (direct) takeAll(socket, sink);
  else deliver(socket, sink);
  return posted;
}

/**
 * A captured packet did leave, whatever this profile would have done. Where the TLS layer has resynchronised the driver
 * at a record inside it, the fence there would have made two of it, so it is divided.
 */
function sendCaptured(socket: Socket, sink: Sink): void {
  const { packet } = socket;
  const end = advance(packet.seq, packet.length);
  const cut = resyncFence(socket);
  if (cut > 0) {
    packet.length = cut;
    sendOne(socket, sink);
    packet.seq = advance(packet.seq, cut);
    packet.length = end - packet.seq;
  }
  sendOne(socket, sink);
}

/** Bytes of the packet before the record that the driver was resynchronised at; 0 if it does not lie inside. */
function resyncFence(socket: Socket): number {
  const { state, packet } = socket;
  if (socket.profile.recovery !== "next-record" || state.changes === 0) return 0;
  const cut = state.expectedSeq - packet.seq;
  if (cut <= 0 || cut >= packet.length) return 0;
  return socket.changes.isFence(seq(state.expectedSeq), state.changes) ? cut : 0;
}

/** What the model would not have sent did leave all the same: the replay goes on from its end. */
function sendOne(socket: Socket, sink: Sink): void {
  if (sendSegment(socket, sink)) return;
  const { packet, state, connection } = socket;
  const end = advance(packet.seq, packet.length);
  if (end > connection.startSeq) {
    state.expectedSeq = end;
    placeAt(socket, end);
  }
  leave(socket, sink);
}

function loseInQdisc({ state, packet }: Socket, sink: Sink): void {
  state.sent = 1;
  sink.effect(Effect["qdisc-drop"], packet.seq, packet.length);
  sink.stage(Stage.skb);
}

/**
 * SND.NXT moves on. Of a trace file's segment only what TCP has is sent: a broken kernel, or another than the file was
 * written for, can have made fewer records. What a capture shows did leave.
 */
function sendNew({ state, packet, writeSeq, connection }: Socket): void {
  const end = advance(packet.seq, packet.length);
  const has = end <= writeSeq || state.installed === 0;
  if (has || connection.captured) {
    state.sndNxt = end;
    return;
  }
  packet.length = Math.max(0, writeSeq - packet.seq);
  if (state.sent === 0 || writeSeq > state.sndNxt) state.sndNxt = writeSeq;
}

/** The failing buffer and the transmit queue that the trace names for this packet. */
function takeExtra(socket: Socket, sink: Sink): void {
  const { packet, events, event } = socket;
  packet.dmaErrorAt = unpackTransmit(events.extra.values[event]!).dmaErrorAt;
  packet.mappings = 0;
  changeQueue(socket, sink);
}

/** The validation hook, and where it sends the packet; true if anything was posted. */
function sendDown(socket: Socket, sink: Sink): boolean {
  const way = validate(socket, sink);
  switch (way) {
    case Way.driver:
      return xmit(socket, sink);
    case Way.plain:
      return postAsItIs(socket, sink);
    case Way.fallback:
      return sendFallback(socket, fallbackCodeOf(socket.state), DropCode["fallback-failed"], sink);
    default:
      return drop(socket, way, sink);
  }
}

/** The application writes into pages that the stream refers to (TLS_TX_ZEROCOPY_RO forbids it). */
function writePages({ events, event, state, changes }: Socket, sink: Sink): void {
  const from = seq(events.seq.values[event]!);
  const length = events.length.values[event]!;
  const sentEnd = state.sent === 1 && state.sndNxt >= from ? state.sndNxt : from;
  changes.put(state.changes++, { kind: Change.page, from, length, value: sentEnd });
  state.pageWrites++;
  sink.effect(Effect["page-written"], from, length);
  sink.stage(Stage.application);
}
