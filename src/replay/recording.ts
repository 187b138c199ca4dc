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
  state: ConnectionState;
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

/** The sink for the event somebody looks at: keeps every stage with a copy of the state. `end` follows each connection. */
export class RecordingSink implements Sink {
  readonly stages: StageRecord[] = [];
  socket: Socket | null = null;
  private readonly nicStage: number;
  private effects: EffectRecord[] = [];
  private descriptors: PostedDescriptor[] = [];
  private taken = 0;

  constructor(nicStage: number) {
    this.nicStage = nicStage;
  }

  effect(kind: number, a: number, b: number): void {
    this.effects.push({ kind, a, b });
  }

  stage(stage: number, detail = -1): void {
    const { index, state, queue } = this.socket!;
    if (stage === this.nicStage) this.taken = detail + 1;
    this.stages.push({
      stage,
      detail,
      effects: this.effects,
      connection: index,
      state: state.copy(),
      descriptors: this.descriptors,
      posted: queue.count,
      taken: this.taken,
    });
    this.effects = [];
  }

  /** The event is done with a connection. */
  end({ queue }: Socket): void {
    for (let i = 0; i < queue.count; i++) this.descriptors.push(queue.at(i));
    this.descriptors = [];
    this.taken = 0;
  }
}
