import { Timeline } from "../../replay/timeline.ts";
import type { Trace } from "../../trace/trace.ts";
import { EventSink } from "./event-sink.ts";
import { Tally } from "./tally.ts";

/** A trace that parts from another one. */
export interface Parting {
  parent: Trace;
  fork: Trace;
  /** What became of the parent's events: their places in the fork, −1 = gone. */
  placeOf: Int32Array;
}

/** An event that is not the same in both: of the fork, of its parent, −1 where one has it not. */
export interface PartedEvent {
  event: number;
  was: number;
}

/** A replay of one of both, and what each of its events came to. */
export interface PartedRun {
  readonly timeline: Timeline;
  readonly tally: Tally;
}

export interface PartedRuns {
  parent: PartedRun;
  fork: PartedRun;
  /** In the fork's order; what is gone stands where it would be. */
  differences: readonly PartedEvent[];
}

/** Events between two looks at the clock. */
const sliceEvents = 2000;

/**
 * Compares a fork with its parent, event by event as they belong together: effects, what was posted, what left. Yields
 * what share is done.
 */
export function* comparingFork({ parent, fork, placeOf }: Parting): Generator<number, PartedRuns> {
  const before = new DigestedRun(parent);
  const after = new DigestedRun(fork);
  const total = parent.events.count + fork.events.count;
  for (const [run, done] of [
    [before, 0],
    [after, parent.events.count],
  ] as const)
    for (let ran = 0; ran < run.timeline.eventCount; ) {
      ran = run.run(sliceEvents);
      yield (done + ran) / total;
    }
  return { parent: before, fork: after, differences: [...partedEvents(before, after, placeOf)] };
}

function* partedEvents(parent: DigestedRun, fork: DigestedRun, placeOf: Int32Array): Generator<PartedEvent> {
  const wasOf = new Int32Array(fork.timeline.eventCount).fill(-1);
  for (const [was, event] of placeOf.entries()) if (event >= 0) wasOf[event] = was;
  /** The parent's events up to here have been told of. */
  let told = 0;
  for (const [event, was] of wasOf.entries()) {
    if (was >= told) {
      for (; told < was; told++) if (placeOf[told] === -1) yield { event: -1, was: told };
      told++;
    }
    if (was < 0 || !fork.isAs(event, parent, was)) yield { event, was };
  }
  for (; told < placeOf.length; told++) if (placeOf[told] === -1) yield { event: -1, was: told };
}

/** A replay that keeps of each event two numbers that tell it from one that came to something else. */
class DigestedRun implements PartedRun {
  readonly timeline: Timeline;
  readonly tally = new Tally();
  private readonly sink = new EventSink();
  private readonly digests: Int32Array;
  private ran = 0;

  constructor(trace: Trace) {
    this.timeline = new Timeline(trace, this.sink);
    this.digests = new Int32Array(2 * trace.events.count);
  }

  /** Runs some more events and gives how many are done. */
  run(count: number): number {
    const end = Math.min(this.timeline.eventCount, this.ran + count);
    while (this.ran < end) this.runOne(this.ran++);
    return this.ran;
  }

  private runOne(event: number): void {
    const { timeline, tally, sink, digests } = this;
    const { machine } = timeline;
    const connection = machine.events.connection.values[event]!;
    const tailBefore = connection < 0 ? 0 : machine.sockets[connection]!.state.waitTail;
    sink.clear();
    timeline.run(1);
    tally.take(machine, event, sink, tailBefore, everyone);
    const digest = new Digest();
    const { values, length } = sink.effects;
    for (let i = 0; i < length; i++) digest.add(values[i]!);
    tally.eachPosted((cell) => digest.add(cell));
    digest.add(sink.left);
    digest.add(sink.isSuspect ? 1 : 0);
    digests[2 * event] = digest.one;
    digests[2 * event + 1] = digest.other;
  }

  /** True if an event came to the same here as one of another run there. */
  isAs(event: number, { digests }: DigestedRun, other: number): boolean {
    return (
      this.digests[2 * event] === digests[2 * other] && this.digests[2 * event + 1] === digests[2 * other + 1]
    );
  }
}

const everyone = () => true;

/** Two sums of 32 bits over numbers in their order. */
class Digest {
  one = 0x811c9dc5 | 0;
  other = 0x9747b28c | 0;

  add(cell: number): void {
    this.one = Math.imul(this.one ^ cell, 0x01000193);
    this.one ^= this.one >>> 15;
    this.other = Math.imul(this.other ^ (cell + 0x9e3779b9), 0x85ebca6b);
    this.other ^= this.other >>> 13;
  }
}
