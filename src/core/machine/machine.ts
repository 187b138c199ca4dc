import { addU64, type RecordKeys } from "../base/record.ts";
import { type Seq, seq } from "../base/seq.ts";
import { DescriptorQueue } from "../words/descriptor.ts";
import { RefusalCode } from "../words/effect-words.ts";
import { type EventLog, Kind } from "../words/event.ts";
import { ChangeLog } from "./change-log.ts";
import type { Connection, Device, RecordReader } from "./connection.ts";
import { FedLog } from "./fed-log.ts";
import type { Kernel } from "./generation.ts";
import type { Packet } from "./packet.ts";
import type { Profile } from "./profile.ts";
import { RecordKind, RecordLog } from "./record-log.ts";
import { ConnectionState, Hook, isSet } from "./state.ts";
import { WaitingLog } from "./waiting-log.ts";

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
  /** Reads captured records; null where nothing is captured. */
  readonly reader: RecordReader | null;
  readonly records: readonly RecordLog[];
  readonly fed: readonly FedLog[];
  /** Made where a connection first needs one: most never do. */
  readonly changes: (ChangeLog | undefined)[];
  readonly waiting: (WaitingLog | undefined)[];
  readonly states: ConnectionState[];
  /** By connection: its device's profile. */
  readonly profiles: readonly Profile[];
  /** By connection: bytes of a wire packet as its driver counts them, 0 = every segment counts as one. */
  readonly segmentSizes: readonly number[];
  /** By device: the connections that its events are about. */
  readonly members: readonly (readonly number[])[];
  /** What the driver posted in the event that is being worked on; the NIC takes it at the event's end. */
  readonly queue: DescriptorQueue;
  /** The segment that is being worked on, reused like the queue: a transmit allocates nothing. */
  readonly packet: Packet;
  /** The connection that is being worked on: a device's event goes through all of its own. */
  current: number;
  /** The event that is being worked on. */
  event: number;
  /**
   * By device: the events at which one connection's descriptor stopped the transmit queue for all, and at which a reset
   * let it go on. Logged in the first pass, so that a replay of another connection alone knows. Null = never yet.
   */
  stops: { stopped: number[]; reset: number[] }[] | null;
}

/** What a machine is built from; a Trace is one. */
export interface Scenario {
  devices: readonly Device[];
  connections: readonly Connection[];
  events: EventLog;
  recordSns: ReadonlyMap<number, bigint>;
  reader: RecordReader | null;
}

export function createMachine(scenario: Scenario): Machine {
  const { devices, connections, events, recordSns, reader } = scenario;
  const machine: Machine = {
    devices,
    connections,
    events,
    recordSns,
    reader,
    records: connections.map(() => new RecordLog()),
    fed: connections.map(() => new FedLog()),
    changes: connections.map(() => undefined),
    waiting: connections.map(() => undefined),
    states: connections.map(() => new ConnectionState()),
    profiles: connections.map(({ device }) => devices[device]!.profile),
    segmentSizes: connections.map(({ device, mss }) => countedSize(devices[device]!.profile, mss)),
    members: membersOf(scenario),
    queue: new DescriptorQueue(),
    packet: { connection: 0, seq: seq(0), length: 0, flags: 0, dmaErrorAt: 0, mappings: 0 },
    current: 0,
    event: 0,
    stops: null,
  };
  for (let c = 0; c < connections.length; c++) machine.states[c] = initialState(machine, c);
  return machine;
}

const countedSize = ({ countsPackets, faults }: Profile, mss: number): number =>
  countsPackets === "segments" && !faults.countsSegmentsOnce ? mss : 0;

/** A descriptor that the NIC cannot take stops the device's queue for every connection, from this event on. */
export function stopQueue(machine: Machine, connection: number): void {
  machine.stops ??= machine.devices.map(() => ({ stopped: [], reset: [] }));
  const { stopped } = machine.stops[machine.connections[connection]!.device]!;
  if (!stopped.includes(machine.event)) stopped.push(machine.event);
}

/** True if a connection's descriptor stopped the queue of this connection's device before `event`, and no reset came since. */
export function isQueueStopped(machine: Machine, connection: number, event = machine.event): boolean {
  if (machine.stops === null) return false;
  const { stopped, reset } = machine.stops[machine.connections[connection]!.device]!;
  const last = stopped.findLast((at) => at < event) ?? -1;
  return last >= 0 && !reset.some((at) => at > last && at < event);
}

/** The device's queue was reset: it goes on for every connection behind this event. */
export function restartQueue(machine: Machine, device: number): void {
  if (machine.stops === null) return;
  const { reset } = machine.stops[device]!;
  if (!reset.includes(machine.event)) reset.push(machine.event);
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

export const profileOf = (machine: Machine, connection: number): Profile => machine.profiles[connection]!;

export const kernelOf = (machine: Machine, connection: number): Kernel =>
  machine.devices[machine.connections[connection]!.device]!.kernel;

/** The change log of a connection, made if it has none yet. */
export function changesOf(machine: Machine, connection: number): ChangeLog {
  machine.changes[connection] ??= new ChangeLog();
  return machine.changes[connection]!;
}

export function waitingOf(machine: Machine, connection: number): WaitingLog {
  machine.waiting[connection] ??= new WaitingLog();
  return machine.waiting[connection]!;
}

/** Keys of an epoch: those of the trace, null where they are not known. */
export const keysOf = (machine: Machine, connection: number, epoch: number): RecordKeys | null =>
  machine.connections[connection]!.epochs[epoch] ?? null;

/** A connection before its first event: with its start marker in place if it is offloaded from the beginning. */
export function initialState(machine: Machine, connection: number): ConnectionState {
  const state = new ConnectionState();
  state.route = machine.connections[connection]!.device;
  if (machine.connections[connection]!.installed) install(machine, connection, state);
  settlePath(state);
  return state;
}

/** Says in one field whether packets go straight to the driver and on to the NIC; after whatever may have changed that. */
export function settlePath(state: ConnectionState): void {
  const straight = state.hook === Hook.device && state.route === state.netdev;
  const free = state.held === 0 && state.waitHead === state.waitTail && state.ackWaits === 0;
  state.detour = straight && free ? 0 : 1;
}

/** What keeps the connection from being offloaded, as one of RefusalCode; −1 if nothing does. */
export function refusalOf(machine: Machine, connection: number, state: ConnectionState): number {
  const { version, cipher } = machine.connections[connection]!;
  const kernel = kernelOf(machine, connection);
  const profile = profileOf(machine, connection);
  const device = contextDevice(machine, connection);
  if (isSet(state.down, device)) return RefusalCode["device-down"];
  if (!kernel.versions.includes(version) || (kernel.strict && !profile.versions.includes(version)))
    return RefusalCode.version;
  const known = cipher !== null && kernel.strict;
  if (known && !(kernel.ciphers.includes(cipher) && profile.ciphers.includes(cipher)))
    return RefusalCode.cipher;
  return isSet(state.refusing, device) ? RefusalCode.driver : -1;
}

/**
 * tls_set_device_offload() and the driver's tls_dev_add: marker, record numbers, expected sequence number. Where it is
 * refused the kernel goes on with TLS_SW, which the application is not told. Gives what refusalOf gave.
 */
export function install(machine: Machine, connection: number, state: ConnectionState): number {
  const { startSeq, recSeq0 } = machine.connections[connection]!;
  const refusal = refusalOf(machine, connection, state);
  state.installed = 1;
  putMarker(machine, connection, state, startSeq, addU64(recSeq0, -1), 0);
  if (refusal >= 0 && !profileOf(machine, connection).faults.installsRefused) state.software = 1;
  else addContext(machine, connection, state, startSeq);
  if (refusal >= 0) state.nicDead = state.software === 1 ? 0 : 1;
  return refusal;
}

/** The record map holds a start marker alone: the zero-length entry that counts as the record before the first. */
export function putMarker(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  at: Seq,
  sn: bigint,
  epoch: number,
): void {
  machine.records[connection]!.put(state.tail, {
    kind: RecordKind.startMarker,
    endSeq: at,
    length: 0,
    type: 0,
    epoch,
    sn,
    snKnown: true,
    payloadAt: 0,
    pieceSize: 0,
    openedBy: -1,
    pushedBy: -1,
  });
  state.head = state.tail;
  state.markerRow = state.tail;
  state.tail++;
}

/** The driver's tls_dev_add succeeded: hook, device and what driver and NIC start from, the next row. */
export function addContext(machine: Machine, connection: number, state: ConnectionState, at: Seq): void {
  const profile = profileOf(machine, connection);
  state.hook = Hook.device;
  state.netdev = contextDevice(machine, connection);
  state.expectedSeq = at;
  state.nicSeq = at;
  state.postedRow = state.tail;
  state.contexts++;
  state.paramsPosted = 0;
  state.nicReady = 0;
  state.nicInStep = 0;
  state.nicDead = 0;
  state.nicStaticRow = state.tail;
  if (profile.paramsWithFirstPacket) return;
  state.paramsPosted = 1;
  state.nicRow = state.tail;
  state.nicTaken = 0;
  state.nicReady = 1;
  state.nicInStep = 1;
}

/** netdev: the lowest device under the route; of a bond the slave that the socket hashes to. */
export function contextDevice(machine: Machine, connection: number): number {
  const { device } = machine.connections[connection]!;
  const { slaves, profile } = machine.devices[device]!;
  if (slaves.length === 0) return device;
  const off = profile.faults.wrongSlave ? 1 : 0;
  return slaves[(connection + off) % slaves.length]!;
}

/** End of the last pushed record: tp->write_seq. */
export const writeSeqOf = (machine: Machine, connection: number, state: ConnectionState) =>
  state.tail > 0
    ? machine.records[connection]!.end(state.tail - 1)
    : seq(machine.connections[connection]!.startSeq);
