import type { Connection } from "./connection.ts";
import type { Shared, Socket } from "./socket.ts";

/** What a machine is built from; a Trace is one. */
export interface Scenario extends Pick<Shared, "devices" | "events" | "recordSns" | "reader"> {
  readonly connections: readonly Connection[];
}

/** What `step` runs on: the trace's events and its connections at work. */
export interface Machine extends Shared {
  readonly sockets: readonly Socket[];
  /** By device: the connections that its events are about. */
  readonly members: readonly (readonly number[])[];
}
