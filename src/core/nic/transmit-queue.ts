import type { Sink, Socket } from "../machine/socket.ts";
import { isSet, settlePath } from "../machine/state.ts";
import { laneOf } from "../machine/waiting-log.ts";
import { Descriptor } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { Flag, unpackTransmit } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { take } from "./nic.ts";
import { examine } from "./wire.ts";

/** Between driver and NIC: what was posted is taken at once, or waits for the queue to go on or the doorbell to ring. */
export function deliver(socket: Socket, sink: Sink): void {
  const { queue, state, packet } = socket;
  if (queue.taken === queue.count) return;
  const waits = (packet.flags & Flag.undoorbelled) !== 0 || (state.held !== 0 && isHeld(socket));
  if (!waits && state.waitHead === state.waitTail) takeAll(socket, sink);
  else putOff(socket, waits, sink);
  settlePath(state);
}

/** Behind what waits already; if nothing holds the queue any more, all of it is taken. */
function putOff(socket: Socket, waits: boolean, sink: Sink): void {
  const { queue, state, packet, waiting } = socket;
  const lane = laneOf(laneDevice(socket), state.queueNumber);
  const { count, taken } = queue;
  const posted = { lane, flags: packet.flags, event: socket.event };
  for (let i = taken; i < count; i++) waiting.put(state.waitTail++, queue, i, posted);
  if (!waits) {
    queue.cut(taken);
    return takeWaiting(socket, (other) => other === lane, sink);
  }
  queue.taken = count;
  sink.effect(Effect.waiting, count - taken, packet.length);
  sink.stage(Stage.queue);
}

/** The device whose queue packets go to: the slave that a bond steers to, else the route's. */
const laneDevice = ({ shared, state }: Socket): number =>
  shared.devices[state.route]!.slaves.includes(state.netdev) ? state.netdev : state.route;

const isHeld = (socket: Socket): boolean => isSet(socket.state.held, laneDevice(socket));

/** The NIC takes everything in the queue, and what leaves is looked at. */
export function takeAll(socket: Socket, sink: Sink): void {
  if (socket.isRight) takeInOrder(socket, sink);
  else socket.rules.takeAll(socket, sink);
}

/** The NIC takes what it was not given yet, in the order it was posted. */
export function takeInOrder(socket: Socket, sink: Sink): void {
  const { queue } = socket;
  const { flags } = socket.packet;
  for (let i = queue.taken; i < queue.count; i++) takeOne(socket, i, flags, sink);
  queue.taken = queue.count;
}

/** The NIC takes entry `i` of the queue; `flags` are those of the event that posted it. */
export function takeOne(socket: Socket, i: number, flags: number, sink: Sink): void {
  const { queue } = socket;
  const leaves = take(socket, i, sink);
  sink.stage(Stage.nic, i);
  if (queue.kind(i) !== Descriptor.packet) return;
  if (!leaves) return lose(socket, i, sink);
  examine(socket, i, sink);
  if ((flags & Flag.lost) !== 0) sink.effect(Effect.lost, queue.seq(i), queue.size(i));
  sink.stage(Stage.wire);
}

/** A packet that never was in the queue is on the wire. */
export function leave({ packet }: Socket, sink: Sink): void {
  if ((packet.flags & Flag.lost) !== 0) sink.effect(Effect.lost, packet.seq, packet.length);
  sink.stage(Stage.wire);
}

/** A packet that the NIC does not send: one that checks numbers has said so itself. */
function lose(socket: Socket, i: number, sink: Sink): void {
  const { state, rules, queue } = socket;
  if (state.nicDead === 0 && !socket.isQueueStopped) return;
  sink.effect(Effect.dropped, rules.deadReason(state), queue.size(i));
  sink.stage(Stage["driver.drop"]);
}

/** The NIC takes what waits in the lanes asked for; what waits elsewhere is written again behind it. */
export function takeWaiting(socket: Socket, wanted: (lane: number) => boolean, sink: Sink): void {
  const { queue, waiting } = socket;
  const rows = splitWaiting(socket, wanted);
  for (const row of rows) queue.repost(waiting, row);
  for (const row of rows) takeOne(socket, queue.taken++, waiting.flags.at(row), sink);
}

/** How many descriptors wait in the lanes asked for. */
export function waitingIn(socket: Socket, wanted: (lane: number) => boolean): number {
  const { waitHead, waitTail } = socket.state;
  let count = 0;
  for (let row = waitHead; row < waitTail; row++) if (wanted(socket.waiting.lane.at(row))) count++;
  return count;
}

/** Takes the rows of the wanted lanes out of what waits, and gives them in order. */
function splitWaiting({ state, waiting }: Socket, wanted: (lane: number) => boolean): number[] {
  const rows: number[] = [];
  const end = state.waitTail;
  for (let row = state.waitHead; row < end; row++) {
    if (wanted(waiting.lane.at(row))) {
      rows.push(row);
      continue;
    }
    waiting.putAgain(state.waitTail++, row);
  }
  state.waitHead = end;
  return rows;
}

/** The queue is reset: what waits in the wanted lanes is discarded; gives how many descriptors. */
export const discardWaiting = (socket: Socket, wanted: (lane: number) => boolean): number =>
  splitWaiting(socket, wanted).length;

/** The connection's packets go to another transmit queue: nothing orders the two. */
export function changeQueue({ events, event, state }: Socket, sink: Sink): void {
  const { queue } = unpackTransmit(events.extra.values[event]!);
  if (queue < 0 || queue === state.queueNumber) return;
  sink.effect(Effect["queue-changed"], state.queueNumber, queue);
  state.queueNumber = queue;
}
