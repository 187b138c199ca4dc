import type { Connection, Device } from "./connection.ts";
import { DescriptorQueue } from "./descriptor.ts";
import type { EventLog } from "./event.ts";
import { FedLog } from "./fed.ts";
import type { Packet } from "./packet.ts";
import { addU64 } from "./record.ts";
import { RecordKind, RecordLog } from "./records.ts";
import { seq } from "./seq.ts";
import { ConnectionState } from "./state.ts";

/** Receives what `step` says. Numbers only, so that a run which only wants a mask pays for nothing else. */
export interface Sink {
  /** An effect of the stage that is being worked on. */
  effect(kind: number, a: number, b: number): void;
  /** The stage is done; `detail` is the record row or the descriptor's place in the queue, where there is one. */
  stage(stage: number, detail: number): void;
}

/** What `step` runs on: the trace's events and connections, their states, and the logs that only grow. */
export interface Machine {
  readonly devices: readonly Device[];
  readonly connections: readonly Connection[];
  readonly events: EventLog;
  readonly recordSns: ReadonlyMap<number, bigint>;
  readonly records: readonly RecordLog[];
  readonly fed: readonly FedLog[];
  readonly states: ConnectionState[];
  /** What the driver posted in the event that is being worked on; the NIC takes it at the event's end. */
  readonly queue: DescriptorQueue;
  /** The segment that is being worked on, reused like the queue: a transmit allocates nothing. */
  readonly packet: Packet;
}

/** What a machine is built from; a Trace is one. */
export interface Scenario {
  devices: readonly Device[];
  connections: readonly Connection[];
  events: EventLog;
  recordSns: ReadonlyMap<number, bigint>;
}

export function createMachine(scenario: Scenario): Machine {
  const { devices, connections, events, recordSns } = scenario;
  const machine: Machine = {
    devices,
    connections,
    events,
    recordSns,
    records: connections.map(() => new RecordLog()),
    fed: connections.map(() => new FedLog()),
    states: connections.map(() => new ConnectionState()),
    queue: new DescriptorQueue(),
    packet: { connection: 0, seq: seq(0), length: 0 },
  };
  for (let c = 0; c < connections.length; c++) machine.states[c] = initialState(machine, c);
  return machine;
}

/** A connection before its first event: with its start marker in place if it is offloaded from the beginning. */
export function initialState(machine: Machine, connection: number): ConnectionState {
  const state = new ConnectionState();
  if (machine.connections[connection]!.installed) install(machine, connection, state);
  return state;
}

/** tls_set_device_offload() and the driver's tls_dev_add: marker, record numbers, expected sequence number. */
export function install(machine: Machine, connection: number, state: ConnectionState): void {
  const { startSeq, recSeq0, device } = machine.connections[connection]!;
  machine.records[connection]!.put(0, {
    kind: RecordKind.startMarker,
    endSeq: startSeq,
    length: 0,
    type: 0,
    epoch: 0,
    sn: addU64(recSeq0, -1),
    snKnown: true,
    payloadAt: 0,
    openedBy: -1,
    pushedBy: -1,
  });
  state.installed = 1;
  state.head = 0;
  state.tail = 1;
  state.expectedSeq = startSeq;
  state.postedRow = 1;
  state.contexts = 1;
  if (!machine.devices[device]!.profile.paramsWithFirstPacket) {
    state.paramsPosted = 1;
    state.nicStaticRow = 1;
    state.nicRow = 1;
    state.nicReady = 1;
    state.nicInStep = 1;
  }
}

/** End of the last pushed record: tp->write_seq. */
export const writeSeqOf = (machine: Machine, connection: number, state: ConnectionState) =>
  state.tail > 0
    ? machine.records[connection]!.end(state.tail - 1)
    : seq(machine.connections[connection]!.startSeq);
