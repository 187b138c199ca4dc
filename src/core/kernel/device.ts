import { type Machine, restartQueue, type Sink, settlePath } from "../machine/machine.ts";
import { queuesMax } from "../machine/waiting-log.ts";
import { nicExpectedSeq } from "../nic/nic.ts";
import { discardWaiting, takeWaiting, waitingIn } from "../nic/transmit-queue.ts";
import { Effect } from "../words/effect.ts";
import { Kind } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { afterReset, deviceDown } from "./lifecycle.ts";

/** An event of a device: every connection on it goes through it, one after the other. */
export function stepDevice(machine: Machine, event: number, sink: Sink): void {
  const device = -1 - machine.events.connection.values[event]!;
  for (const connection of machine.members[device]!) stepMember(machine, event, connection, sink);
}

/** What a device's event is for one of its connections. */
export function stepMember(machine: Machine, event: number, connection: number, sink: Sink): void {
  happen(machine, event, connection, sink);
  settlePath(machine.states[connection]!);
}

function happen(machine: Machine, event: number, connection: number, sink: Sink): void {
  const device = -1 - machine.events.connection.values[event]!;
  const kind = machine.events.kind.values[event]!;
  const state = machine.states[connection]!;
  machine.current = connection;
  machine.queue.clear();
  const isLane = (lane: number) => Math.floor(lane / queuesMax) === device;
  const waiting = waitingIn(machine, connection, state, isLane);
  switch (kind) {
    case Kind.down:
      state.down |= 1 << device;
      return deviceDown(machine, connection, device, state, sink);
    case Kind.up:
      state.down &= ~(1 << device);
      sink.effect(Effect["device-up"], device, 0);
      return sink.stage(Stage["tls.device"], -1);
    case Kind.hold:
      state.held |= 1 << device;
      sink.effect(Effect["queue-held"], device, 0);
      return sink.stage(Stage.queue, -1);
    case Kind.resume:
      state.held &= ~(1 << device);
      sink.effect(Effect["queue-resumed"], device, waiting);
      sink.stage(Stage.queue, -1);
      if (waiting > 0) takeWaiting(machine, connection, state, isLane, sink);
      return;
    case Kind.reset: {
      restartQueue(machine, device);
      const lost = waiting > 0 ? discardWaiting(machine, connection, state, isLane) : 0;
      sink.effect(Effect["queue-reset"], device, lost);
      afterReset(machine, connection, device, state, nicExpectedSeq(machine, connection, state));
      return sink.stage(Stage.queue, -1);
    }
    case Kind.refuse:
      state.refusing |= 1 << device;
      return sink.stage(Stage["tls.device"], -1);
    case Kind.accept:
      state.refusing &= ~(1 << device);
      return sink.stage(Stage["tls.device"], -1);
  }
}
