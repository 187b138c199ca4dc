import { Column, firstAtLeast } from "../core/base/columns.ts";
import { createMachine, toBeginning } from "../core/create-machine.ts";
import type { Machine } from "../core/machine/machine.ts";
import { type ConnectionState, stateFields } from "../core/machine/state.ts";
import { step, stepFor } from "../core/step.ts";
import { Effect } from "../core/words/effect.ts";
import { Stage } from "../core/words/stage.ts";
import { Authenticated, type Trace, Wire } from "../trace/trace.ts";
import { contains, type EffectSet, lowEffects, setOf } from "./effect-set.ts";
import { type Finding, FindingLog } from "./findings.ts";
import { type ComparedEvents, MaskSink, type Recording, RecordingSink } from "./recording.ts";

/** Where the debugger stands: right after stage `stage` of event `event`; stage −1 = before the event's first stage. */
export interface Position {
  event: number;
  stage: number;
}

/** A connection's snapshots are this many of its own events apart. */
const snapshotInterval = 500;
/** Effect masks are summed up in blocks of 2^12 events, so that a search skips what cannot hit. */
const blockBits = 12;
const blockSize = 1 << blockBits;

/**
 * A trace in time: runs it once, keeps what each event did as a bit mask, and gives the state of any connection at
 * any position by re-running from the nearest snapshot. Nothing is ever undone.
 */
export class Timeline {
  readonly trace: Trace;
  readonly machine: Machine;
  /** Effects of each event, one bit a kind; valid for events run so far. The high half is there once an event has one of it. */
  private readonly low: MaskColumn;
  private high: MaskColumn | null = null;
  /** Made when it is first asked for: who only runs forwards never needs it. */
  private own: OwnEvents | null = null;
  private readonly snapshots: Column<Float64Array>[];
  /** How many of its own events the working state of each connection is past. */
  private readonly ordinals: Int32Array;
  private ran = 0;
  private readonly sink: MaskSink;
  private readonly seekSink = new MaskSink();
  /** What comparing the replay with something else found; `find` adds to it. */
  readonly found = new FindingLog();
  /** What other profiles make of the events, where the trace is compared under them; else null. */
  compared: ComparedEvents | null = null;
  private readonly recordings = new Map<number, Recording>();

  /** `sink` hears what the first pass says; its masks are cleared before every event. */
  constructor(trace: Trace, sink = new MaskSink()) {
    this.trace = trace;
    this.sink = sink;
    this.machine = createMachine(trace);
    const count = trace.events.count;
    this.low = new MaskColumn(count);
    this.snapshots = trace.connections.map(() => new Column(new Float64Array(0)));
    this.ordinals = new Int32Array(trace.connections.length);
  }

  get eventCount(): number {
    return this.trace.events.count;
  }

  /** The first pass, in slices: runs up to `count` more events and gives how many are done. */
  run(count: number): number {
    const { machine, sink, ordinals } = this;
    const { masks, blocks } = this.low;
    const connections = this.trace.events.connection.values;
    const end = Math.min(this.ran + count, this.eventCount);
    for (let event = this.ran; event < end; event++) {
      const connection = connections[event]!;
      if (connection >= 0) {
        const ordinal = ordinals[connection]!;
        if (ordinal % snapshotInterval === 0 && ordinal > 0) this.snapshot(connection);
        ordinals[connection] = ordinal + 1;
      } else this.passAll(machine.members[-1 - connection]!);
      sink.low = 0;
      sink.high = 0;
      step(machine, event, sink);
      masks[event] = sink.low;
      blocks[event >> blockBits]! |= sink.low;
      if (sink.high !== 0) this.addHigh(event, sink.high);
    }
    this.ran = end;
    if (end === this.eventCount) this.markVerdicts();
    return end;
  }

  /** The connections of a device are about to run an event of it: a snapshot is due at every interval. */
  private passAll(connections: readonly number[]): void {
    for (const connection of connections) {
      const ordinal = this.ordinals[connection]!++;
      if (ordinal % snapshotInterval === 0 && ordinal > 0) this.snapshot(connection);
    }
  }

  private addHigh(event: number, mask: number): void {
    this.high ??= new MaskColumn(this.eventCount);
    this.high.add(event, mask);
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
    this.machine.sockets[connection]!.state.save(pool.values, at);
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
    if (effect < lowEffects) this.low.add(event, 1 << effect);
    else this.addHigh(event, 1 << effect);
    this.recordings.delete(event);
  }

  /** Adds what a comparison found, as an effect of its event. */
  find(finding: Finding): void {
    this.found.add(finding);
    if (finding.event >= 0) this.mark(finding.event, finding.effect);
  }

  /** The kinds of effects that the event has. */
  effectsOf(event: number): EffectSet {
    return { low: this.low.masks[event]!, high: this.high?.masks[event] ?? 0 };
  }

  /** True if the event has an effect of this kind. */
  has(event: number, effect: number): boolean {
    return contains(this.effectsOf(event), effect);
  }

  /** True if the event has an effect of any kind of the set. */
  meets(event: number, { low, high }: EffectSet): boolean {
    return (this.low.masks[event]! & low) !== 0 || ((this.high?.masks[event] ?? 0) & high) !== 0;
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
    const nearest = Math.floor(ordinal / snapshotInterval);
    if (from > ordinal || from < nearest * snapshotInterval) this.restore(connection, nearest);
    const own = this.eventsOf(connection);
    for (let i = ordinals[connection]!; i < ordinal; i++)
      stepFor(machine, own[i]!, connection, this.seekSink);
    ordinals[connection] = ordinal;
    return machine.sockets[connection]!.state;
  }

  private restore(connection: number, snapshot: number): void {
    const socket = this.machine.sockets[connection]!;
    if (snapshot === 0) toBeginning(socket);
    else socket.state.load(this.snapshots[connection]!.values, (snapshot - 1) * stateFields.length);
    this.ordinals[connection] = snapshot * snapshotInterval;
  }

  /** The event looked at closely: every stage with its effects and the state after it. */
  record(event: number): Recording {
    const known = this.recordings.get(event);
    if (known) return known;
    const { machine, ordinals } = this;
    const connections = this.connectionsOf(event);
    for (const c of connections) this.stateBefore(c, event);
    const connection = connections[0] ?? 0;
    const before = this.stateBefore(connection, event).copy();
    const sink = new RecordingSink(Stage.nic);
    step(machine, event, sink);
    for (const c of connections) ordinals[c]!++;
    const descriptors = Array.from({ length: machine.queue.count }, (_, i) => machine.queue.at(i));
    const recording = { event, connection, before, stages: sink.stages, descriptors };
    this.addFindings(recording);
    if (this.recordings.size > 64) this.recordings.delete(this.recordings.keys().next().value!);
    this.recordings.set(event, recording);
    return recording;
  }

  /** Effects that the model does not make: those of comparisons, with the capture or between profiles, and of expectations. */
  private addFindings(recording: Recording): void {
    const { event } = recording;
    const last = recording.stages.at(-1);
    if (!last) return;
    const has = (kind: number) => this.has(event, kind);
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
    for (const number of this.found.of(event)) {
      const { effect, stage } = this.found.findings[number]!;
      (recording.stages[stage] ?? last).effects.push({ kind: effect, a: number, b: 0 });
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

  /** Next event in the direction, from `from` on (inclusive), whose effects meet the set; −1 if none. */
  nextHit(from: number, direction: 1 | -1, set: EffectSet): number {
    const first = set.low === 0 ? -1 : this.low.next(from, direction, set.low, this.ran);
    const second = set.high === 0 ? -1 : (this.high?.next(from, direction, set.high, this.ran) ?? -1);
    if (first < 0 || second < 0) return Math.max(first, second);
    return direction === 1 ? Math.min(first, second) : Math.max(first, second);
  }

  /** Next event in the direction that has this effect; −1 if none. */
  nextOf(from: number, direction: 1 | -1, effect: number): number {
    return this.nextHit(from, direction, setOf(effect));
  }
}

/** One half of the events' effects, with the sum of every block, so that a search skips what cannot hit. */
class MaskColumn {
  readonly masks: Int32Array;
  readonly blocks: Int32Array;

  constructor(count: number) {
    this.masks = new Int32Array(count);
    this.blocks = new Int32Array(Math.ceil(count / blockSize));
  }

  add(event: number, mask: number): void {
    this.masks[event]! |= mask;
    this.blocks[event >> blockBits]! |= mask;
  }

  next(from: number, direction: 1 | -1, mask: number, end: number): number {
    const { masks, blocks } = this;
    for (let event = from; event >= 0 && event < end; event += direction) {
      if ((blocks[event >> blockBits]! & mask) === 0) {
        event = direction === 1 ? event | (blockSize - 1) : event & ~(blockSize - 1);
        continue;
      }
      if ((masks[event]! & mask) !== 0) return event;
    }
    return -1;
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
