import type { Sink, Socket } from "../core/machine/socket.ts";
import type { ConnectionState } from "../core/machine/state.ts";
import type { PostedDescriptor } from "../core/words/descriptor.ts";

/** One effect as it happened. */
export interface EffectRecord {
  kind: number;
  a: number;
  b: number;
}

/** One stage of an event: what it said and the state right after it. */
export interface StageRecord {
  stage: number;
  /** Record row or queue place, where the stage has one. */
  detail: number;
  effects: EffectRecord[];
  /** The connection that it is about: a device's event has stages of each of its connections. */
  connection: number;
  readonly state: ConnectionState;
  /** What is in the queue when the event is done with this connection; the same list in all its stages. */
  descriptors: readonly PostedDescriptor[];
  /** How many of these are posted by then. */
  posted: number;
  /** Descriptors that the NIC has taken by then. */
  taken: number;
}

/** An event that somebody looks at, stage by stage. */
export interface Recording {
  event: number;
  /** The event's own connection; of a device's event the first of those on it. */
  connection: number;
  /** That connection's state before the event. */
  before: ConnectionState;
  stages: StageRecord[];
}

/** The sink for who asks only what an event says. */
export class EffectSink implements Sink {
  readonly effects: EffectRecord[] = [];
  socket: Socket | null = null;

  effect(kind: number, a: number, b: number): void {
    this.effects.push({ kind, a, b });
  }

  stage(): void {}
}

/** States that are copied at once: an event may have thousands of stages, and few are looked at. */
const statesAtOnce = 64;
/** At most, where they are looked at one after the other: each time twice as many, lest the event be run for each few of them. */
const statesMax = 2 ** 14;

/** Which of a connection's own stages of an event. */
export interface StageRange {
  from: number;
  count: number;
}

/** Gives the states behind a connection's own stages of the event, by running it once more. */
export type Rerun = (socket: Socket, range: StageRange) => readonly ConnectionState[];

/** The states behind one connection's stages of an event: the first ones as they were copied, the others made when asked for. */
class States {
  private readonly socket: Socket;
  private readonly rerun: Rerun;
  private readonly first: ConnectionState[] = [];
  /** Stages so far. */
  count = 0;
  private made: { from: number; states: readonly ConnectionState[] };

  constructor(socket: Socket, rerun: Rerun) {
    this.socket = socket;
    this.rerun = rerun;
    this.made = { from: 0, states: this.first };
  }

  push(): void {
    if (this.count++ < statesAtOnce) this.first.push(this.socket.state.copy());
  }

  at(own: number): ConnectionState {
    if (own < statesAtOnce) return this.first[own]!;
    const { from, states } = this.made;
    const known = states[own - from];
    if (known !== undefined) return known;
    const end = from + states.length;
    const isNext = own >= end && own < end + statesAtOnce;
    const range = isNext
      ? { from: end, count: Math.min(2 * states.length, statesMax) }
      : { from: own - (own % statesAtOnce), count: statesAtOnce };
    this.made = { from: range.from, states: this.rerun(this.socket, range) };
    return this.made.states[own - range.from]!;
  }
}

/** A stage whose state may not have been copied yet. */
class RecordedStage implements StageRecord {
  readonly stage: number;
  readonly detail: number;
  readonly effects: EffectRecord[];
  readonly connection: number;
  readonly descriptors: readonly PostedDescriptor[];
  readonly posted: number;
  readonly taken: number;
  private readonly states: States;
  private readonly own: number;

  constructor(fields: Omit<StageRecord, "state">, states: States) {
    this.stage = fields.stage;
    this.detail = fields.detail;
    this.effects = fields.effects;
    this.connection = fields.connection;
    this.descriptors = fields.descriptors;
    this.posted = fields.posted;
    this.taken = fields.taken;
    this.states = states;
    this.own = states.count;
  }

  get state(): ConnectionState {
    return this.states.at(this.own);
  }
}

/** The sink for the event somebody looks at: keeps every stage with the state behind it. `end` follows each connection. */
export class RecordingSink implements Sink {
  readonly stages: StageRecord[] = [];
  socket: Socket | null = null;
  private readonly nicStage: number;
  private readonly rerun: Rerun;
  private states: States | null = null;
  private effects: EffectRecord[] = [];
  private descriptors: PostedDescriptor[] = [];
  private taken = 0;

  constructor(nicStage: number, rerun: Rerun) {
    this.nicStage = nicStage;
    this.rerun = rerun;
  }

  effect(kind: number, a: number, b: number): void {
    this.effects.push({ kind, a, b });
  }

  stage(stage: number, detail = -1): void {
    const { effects, descriptors, taken } = this;
    const { index: connection, queue } = this.socket!;
    this.states ??= new States(this.socket!, this.rerun);
    const nowTaken = stage === this.nicStage ? detail + 1 : taken;
    const fields = { stage, detail, effects, connection, descriptors, posted: queue.count, taken: nowTaken };
    this.stages.push(new RecordedStage(fields, this.states));
    this.states.push();
    this.taken = nowTaken;
    this.effects = [];
  }

  /** The event is done with a connection. */
  end({ queue }: Socket): void {
    for (let i = 0; i < queue.count; i++) this.descriptors.push(queue.at(i));
    this.descriptors = [];
    this.states = null;
    this.taken = 0;
  }
}

/** The sink that copies the states behind some of a connection's stages. */
export class StatesSink implements Sink {
  socket: Socket | null = null;
  readonly isDeaf = true;
  readonly states: ConnectionState[] = [];
  private readonly range: StageRange;
  private own = 0;

  constructor(range: StageRange) {
    this.range = range;
  }

  effect(): void {}

  stage(): void {
    const at = this.own++ - this.range.from;
    if (at >= 0 && at < this.range.count) this.states.push(this.socket!.state.copy());
  }
}
