import { effects } from "../../core/words/effect.ts";
import { hasSign, type Judged } from "../findings.ts";
import type { Evaluator } from "../language/evaluator.ts";
import type { EventSet } from "../language/event-set.ts";
import { isTrue } from "../language/operations.ts";
import type { EffectRecord } from "../recording.ts";
import type { Raw } from "../view/value.ts";
import { judgedView, type View } from "../view/view.ts";
import { LiveRun } from "./live-run.ts";

/** Something that happened and that somebody asked for. */
export interface Occurrence {
  event: number;
  /** The last stage of an event, else that of the sign; counted among the connection's own stages. */
  stage: number;
  connection: number;
  sign: EffectRecord | null;
  /** What was asked of it. */
  value: Raw;
}

/** What is looked for, made ready. */
export interface Asked {
  set: EventSet;
  where: Evaluator | null;
  field: Evaluator | null;
  /** True if the trace's own columns tell both. */
  ofColumns: boolean;
  /** True if only a recorded view can tell. */
  needsRecord: boolean;
}

/**
 * All of a set that a condition holds for, in the order of events: signs where they are said, events as they stand behind
 * their last stage. One run through the events that come into question; pauses after each block, saying what share is done.
 */
export function* occurrences(judged: Judged, asked: Asked): Generator<number, Occurrence[]> {
  const { set } = asked;
  if (set.of === "signs" && set.kind >= effects.length) return found(judged, asked);
  if (asked.needsRecord) {
    const all = yield* occurrences(judged, { ...asked, where: null, field: null, needsRecord: false });
    return yield* lookedAt(judged, asked, all);
  }
  const { connections } = judged.timeline.trace;
  const all: Occurrence[] = [];
  for (const connection of connections.keys()) {
    const collector = new Collector(judged, asked, connection, all);
    const { length } = collector.own;
    for (let done = 0; done < length; ) {
      done = collector.take(done);
      yield (connection + done / length) / connections.length;
    }
  }
  return connections.length < 2 ? all : all.sort((a, b) => a.event - b.event || a.connection - b.connection);
}

/** Asks of each occurrence what only a recorded view can tell. */
function* lookedAt(
  judged: Judged,
  { where, field }: Asked,
  all: readonly Occurrence[],
): Generator<number, Occurrence[]> {
  const held: Occurrence[] = [];
  for (const [i, each] of all.entries()) {
    const view = occurrenceView(judged, each);
    if (!where || isTrue(where(view))) held.push(field ? { ...each, value: field(view) } : each);
    yield i / all.length;
  }
  return held;
}

/** The view of an occurrence: right behind its stage, with the sign that is spoken of. */
export function occurrenceView(judged: Judged, { event, stage, connection, sign }: Occurrence): View {
  const { stages } = judged.timeline.record(event);
  const own = stages.flatMap((each, i) => (each.connection === connection ? [i] : []));
  const position = { event, stage: own[Math.min(stage, own.length - 1)] ?? -1 };
  return { ...judgedView(judged, position, connection), sign };
}

/** Findings stand in a list of their own. */
function found(judged: Judged, { set, where, field }: Asked): Occurrence[] {
  const { timeline, findings } = judged;
  return findings.all.flatMap((sign) => {
    const { event } = sign;
    if (set.of !== "signs" || sign.kind !== set.kind || event < 0) return [];
    const { stages } = timeline.record(event);
    const stage = stages[sign.stage] ? sign.stage : stages.length - 1;
    const view: View = { ...judgedView(judged, { event, stage }), sign };
    if (where && !isTrue(where(view))) return [];
    return [{ event, stage, connection: view.index, sign, value: field ? field(view) : event + 1 }];
  });
}

/** Goes through one connection's own events. */
class Collector {
  readonly own: Int32Array;
  private readonly judged: Judged;
  private readonly asked: Asked;
  private readonly run: LiveRun;
  private readonly all: Occurrence[];
  private readonly heard: EffectRecord[] = [];
  private isWanted = false;
  private last: Occurrence | null = null;

  constructor(judged: Judged, asked: Asked, connection: number, all: Occurrence[]) {
    this.judged = judged;
    this.asked = asked;
    this.all = all;
    this.own = judged.timeline.eventsOf(connection);
    this.run = new LiveRun(judged, connection, asked.set.of === "events");
    this.run.asker = this;
  }

  /** The block of events that begins with an ordinal; gives where it ends. */
  take(from: number): number {
    const { own, asked } = this;
    const { timeline } = this.judged;
    const { end: to } = timeline.blockAt(this.run.view.index, from);
    if (asked.ofColumns && asked.set.of === "events") this.takeColumns(from, to);
    else {
      let end = to;
      while (end > from && !this.isOf(own[end - 1]!)) end--;
      timeline.rerun(this.run.view.index, from, end, this.run);
      this.flush();
    }
    return to;
  }

  /** What the trace's own columns tell needs no run. */
  private takeColumns(from: number, to: number): void {
    const { view } = this.run;
    view.position.stage = Number.MAX_SAFE_INTEGER;
    for (let i = from; i < to; i++) {
      view.position.event = this.own[i]!;
      if (this.isOf(this.own[i]!)) this.add(null);
    }
  }

  /** Whether an event is of the set, or has one. A device's event is taken once, with the first connection on it. */
  private isOf(event: number): boolean {
    const { set } = this.asked;
    const { judged } = this;
    if (set.of === "signs") return hasSign(judged, event, [set.kind]);
    const { timeline } = judged;
    const { kind, connection } = timeline.trace.events;
    if (!set.kinds.includes(kind.values[event]!)) return false;
    return connection.values[event]! >= 0 || timeline.connectionsOf(event)[0] === this.run.view.index;
  }

  begin(event: number): boolean {
    this.flush();
    this.isWanted = this.isOf(event);
    return true;
  }

  hear(kind: number, a: number, b: number): void {
    const { set } = this.asked;
    if (set.of === "signs" && kind === set.kind) this.heard.push({ kind, a, b });
  }

  ask(): void {
    if (!this.isWanted) return;
    if (this.asked.set.of === "events") {
      this.last = null;
      this.add(null);
      return;
    }
    for (const sign of this.heard) this.add(sign);
    this.heard.length = 0;
  }

  private add(sign: EffectRecord | null): void {
    const { where, field, set, ofColumns } = this.asked;
    const { view } = this.run;
    view.sign = sign;
    if (where && !isTrue(where(view))) return;
    const { event, stage } = view.position;
    const one = { event, stage, connection: view.index, sign, value: field ? field(view) : event + 1 };
    if (set.of === "events" && !ofColumns) this.last = one;
    else this.all.push(one);
  }

  /** Of an event that is run, what held behind its last stage. */
  private flush(): void {
    if (this.last) this.all.push(this.last);
    this.last = null;
    this.heard.length = 0;
  }
}
