// replay: time: timeline, recordings, the index of signs; stops, changes of values, compiled expressions.

import { firstAtLeast } from "../core/base/columns.ts";
import { createMachine, toBeginning } from "../core/create-machine.ts";
import type { Machine } from "../core/machine/machine.ts";
import type { Sink } from "../core/machine/socket.ts";
import type { ConnectionState } from "../core/machine/state.ts";
import { step, stepFor } from "../core/step.ts";
import { Stage } from "../core/words/stage.ts";
import type { Trace } from "../trace/trace.ts";
import {
  type EffectRecord,
  EffectSink,
  type Recording,
  RecordingSink,
  type StageRange,
  StatesSink,
} from "./recording.ts";
import { SignIndex } from "./sign-index.ts";
import { Snapshots } from "./snapshots.ts";

/** Where the debugger stands: right after stage `stage` of event `event`; stage −1 = before the event's first stage. */
export interface Position {
  event: number;
  stage: number;
}

/** An ordinal behind all events: that of a state which is no event's end. */
const nowhere = 2 ** 31 - 1;

/** The sink of a run through events that somebody watches one by one. */
export interface RerunSink extends Sink {
  /** The connection is about to run this event; false = it shall not, and the run ends. */
  begin(event: number): boolean;
}
/** Recordings that are kept, and stages of them. */
const recordingsMax = 64;
const stagesMax = 2 ** 14;

/**
 * A trace in time: runs it once, keeps which events have which effects, and gives the state of any connection at any
 * position by re-running from the nearest snapshot. Nothing is ever undone.
 */
export class Timeline {
  readonly trace: Trace;
  readonly machine: Machine;
  /** Made when it is first asked for: who only runs forwards never needs it. */
  private own: OwnEvents | null = null;
  /** By connection. */
  private readonly snapshots: readonly Snapshots[];
  /** How many of its own events the working state of each connection is past. */
  private readonly ordinals: Int32Array;
  private ran = 0;
  private readonly sink: SignIndex;
  /** Of the same class as the first pass's, which keeps `step` as fast as there. */
  private readonly seekSink = new SignIndex(true);
  private readonly recordings = new Map<number, Recording>();
  /** Stages of these, each with a copy of a state. */
  private kept = 0;

  /** Whoever wants to hear all that the first pass says makes its sink. */
  constructor(trace: Trace, sink = new SignIndex()) {
    this.trace = trace;
    this.machine = createMachine(trace);
    this.sink = sink;
    this.snapshots = trace.connections.map(() => new Snapshots());
    this.ordinals = new Int32Array(trace.connections.length);
  }

  /** Which events have which effects; valid for events run so far. */
  get effects(): SignIndex {
    return this.sink;
  }

  get eventCount(): number {
    return this.trace.events.count;
  }

  /** The first pass, in slices: runs up to `count` more events and gives how many are done. */
  run(count: number): number {
    const { machine, sink, snapshots } = this;
    const { queue } = machine;
    const connections = this.trace.events.connection.values;
    const end = Math.min(this.ran + count, this.eventCount);
    for (let event = this.ran; event < end; event++) {
      const connection = connections[event]!;
      if (connection < 0) {
        for (const member of machine.members[-1 - connection]!) this.pass(member);
        step(machine, event, sink);
        continue;
      }
      this.pass(connection);
      step(machine, event, sink);
      snapshots[connection]!.posted += queue.count;
    }
    this.ran = end;
    if (end === this.eventCount) this.effects.trim();
    return end;
  }

  /** The connection is about to run one more of its events for the first time. */
  private pass(connection: number): void {
    const snapshots = this.snapshots[connection]!;
    const ordinal = this.ordinals[connection]!++;
    const { state } = this.machine.sockets[connection]!;
    if (snapshots.isDue(ordinal, state)) snapshots.take(ordinal, state);
  }

  /** The whole first pass at once. */
  runAll(): this {
    this.run(this.eventCount);
    return this;
  }

  /** Events of a connection, in order, as a view into one array. */
  eventsOf(connection: number): Int32Array {
    this.own ??= eventsByConnection(this.trace, this.machine.members);
    const { start, events } = this.own;
    return events.subarray(start[connection]!, start[connection + 1]!);
  }

  /** How many of the connection's own events lie before `event`. */
  ordinalOf(connection: number, event: number): number {
    return firstAtLeast(this.eventsOf(connection), event);
  }

  /** The connection's state before `event` (its own or another's): the working state, good until the next seek. */
  stateBefore(connection: number, event: number): ConnectionState {
    return this.seek(connection, this.ordinalOf(connection, event));
  }

  /** Brings the connection's working state to where `ordinal` of its own events are done. */
  private seek(connection: number, ordinal: number): ConnectionState {
    const { machine, ordinals } = this;
    const from = ordinals[connection]!;
    if (from === ordinal) return machine.sockets[connection]!.state;
    const nearest = this.snapshots[connection]!.until(ordinal);
    if (from > ordinal || from < this.snapshots[connection]!.ordinalOf(nearest))
      this.restore(connection, nearest);
    const own = this.eventsOf(connection);
    for (let i = ordinals[connection]!; i < ordinal; i++)
      stepFor(machine, own[i]!, connection, this.seekSink);
    ordinals[connection] = ordinal;
    return machine.sockets[connection]!.state;
  }

  private restore(connection: number, nearest: number): void {
    const socket = this.machine.sockets[connection]!;
    const snapshots = this.snapshots[connection]!;
    if (nearest === 0) toBeginning(socket);
    else snapshots.load(nearest, socket.state);
    socket.equip();
    this.ordinals[connection] = snapshots.ordinalOf(nearest);
  }

  /** The connection's own events [begin, end) around an ordinal that are run from one snapshot: a run of them needs no seek. */
  blockAt(connection: number, ordinal: number): { begin: number; end: number } {
    return this.snapshots[connection]!.block(ordinal, this.eventsOf(connection).length);
  }

  /** The event looked at closely: every stage with its effects and the state after it. */
  record(event: number): Recording {
    const known = this.recordings.get(event);
    if (known) return known;
    const recording = this.recorded(event, this.connectionsOf(event));
    this.keep(recording);
    return recording;
  }

  /** The same of each connection that the event is about, one at a time: a device may have very many. */
  *parts(event: number): Generator<Recording> {
    const connections = this.connectionsOf(event);
    if (connections.length < 2) yield this.record(event);
    else for (const connection of connections) yield this.recorded(event, [connection]);
  }

  private recorded(event: number, connections: readonly number[]): Recording {
    const { sockets } = this.machine;
    const connection = connections[0] ?? 0;
    const before = this.stateBefore(connection, event).copy();
    const sink = new RecordingSink(Stage.nic, ({ index }, range) => this.statesBehind(event, index, range));
    for (const c of connections) {
      this.again(event, c, sink);
      sink.end(sockets[c]!);
    }
    return { event, connection, before, stages: sink.stages };
  }

  /** The states behind some of a connection's own stages of an event. */
  private statesBehind(event: number, connection: number, range: StageRange): readonly ConnectionState[] {
    const sink = new StatesSink(range);
    this.again(event, connection, sink);
    return sink.states;
  }

  /** What an event says, without its stages and their states: for who goes through all events. */
  effectsIn(event: number): EffectRecord[] {
    const sink = new EffectSink();
    for (const c of this.connectionsOf(event)) this.again(event, c, sink);
    return sink.effects;
  }

  /** Runs an event of a connection once more. */
  private again(event: number, connection: number, sink: Sink): void {
    this.stateBefore(connection, event);
    stepFor(this.machine, event, connection, sink);
    this.ordinals[connection]!++;
  }

  /**
   * Runs a connection's own events once more, those with ordinals [from, to), or until the sink ends it. Nothing is
   * recorded; a sink that throws leaves no harm.
   */
  rerun(connection: number, from: number, to: number, sink: RerunSink): void {
    this.seek(connection, from);
    const { machine, ordinals } = this;
    const own = this.eventsOf(connection);
    ordinals[connection] = nowhere;
    let next = from;
    for (; next < to && sink.begin(own[next]!); next++) stepFor(machine, own[next]!, connection, sink);
    ordinals[connection] = next;
  }

  /** Keeps the newest recordings, as many as have a bounded number of stages together: a device's event has those of all its connections. */
  private keep(recording: Recording): void {
    const { recordings } = this;
    recordings.set(recording.event, recording);
    this.kept += recording.stages.length;
    for (const [event, { stages }] of recordings) {
      if (recordings.size <= recordingsMax && this.kept <= stagesMax) break;
      if (event === recording.event) break;
      recordings.delete(event);
      this.kept -= stages.length;
    }
  }

  /** The connections that an event is about: its own, or all on its device. */
  connectionsOf(event: number): readonly number[] {
    const connection = this.trace.events.connection.at(event);
    return connection < 0 ? this.machine.members[-1 - connection]! : [connection];
  }

  /** State of the position's own connection there; a copy that stays. */
  stateAt(position: Position): ConnectionState {
    const recording = this.record(position.event);
    return recording.stages[position.stage]?.state ?? recording.before;
  }

  /** The connection that the debugger is in at `position`. */
  connectionAt(position: Position): number {
    const recording = this.record(position.event);
    return recording.stages[position.stage]?.connection ?? recording.connection;
  }

  /** State of any connection when the debugger stands at `position`. */
  stateOf(connection: number, position: Position): ConnectionState {
    const { stages } = this.record(position.event);
    for (let stage = Math.min(position.stage, stages.length - 1); stage >= 0; stage--)
      if (stages[stage]!.connection === connection) return stages[stage]!.state;
    return this.stateBefore(connection, position.event).copy();
  }
}

/** Events of connection c, in order: events[start[c] … start[c + 1]). */
interface OwnEvents {
  start: Int32Array;
  events: Int32Array;
}

/** Counting sort of the events by connection. A device's event is one of all its connections. */
function eventsByConnection(trace: Trace, members: readonly (readonly number[])[]): OwnEvents {
  const { count } = trace.events;
  // One connection that passes every device has them all: nothing to sort.
  if (trace.connections.length === 1 && members.every(({ length }) => length === 1))
    return { start: Int32Array.of(0, count), events: new Int32Array(count).map((_, i) => i) };
  const of = trace.events.connection.values;
  const start = new Int32Array(trace.connections.length + 1);
  for (let event = 0; event < count; event++) {
    const connection = of[event]!;
    if (connection >= 0) start[connection + 1]!++;
    else for (const member of members[-1 - connection]!) start[member + 1]!++;
  }
  for (let c = 0; c < trace.connections.length; c++) start[c + 1]! += start[c]!;
  const next = start.slice();
  const events = new Int32Array(start.at(-1)!);
  for (let event = 0; event < count; event++) {
    const connection = of[event]!;
    if (connection >= 0) events[next[connection]!++] = event;
    else for (const member of members[-1 - connection]!) events[next[member]!++] = event;
  }
  return { start, events };
}
