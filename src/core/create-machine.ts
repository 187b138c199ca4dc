import { install } from "./kernel/install.ts";
import { DescriptorQueue } from "./machine/descriptors.ts";
import type { Machine, Scenario } from "./machine/machine.ts";
import { noPacket } from "./machine/packet.ts";
import { QueueStops } from "./machine/queue-stops.ts";
import { Socket } from "./machine/socket.ts";
import { ConnectionState, settlePath } from "./machine/state.ts";
import { rulesOf } from "./rules.ts";
import { Kind } from "./words/event.ts";

/** A machine before its first event: one literal, since what a spread gives is looked up slowly in every step. */
export function createMachine(scenario: Scenario): Machine {
  const { devices, connections, events, recordSns, reader } = scenario;
  const stops = devices.map(() => new QueueStops());
  const [queue, packet] = [new DescriptorQueue(), noPacket()];
  const shared = { devices, events, recordSns, reader, queue, packet, stops };
  const equipments = devices.map(({ profile, kernel, later = [] }) =>
    [{ profile, kernel }, ...later].map((each) => ({ ...each, rules: rulesOf(each.profile.faults) })),
  );
  const sockets = connections.map((connection, index) => {
    const reused = connections[connection.reuses] ?? null;
    return new Socket({ index, connection, reused, equipments: equipments[connection.device]! }, shared);
  });
  for (const socket of sockets) toBeginning(socket);
  return { devices, events, recordSns, reader, queue, packet, stops, sockets, members: membersOf(scenario) };
}

/** A connection before its first event: with its start marker in place if it is offloaded from the beginning. */
export function toBeginning(socket: Socket): void {
  const state = new ConnectionState();
  socket.state = state;
  socket.equip();
  state.route = socket.connection.device;
  if (socket.connection.installed) install(socket);
  settlePath(state);
}

/** By device: the connections whose packets can ever pass it, by declaration, as a bond's slave, or by a reroute. */
function membersOf({ devices, connections, events }: Scenario): number[][] {
  const members = devices.map(() => new Set<number>());
  for (const [c, { device }] of connections.entries())
    for (const d of [device, ...devices[device]!.slaves]) members[d]!.add(c);
  for (let event = 0; devices.length > 1 && event < events.count; event++)
    if (events.kind.values[event] === Kind.reroute)
      members[events.extra.values[event]!]!.add(events.connection.values[event]!);
  return members.map((set) => [...set].sort((a, b) => a - b));
}
