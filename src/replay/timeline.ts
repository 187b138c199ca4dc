import { Column, firstAtLeast } from "../core/columns.ts";
import { Effect } from "../core/effect.ts";
import { createMachine, initialState, type Machine } from "../core/machine.ts";
import { Stage } from "../core/stage.ts";
import { type ConnectionState, stateFields } from "../core/state.ts";
import { step } from "../core/step.ts";
import { Authenticated, type Trace, Wire } from "../trace/trace.ts";
import { MaskSink, type Recording, RecordingSink } from "./recording.ts";

/** Where the debugger stands: right after stage `stage` of event `event`; stage −1 = before the event's first stage. */
export interface Position {
  event: number;
  stage: number;
}

/** A connection's snapshots are this many of its own events apart. */
const snapshotInterval = 1000;
/** Effect masks are summed up in blocks of this many events, so that a search skips what cannot hit. */
const blockSize = 4096;

/**
 * A trace in time: runs it once, keeps what each event did as a bit mask, and gives the state of any connection at
 * any position by re-running from the nearest snapshot. Nothing is ever undone.
 */
export class Timeline {
  readonly trace: Trace;
  readonly machine: Machine;
  /** Effects of each event, one bit a kind; valid for events run so far. */
  readonly masks: Int32Array;
  private readonly blocks: Int32Array;
  /** Events of connection c, in order: ownEvents[ownStart[c] … ownStart[c + 1]). */
  private readonly ownStart: Int32Array;
  private readonly ownEvents: Int32Array;
  private readonly snapshots: Column<Float64Array>[];
  /** How many of its own events the working state of each connection is past. */
  private readonly ordinals: Int32Array;
  private ran = 0;
  private readonly sink = new MaskSink();
  private readonly recordings = new Map<number, Recording>();

  constructor(trace: Trace) {
    this.trace = trace;
    this.machine = createMachine(trace);
    const count = trace.events.count;
    this.masks = new Int32Array(count);
    this.blocks = new Int32Array(Math.ceil(count / blockSize));
    [this.ownStart, this.ownEvents] = eventsByConnection(trace);
    this.snapshots = trace.connections.map(() => new Column(new Float64Array(0)));
    this.ordinals = new Int32Array(trace.connections.length);
  }

  get eventCount(): number {
    return this.trace.events.count;
  }

  /** The first pass, in slices: runs up to `count` more events and gives how many are done. */
  run(count: number): number {
    const { machine, sink, masks, blocks, ordinals } = this;
    const connections = this.trace.events.connection.values;
    const end = Math.min(this.ran + count, this.eventCount);
    for (let event = this.ran; event < end; event++) {
      const connection = connections[event]!;
      const ordinal = ordinals[connection]!;
      if (ordinal % snapshotInterval === 0 && ordinal > 0) this.snapshot(connection);
      sink.mask = 0;
      step(machine, event, sink);
      ordinals[connection] = ordinal + 1;
      const mask = sink.mask;
      masks[event] = mask;
      blocks[event >> 12]! |= mask;
    }
    this.ran = end;
    if (end === this.eventCount) this.markVerdicts();
    return end;
  }

  /** The whole first pass at once. */
  runAll(): this {
    this.run(this.eventCount);
    return this;
  }

  private snapshot(connection: number): void {
    const pool = this.snapshots[connection]!;
    const at = pool.length;
    pool.reserve(at + stateFields.length);
    pool.length = at + stateFields.length;
    this.machine.states[connection]!.save(pool.values, at);
  }

  /** What comparing a capture found counts as effects of its events. */
  private markVerdicts(): void {
    const { verdicts } = this.trace;
    if (!verdicts) return;
    for (let event = 0; event < this.eventCount; event++) {
      if (verdicts.wire[event] === Wire.differs) this.mark(event, Effect["wire-differs"]);
      if (verdicts.authenticated[event] === Authenticated.no)
        this.mark(event, Effect["authentication-failed"]);
    }
  }

  /** Adds an effect that is found after the first pass (verdicts, expectations). */
  mark(event: number, effect: number): void {
    this.masks[event]! |= 1 << effect;
    this.blocks[event >> 12]! |= 1 << effect;
    this.recordings.delete(event);
  }

  /** Events of a connection, in order, as a view into one array. */
  eventsOf(connection: number): Int32Array {
    return this.ownEvents.subarray(this.ownStart[connection]!, this.ownStart[connection + 1]!);
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
    const nearest = Math.floor(ordinal / snapshotInterval);
    if (from > ordinal || from < nearest * snapshotInterval) this.restore(connection, nearest);
    const own = this.eventsOf(connection);
    for (let i = ordinals[connection]!; i < ordinal; i++) step(machine, own[i]!, this.sink);
    ordinals[connection] = ordinal;
    return machine.states[connection]!;
  }

  private restore(connection: number, snapshot: number): void {
    const { machine } = this;
    if (snapshot === 0) machine.states[connection] = initialState(machine, connection);
    else
      machine.states[connection]!.load(
        this.snapshots[connection]!.values,
        (snapshot - 1) * stateFields.length,
      );
    this.ordinals[connection] = snapshot * snapshotInterval;
  }

  /** The event looked at closely: every stage with its effects and the state after it. */
  record(event: number): Recording {
    const known = this.recordings.get(event);
    if (known) return known;
    const { machine } = this;
    const connection = this.trace.events.connection.at(event);
    const before = this.stateBefore(connection, event).copy();
    const sink = new RecordingSink(machine, connection, Stage.nic);
    step(machine, event, sink);
    this.ordinals[connection]!++;
    const descriptors = Array.from({ length: machine.queue.count }, (_, i) => machine.queue.at(i));
    const recording = { event, connection, before, stages: sink.stages, descriptors };
    this.addFindings(recording);
    if (this.recordings.size > 64) this.recordings.delete(this.recordings.keys().next().value!);
    this.recordings.set(event, recording);
    return recording;
  }

  /** Effects that the model does not make: those of the comparison with the capture, of expectations. */
  private addFindings(recording: Recording): void {
    const { event } = recording;
    const mask = this.masks[event]!;
    const last = recording.stages.at(-1);
    if (!last) return;
    const has = (kind: number) => (mask & (1 << kind)) !== 0;
    if (has(Effect["wire-differs"])) {
      const found = this.trace.verdicts!.differences.get(event);
      last.effects.push({
        kind: Effect["wire-differs"],
        a: (found?.firstSeq ?? 0) | 0,
        b: found?.bytes ?? 0,
      });
    }
    if (has(Effect["authentication-failed"])) {
      const length = this.trace.events.length.at(event);
      last.effects.push({ kind: Effect["authentication-failed"], a: last.state.tail - 1, b: length });
    }
    if (has(Effect["expectation-failed"]))
      last.effects.push({ kind: Effect["expectation-failed"], a: event, b: 0 });
  }

  /** State of the position's own connection there; a copy that stays. */
  stateAt(position: Position): ConnectionState {
    const recording = this.record(position.event);
    return recording.stages[position.stage]?.state ?? recording.before;
  }

  /** State of any connection when the debugger stands at `position`. */
  stateOf(connection: number, position: Position): ConnectionState {
    if (this.trace.events.connection.at(position.event) === connection) return this.stateAt(position);
    return this.stateBefore(connection, position.event).copy();
  }

  /** Next event in the direction, from `from` on (inclusive), whose effects meet `mask`; −1 if none. */
  nextHit(from: number, direction: 1 | -1, mask: number): number {
    const { masks, blocks } = this;
    for (let event = from; event >= 0 && event < this.ran; event += direction) {
      if ((blocks[event >> 12]! & mask) === 0) {
        event = direction === 1 ? event | (blockSize - 1) : event & ~(blockSize - 1);
        continue;
      }
      if ((masks[event]! & mask) !== 0) return event;
    }
    return -1;
  }
}

/** Counting sort of the events by connection: starts and the events themselves. */
function eventsByConnection(trace: Trace): [Int32Array, Int32Array] {
  const { count } = trace.events;
  const of = trace.events.connection.values;
  const start = new Int32Array(trace.connections.length + 1);
  for (let event = 0; event < count; event++) start[of[event]! + 1]!++;
  for (let c = 0; c < trace.connections.length; c++) start[c + 1]! += start[c]!;
  const next = start.slice();
  const own = new Int32Array(count);
  for (let event = 0; event < count; event++) own[next[of[event]!]!++] = event;
  return [start, own];
}
