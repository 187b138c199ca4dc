import { noFaults } from "../bugs/catalogue.ts";
import {
  isQueueStopped,
  type Machine,
  profileOf,
  type Sink,
  settlePath,
  waitingOf,
} from "../machine/machine.ts";
import type { Packet } from "../machine/packet.ts";
import { type ConnectionState, isSet } from "../machine/state.ts";
import { laneOf } from "../machine/waiting-log.ts";
import { Descriptor, type DescriptorQueue } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode } from "../words/effect-words.ts";
import { Flag, unpackTransmit } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { take } from "./nic.ts";
import { examine } from "./wire.ts";

/** Between driver and NIC: what was posted is taken at once, or waits for the queue to go on or the doorbell to ring. */
export function deliver(
  machine: Machine,
  event: number,
  state: ConnectionState,
  packet: Packet,
  sink: Sink,
): void {
  if (machine.queue.taken === machine.queue.count) return;
  const waits = (packet.flags & Flag.undoorbelled) !== 0 || (state.held !== 0 && isHeld(machine, state));
  if (!waits && state.waitHead === state.waitTail) takeAll(machine, packet, state, sink);
  else putOff(machine, event, state, packet, waits, sink);
  settlePath(state);
}

/** Behind what waits already; if nothing holds the queue any more, all of it is taken. */
function putOff(
  machine: Machine,
  event: number,
  state: ConnectionState,
  packet: Packet,
  waits: boolean,
  sink: Sink,
): void {
  const lane = laneOf(laneDevice(machine, state), state.queueNumber);
  const { queue } = machine;
  const log = waitingOf(machine, packet.connection);
  const flags = packet.flags;
  const { count, taken } = queue;
  for (let i = taken; i < count; i++) log.put(state.waitTail++, queue, i, lane, flags, event);
  if (!waits) {
    queue.cut(taken);
    return takeWaiting(machine, packet.connection, state, (other) => other === lane, sink);
  }
  queue.taken = count;
  sink.effect(Effect.waiting, count - taken, packet.length);
  sink.stage(Stage.queue, -1);
}

/** The device whose queue packets go to: the slave that a bond steers to, else the route's. */
const laneDevice = (machine: Machine, state: ConnectionState): number =>
  machine.devices[state.route]!.slaves.includes(state.netdev) ? state.netdev : state.route;

const isHeld = (machine: Machine, state: ConnectionState): boolean =>
  isSet(state.held, laneDevice(machine, state));

/** The NIC takes everything in the queue, in order, and what leaves is looked at. */
export function takeAll(machine: Machine, packet: Packet, state: ConnectionState, sink: Sink): void {
  const { queue } = machine;
  const { flags, connection } = packet;
  const { faults } = profileOf(machine, connection);
  if (faults !== noFaults && faults.noFence && !hasFence(queue))
    return takeUnfenced(machine, packet, state, sink);
  for (let i = queue.taken; i < queue.count; i++) takeOne(machine, state, i, connection, flags, sink);
  queue.taken = queue.count;
}

/** Nothing holds the data back until the params are in: they are taken behind it. */
function takeUnfenced(machine: Machine, packet: Packet, state: ConnectionState, sink: Sink): void {
  const { queue } = machine;
  const { flags, connection } = packet;
  for (let i = 0; i < queue.count; i++)
    if (!isParams(queue.kind(i))) takeOne(machine, state, i, connection, flags, sink);
  for (let i = 0; i < queue.count; i++)
    if (isParams(queue.kind(i))) takeOne(machine, state, i, connection, flags, sink);
}

/** True if a NOP holds back what comes behind it until the params are in. */
function hasFence(queue: DescriptorQueue): boolean {
  for (let i = 0; i < queue.count; i++) if (queue.kind(i) === Descriptor.nop) return true;
  return false;
}

const isParams = (kind: number): boolean =>
  kind === Descriptor.staticParams || kind === Descriptor.progressParams;

function takeOne(
  machine: Machine,
  state: ConnectionState,
  i: number,
  connection: number,
  flags: number,
  sink: Sink,
): void {
  const { queue } = machine;
  const leaves = take(machine, connection, state, i, sink);
  sink.stage(Stage.nic, i);
  if (queue.kind(i) !== Descriptor.packet) return;
  if (!leaves) return lose(machine, connection, state, i, sink);
  examine(machine, connection, state, i, sink);
  leave(queue.seq(i), queue.size(i), flags, sink);
}

/** The packet is on the wire. */
export function leave(from: number, length: number, flags: number, sink: Sink): void {
  if ((flags & Flag.lost) !== 0) sink.effect(Effect.lost, from, length);
  sink.stage(Stage.wire, -1);
}

/** A packet that the NIC does not send: one that checks numbers has said so itself. */
function lose(machine: Machine, connection: number, state: ConnectionState, i: number, sink: Sink): void {
  if (state.nicDead === 0 && !isQueueStopped(machine, connection)) return;
  const reason = state.contexts > state.contextsDeleted ? "queue-error" : "no-context";
  const installed = profileOf(machine, connection).faults.installsRefused ? "no-context" : reason;
  sink.effect(Effect.dropped, DropCode[installed], machine.queue.size(i));
  sink.stage(Stage["driver.drop"], -1);
}

/** The NIC takes what waits in the lanes asked for; what waits elsewhere is written again behind it. */
export function takeWaiting(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  wanted: (lane: number) => boolean,
  sink: Sink,
): void {
  const { queue } = machine;
  const rows = splitWaiting(machine, connection, state, wanted);
  const log = waitingOf(machine, connection);
  for (const row of rows) log.repost(row, queue);
  for (const row of rows) takeOne(machine, state, queue.taken++, connection, log.flagsAt(row), sink);
}

/** How many descriptors wait in the lanes asked for. */
export function waitingIn(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  wanted: (lane: number) => boolean,
): number {
  let count = 0;
  for (let row = state.waitHead; row < state.waitTail; row++)
    if (wanted(waitingOf(machine, connection).laneAt(row))) count++;
  return count;
}

/** Takes the rows of the wanted lanes out of what waits, and gives them in order. */
function splitWaiting(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  wanted: (lane: number) => boolean,
): number[] {
  const log = waitingOf(machine, connection);
  const rows: number[] = [];
  const end = state.waitTail;
  for (let row = state.waitHead; row < end; row++) {
    if (wanted(log.laneAt(row))) {
      rows.push(row);
      continue;
    }
    log.copy(row, state.waitTail++);
  }
  state.waitHead = end;
  return rows;
}

/** The queue is reset: what waits in the wanted lanes is discarded; gives how many descriptors, and of them packets. */
export function discardWaiting(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  wanted: (lane: number) => boolean,
): number {
  return splitWaiting(machine, connection, state, wanted).length;
}

/** The connection's packets go to another transmit queue: nothing orders the two. */
export function changeQueue(machine: Machine, event: number, state: ConnectionState, sink: Sink): void {
  const { queue } = unpackTransmit(machine.events.extra.values[event]!);
  if (queue < 0 || queue === state.queueNumber) return;
  sink.effect(Effect["queue-changed"], state.queueNumber, queue);
  state.queueNumber = queue;
}
