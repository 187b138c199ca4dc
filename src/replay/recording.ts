import type { PostedDescriptor } from "../core/descriptor.ts";
import type { Machine, Sink } from "../core/machine.ts";
import type { ConnectionState } from "../core/state.ts";

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
  state: ConnectionState;
  /** Descriptors posted by then in this event. */
  posted: number;
  /** Descriptors that the NIC has taken by then. */
  taken: number;
}

/** An event that somebody looks at, stage by stage. */
export interface Recording {
  event: number;
  connection: number;
  /** The connection's state before the event. */
  before: ConnectionState;
  stages: StageRecord[];
  descriptors: PostedDescriptor[];
}

/** The sink for the event somebody looks at: keeps every stage with a copy of the state. */
export class RecordingSink implements Sink {
  readonly stages: StageRecord[] = [];
  private readonly machine: Machine;
  private readonly connection: number;
  private readonly nicStage: number;
  private effects: EffectRecord[] = [];
  private taken = 0;

  constructor(machine: Machine, connection: number, nicStage: number) {
    this.machine = machine;
    this.connection = connection;
    this.nicStage = nicStage;
  }

  effect(kind: number, a: number, b: number): void {
    this.effects.push({ kind, a, b });
  }

  stage(stage: number, detail: number): void {
    if (stage === this.nicStage) this.taken = detail + 1;
    this.stages.push({
      stage,
      detail,
      effects: this.effects,
      state: this.machine.states[this.connection]!.copy(),
      posted: this.machine.queue.count,
      taken: this.taken,
    });
    this.effects = [];
  }
}

/** The sink for runs and seeks: one bit an effect kind. */
export class MaskSink implements Sink {
  mask = 0;

  effect(kind: number): void {
    this.mask |= 1 << kind;
  }

  stage(): void {}
}
