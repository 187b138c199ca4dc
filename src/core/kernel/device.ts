import type { Machine } from "../machine/machine.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { settlePath } from "../machine/state.ts";
import { queuesMax } from "../machine/waiting-log.ts";
import { discardWaiting, takeWaiting, waitingIn } from "../nic/transmit-queue.ts";
import { Effect } from "../words/effect.ts";
import { Kind } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { afterReset, deviceDown } from "./lifecycle.ts";
import { become } from "./what-if.ts";

/** tls_dev_event(), and what happens to a queue: every connection on the device goes through it, one after the other. */
export function stepDevice(machine: Machine, event: number, sink: Sink): void {
  const device = -1 - machine.events.connection.values[event]!;
  for (const connection of machine.members[device]!) stepMember(machine, event, connection, sink);
}

/** What a device's event is for one of its connections. */
export function stepMember(machine: Machine, event: number, connection: number, sink: Sink): void {
  const socket = machine.sockets[connection]!;
  const device = -1 - machine.events.connection.values[event]!;
  socket.event = event;
  socket.queue.clear();
  sink.socket = socket;
  if (machine.events.kind.values[event] === Kind.reset) machine.stops[device]!.turn(event, false);
  happen(socket, device, sink);
  settlePath(socket.state);
}

function happen(socket: Socket, device: number, sink: Sink): void {
  const { state } = socket;
  const bit = 1 << device;
  switch (socket.events.kind.values[socket.event]!) {
    case Kind.down:
      state.down |= bit;
      return deviceDown(socket, device, sink);
    case Kind.up:
      state.down &= ~bit;
      sink.effect(Effect["device-up"], device, 0);
      return sink.stage(Stage["tls.device"]);
    case Kind.hold:
      state.held |= bit;
      sink.effect(Effect["queue-held"], device, 0);
      return sink.stage(Stage.queue);
    case Kind.resume:
      state.held &= ~bit;
      return resume(socket, device, sink);
    case Kind.reset:
      return reset(socket, device, sink);
    case Kind.refuse:
      state.refusing |= bit;
      return sink.stage(Stage["tls.device"]);
    case Kind.become:
      if (socket.connection.device === device)
        become(socket, socket.events.extra.values[socket.event]!, sink);
      return;
    case Kind.accept:
      state.refusing &= ~bit;
      return sink.stage(Stage["tls.device"]);
  }
}

const lanesOf = (device: number) => (lane: number) => Math.floor(lane / queuesMax) === device;

/** netif_tx_wake_queue(): the NIC takes what waits. */
function resume(socket: Socket, device: number, sink: Sink): void {
  const waiting = waitingIn(socket, lanesOf(device));
  sink.effect(Effect["queue-resumed"], device, waiting);
  sink.stage(Stage.queue);
  if (waiting > 0) takeWaiting(socket, lanesOf(device), sink);
}

/** mlx5e_tx_reporter_err_cqe_recover(): what waits in the queue is discarded. */
function reset(socket: Socket, device: number, sink: Sink): void {
  const lost = waitingIn(socket, lanesOf(device)) > 0 ? discardWaiting(socket, lanesOf(device)) : 0;
  sink.effect(Effect["queue-reset"], device, lost);
  afterReset(socket, device);
  sink.stage(Stage.queue);
}
