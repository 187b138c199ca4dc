import type { EventLog } from "../words/event.ts";
import type { Connection, Device, RecordReader } from "./connection.ts";
import type { DescriptorQueue } from "./descriptors.ts";
import type { QueueStops } from "./queue-stops.ts";
import type { Socket } from "./socket.ts";

/** What `step` runs on: the trace's events and its connections at work. */
export interface Machine {
  readonly devices: readonly Device[];
  readonly events: EventLog;
  readonly sockets: readonly Socket[];
  /** By device: the connections that its events are about. */
  readonly members: readonly (readonly number[])[];
  /** What was posted in the event that is being worked on. */
  readonly queue: DescriptorQueue;
  /** By device: when its transmit queue stood still. */
  readonly stops: readonly QueueStops[];
}

/** What a machine is built from; a Trace is one. */
export interface Scenario {
  devices: readonly Device[];
  connections: readonly Connection[];
  events: EventLog;
  recordSns: ReadonlyMap<number, bigint>;
  /** Reads captured records; null where nothing is captured. */
  reader: RecordReader | null;
}
