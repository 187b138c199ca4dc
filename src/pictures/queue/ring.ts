import { Effect } from "../../core/words/effect.ts";
import type { StageRecord } from "../../replay/recording.ts";
import type { Position, Timeline } from "../../replay/timeline.ts";
import { ownPosts, ownStages } from "./posts.ts";

/** What has become of a descriptor where the debugger stands. */
export interface Fate {
  text: string;
  /** The debugger stands in the event that posted it. */
  isNow: boolean;
}

/** A descriptor that waited when the event began, as far as it is told from others. */
interface Waited {
  event: number;
  kind: string;
  seq: number;
  length: number;
}

/**
 * The ring of a stream where the debugger stands: what each event posted is taken, waits, or is not posted yet, and where
 * producer and consumer are. Descriptors are taken in their order: of each event's the first ones.
 */
export class Ring {
  private readonly timeline: Timeline;
  private readonly connection: number;
  readonly position: Position;
  private readonly stage: StageRecord | undefined;
  /** How many of its own the event has posted by then, and how many of these the NIC has taken. */
  private readonly own: { posted: number; taken: number };
  /** By event before this one: how many of its descriptors still wait. */
  private readonly still = new Map<number, number>();

  constructor(timeline: Timeline, connection: number, position: Position) {
    this.timeline = timeline;
    this.connection = connection;
    this.position = position;
    const stage = timeline.record(position.event).stages[position.stage];
    this.stage = stage?.connection === connection ? stage : undefined;
    const { first, count } = ownPosts(timeline, position.event, connection);
    // What waited stands ahead as soon as the NIC begins to take it.
    const { posted, taken } = this.stage ?? { posted: 0, taken: 0 };
    const ahead = posted > count ? first : 0;
    this.own = { posted: posted - ahead, taken: Math.max(0, taken - ahead) };
    if (timeline.effects.count(Effect.waiting) === 0) return;
    for (const event of [...this.leaving(ahead).slice(Math.min(ahead, taken)), ...this.waiting()])
      if (event !== position.event) this.still.set(event, (this.still.get(event) ?? 0) + 1);
  }

  /** What has become of the descriptors of an event, of which there are so many. */
  fatesOf(event: number, count: number): Fate[] {
    const { position, own, still } = this;
    const fates = (texts: (i: number) => string[], isNow = false): Fate[] =>
      Array.from({ length: count }, (_, i) => ({
        text: texts(i)
          .filter((text) => text !== "")
          .join(" "),
        isNow,
      }));
    if (event > position.event) return fates(() => ["not posted"]);
    const first = still.size === 0 ? position.event : Math.min(...still.keys());
    const consumer = (isIt: boolean) => (event === first && isIt ? "← consumer" : "");
    if (event < position.event) {
      const gone = this.timeline.effects.has(event, Effect.waiting) ? "left the queue" : "taken";
      const taken = count - (still.get(event) ?? 0);
      return fates((i) => [i < taken ? gone : "waiting", consumer(i === taken)]);
    }
    const waits = this.waits;
    const word = (i: number) =>
      i >= own.posted ? "not posted" : i < own.taken ? "taken" : waits ? "waiting" : "posted";
    return fates((i) => [word(i), consumer(i === own.taken), i === own.posted ? "← producer" : ""], true);
  }

  /** What the event posts is not taken in it. */
  private get waits(): boolean {
    const stages = ownStages(this.timeline.record(this.position.event).stages, this.connection);
    return stages.some(({ effects }) => effects.some(({ kind }) => kind === Effect.waiting));
  }

  /** The events of the descriptors in the log of what waits behind the stage. */
  private waiting(): number[] {
    const { waiting } = this.timeline.machine.sockets[this.connection]!;
    const { waitHead, waitTail } = this.timeline.stateOf(this.connection, this.position);
    return Array.from({ length: waitTail - waitHead }, (_, i) => waiting.event.at(waitHead + i));
  }

  /** The events of the first `count` descriptors of the event's queue, which waited before it. */
  private leaving(count: number): number[] {
    if (count === 0) return [];
    const { waiting } = this.timeline.machine.sockets[this.connection]!;
    const { waitHead, waitTail } = this.timeline.stateBefore(this.connection, this.position.event);
    const before: Waited[] = Array.from({ length: waitTail - waitHead }, (_, i) => waiting.at(waitHead + i));
    let row = 0;
    // What waits in another queue stays there.
    return this.stage!.descriptors.slice(0, count).map(({ kind, seq, length }) => {
      while (row < before.length - 1 && !isSame(before[row]!, { kind, seq, length })) row++;
      return before[row++]!.event;
    });
  }
}

const isSame = (a: Omit<Waited, "event">, b: Omit<Waited, "event">): boolean =>
  a.kind === b.kind && a.seq === b.seq && a.length === b.length;
