import type { DebugProtocol } from "@vscode/debugprotocol";
import { type Judged, signsAt } from "../replay/findings.ts";
import { parseExpression } from "../replay/language/parse.ts";
import type { EffectRecord } from "../replay/recording.ts";
import { dealingsAt, type SearchResult, type StopRule, StopSearch, stopView } from "../replay/stops.ts";
import type { Position, Timeline } from "../replay/timeline.ts";
import { gravest, wordSign } from "../replay/view/explain.ts";
import { stageName } from "../replay/view/stage-name.ts";
import { secondsText, show } from "../replay/view/value.ts";
import { viewAt } from "../replay/view/view.ts";
import { Cancelled, type Progress, UserError } from "../trace/platform.ts";
import { messageOf } from "./answering-session.ts";
import { Paused } from "./job.ts";
import type { Breakpoints } from "./stops/breakpoints.ts";
import { atEnd, type Move } from "./time/moves.ts";
import { Trail } from "./time/trail.ts";

type StoppedEvent = DebugProtocol.StoppedEvent["body"];

export type Direction = 1 | -1;

/** Where the debugger stands, how it came there, and why it stopped. */
export interface Stop {
  position: Position;
  /** Where it stood before. */
  previous: Position | null;
  direction: Direction;
  /** The protocol's reason. */
  reason: string;
  /** What happened, in a few words. */
  description: string;
  rules: readonly StopRule[];
  /** The sign that an exception filter caught, or the gravest one of a step. */
  sign: EffectRecord | null;
}

export type Why = Pick<Stop, "reason" | "description"> & Partial<Pick<Stop, "rules" | "sign">>;

/** A place to go to, and what is to be said there. */
export interface Goal {
  position: Position;
  why: Why;
}

const isBehind = (a: Position, b: Position): boolean =>
  a.event > b.event || (a.event === b.event && a.stage > b.stage);

/** What a runner tells besides its stops. */
interface Told {
  log(position: Position, rule: StopRule): void;
  /** How much of the trace was checked, for who comes to its end. */
  checked: string;
}

/** The protocol's word for a stop, by the first kind of rule that stops there. */
const reasons: readonly (readonly [StopRule["kind"] | "instruction", string])[] = [
  ["sign", "exception"],
  ["line", "breakpoint"],
  ["instruction", "instruction breakpoint"],
  ["data", "data breakpoint"],
  ["bytes", "data breakpoint"],
  ["function", "function breakpoint"],
];

/** Blocks of events run between two looks at the clock. */
const budget = 2;

/** From where, which way, and who may cut it short. */
interface Run {
  at: Position;
  direction: Direction;
  progress: Progress;
  /** The connection whose stops count, if not all do. */
  only?: number | undefined;
  /** Where it stops forwards if nothing did before. */
  goal?: Goal;
}

/** Moves through the trace: steps at once, continues in slices that somebody can interrupt. */
export class Runner {
  readonly judged: Judged;
  stop: Stop;
  private readonly trail = new Trail();
  private readonly breakpoints: Breakpoints;
  private readonly told: Told;
  private search: StopSearch | null = null;
  private searchVersion = -1;

  constructor(judged: Judged, breakpoints: Breakpoints, told: Told) {
    this.judged = judged;
    this.breakpoints = breakpoints;
    this.told = told;
    this.stop = {
      position: { event: 0, stage: -1 },
      previous: null,
      direction: 1,
      reason: "entry",
      description: "Start of the trace",
      rules: [],
      sign: null,
    };
  }

  get timeline(): Timeline {
    return this.judged.timeline;
  }

  /** Goes to a position and stops there. */
  arrive(position: Position, direction: Direction, why: Why): Stop {
    const previous = this.stop.position;
    this.stop = { position, previous, direction, rules: [], sign: null, ...why };
    return this.stop;
  }

  /** One step of one connection, which Step Back undoes; at the trace's end it stays where it is and says so. */
  step(move: Move, connection: number, direction: Direction): Stop {
    const { timeline } = this;
    const from = this.stop.position;
    const position = move(timeline, from, connection);
    if (position && direction === 1) this.trail.push({ from, to: position, connection });
    if (position) return this.stepped(position, direction);
    const { name } = timeline.trace.connections[connection]!;
    const description = direction === 1 ? `No further event of ${name}` : `No earlier event of ${name}`;
    return this.arrive(this.stop.position, direction, { reason: "step", description });
  }

  /** Back to where the step began that led here; where none did, a step by `move`. */
  stepBack(move: Move, connection: number): Stop {
    const step = this.trail.takeTo(this.stop.position, connection);
    return step === null ? this.step(move, connection, -1) : this.stepped(step.from, -1);
  }

  private stepped(position: Position, direction: Direction): Stop {
    const sign = headline(this.judged, this.stop.position, position, direction);
    return this.arrive(position, direction, { reason: "step", description: "Step", sign });
  }

  /** Goes to a goal at once, whichever way it lies. */
  arriveAt({ position, why }: Goal): Stop {
    return this.arrive(position, position.event < this.stop.position.event ? -1 : 1, why);
  }

  /** Goes to before an event does anything but begin. */
  goto(event: number, description: string): Stop {
    return this.arriveAt({ position: { event, stage: 0 }, why: { reason: "goto", description } });
  }

  /**
   * Runs to the next stop in the direction, to the end of the trace, or to where it is paused; cancelled, it stays.
   * It goes past what stops in other connections than `only`, where one is given.
   */
  run(direction: Direction, progress: Progress, only?: number): Promise<Stop> {
    return this.runTo(() => this.searchNow(), { at: this.stop.position, direction, progress, only });
  }

  /** The same to the next event at which the expression holds, whatever breakpoints say. */
  find(expression: string, direction: Direction, progress: Progress): Promise<Stop> {
    const { event } = this.stop.position;
    const at = { event, stage: direction === 1 ? Number.MAX_SAFE_INTEGER : -1 };
    const condition = parseExpression(expression);
    const label = `Found: ${expression}`;
    const search = new StopSearch(this.judged, [
      { id: 0, label, kind: "function", names: "*", condition, hit: null },
    ]);
    return this.runTo(() => search, { at, direction, progress });
  }

  /** Runs on to a goal, unless one of these breakpoints stops it before. */
  towards(goal: Goal, rules: readonly StopRule[], progress: Progress): Promise<Stop> {
    const search = new StopSearch(this.judged, rules);
    return this.runTo(() => search, { at: this.stop.position, direction: 1, progress, goal });
  }

  private async runTo(
    search: () => StopSearch,
    { at: from, direction, progress, goal, only }: Run,
  ): Promise<Stop> {
    let at = from;
    try {
      for (;;) {
        const result = search().next(at, direction, budget);
        at = result.at;
        if (goal && (result.ended || isBehind(result.found?.position ?? at, goal.position)))
          return this.arrive(goal.position, direction, goal.why);
        const isMeant =
          only === undefined || (result.found && this.timeline.connectionAt(result.found.position) === only);
        const stop = result.found && isMeant ? this.found(result.found, direction) : null;
        if (stop) return stop;
        if (result.ended) return this.end(direction);
        const done = Math.abs(at.event - from.event);
        await progress.tick(done, this.lengthOf(from, direction, goal), "looking for the next stop");
      }
    } catch (error) {
      if (error instanceof Paused)
        return this.arrive(this.within(at), direction, { reason: "pause", description: "Paused" });
      if (error instanceof Cancelled) return this.stay();
      const what =
        error instanceof UserError ? "A breakpoint's condition cannot be evaluated" : "The run failed";
      const description = `${what}: ${messageOf(error)}`;
      const place = this.failingPlace(search, at, direction);
      return this.arrive(place, direction, { reason: "breakpoint", description });
    }
  }

  /** Where it stood before a run that is undone. */
  private stay(): Stop {
    const { position, direction } = this.stop;
    const description = "Cancelled: still where the run began";
    return this.arrive(position, direction, { reason: "pause", description });
  }

  /** Events that a run goes through if nothing stops it. */
  private lengthOf(from: Position, direction: Direction, goal?: Goal): number {
    const end = direction === -1 ? 0 : (goal?.position.event ?? this.timeline.eventCount);
    return Math.abs(end - from.event);
  }

  /** The search with the rules of now; it remembers its counts until they change. */
  private searchNow(): StopSearch {
    if (!this.search || this.searchVersion !== this.breakpoints.version) {
      this.search = new StopSearch(this.judged, this.breakpoints.rules);
      this.searchVersion = this.breakpoints.version;
    }
    return this.search;
  }

  /** Log points say what they have to say; null if there were only those. */
  private found(found: NonNullable<SearchResult["found"]>, direction: Direction): Stop | null {
    const { position, sign } = found;
    const rules = found.rules.filter((rule) => {
      if (rule.log) this.told.log(position, rule);
      return !rule.log;
    });
    if (rules.length === 0) return null;
    if (rules.every(({ id }) => id === 0))
      return this.arrive(position, direction, { reason: "goto", description: rules[0]!.label });
    const kinds = new Set(rules.map(({ kind, at }) => (at ? "instruction" : kind)));
    const [, reason] = reasons.find(([kind]) => kinds.has(kind))!;
    const description = rules.map((rule) => this.textOf(rule, position)).join(", ");
    return this.arrive(position, direction, { reason, description, rules, sign });
  }

  /** What a rule stops at; of data also what happens to it there: in the order of time, whichever way one came. */
  private textOf(rule: StopRule, position: Position): string {
    const { change } = stopView(this.judged, rule, position);
    if (change) return `${rule.label}: ${show(change.from)} → ${show(change.to)}`;
    const place = rule.at?.find(({ stage }) => stage === position.stage);
    if (place) return `${rule.label} ${place.says}`;
    const dealings = dealingsAt(this.judged, rule, position);
    return dealings === "" ? rule.label : `${rule.label} ${dealings}`;
  }

  /** Goes to the end of the trace, or to its start. */
  end(direction: Direction): Stop {
    const last = this.timeline.eventCount - 1;
    const { checked } = this.told;
    return direction === 1
      ? this.arrive(atEnd(this.timeline, last), 1, {
          reason: "end of trace",
          description: checked === "" ? "End of the trace" : `End of the trace: ${checked}`,
        })
      : this.arrive({ event: 0, stage: -1 }, -1, {
          reason: "start of trace",
          description: "Start of the trace",
        });
  }

  /** A search stands at the edge of an event: as a place that exists. */
  private within({ event, stage }: Position): Position {
    return { event, stage: Math.min(stage, atEnd(this.timeline, event).stage) };
  }

  /** The event at which a search throws, found again one event at a time. */
  private failingPlace(search: () => StopSearch, from: Position, direction: Direction): Position {
    for (let at = from; ; ) {
      try {
        const result = search().next(at, direction, 1);
        at = result.at;
        if (result.found || result.ended) return this.within(at);
      } catch {
        return this.within(at);
      }
    }
  }
}

/** The gravest sign of what a step forwards went through; of the last stage alone for a step back. */
function headline(judged: Judged, from: Position, to: Position, direction: Direction): EffectRecord | null {
  const { event } = to;
  const sameEvent = from.event === event;
  const first = Math.max(0, direction === -1 ? to.stage : sameEvent ? from.stage + 1 : 0);
  const passed = Array.from({ length: Math.max(0, to.stage + 1 - first) }, (_, i) => first + i);
  return gravest(passed.flatMap((stage) => signsAt(judged, { event, stage })));
}

/** A position on one line: `event 5 of 9, after driver.check`. */
export function positionText(timeline: Timeline, position: Position): string {
  const where =
    position.stage < 0 ? "before it" : `after ${stageName(viewAt(timeline, position), position.stage)}`;
  return `event ${position.event + 1} of ${timeline.eventCount}, ${where}`;
}

/** The same of a stop, with the way that led there: `event 5 of 9, after driver.check, forwards`. */
export const placeText = (timeline: Timeline, { position, direction }: Stop): string =>
  `${positionText(timeline, position)}, ${direction === 1 ? "forwards" : "backwards"}`;

/** The body of a stopped event, with what the protocol has no word for. */
export interface StoppedBody extends StoppedEvent {
  threadId: number;
  /** Where the debugger stands and which way it came, for a status bar. */
  place: string;
  /** When that is, in seconds since the trace began. */
  time: string;
  direction: Direction;
  /** The event, counted from 0. */
  event: number;
  /** Of a fork its name and how it parts from its parent. */
  fork?: string;
}

/** A stop as the editor is told of it; its text says why and where, for whoever hovers over the thread. */
export function stoppedBody(timeline: Timeline, stop: Stop, fork: string | null = null): StoppedBody {
  const { reason, description, rules, position, direction } = stop;
  const place = placeText(timeline, stop);
  const { events } = timeline.trace;
  const time = secondsText(events.count === 0 ? 0 : events.timeNs.at(position.event));
  const sign = stop.sign ? `: ${wordSign(viewAt(timeline, position), stop.sign)}` : "";
  const body: StoppedBody = {
    reason,
    description,
    text: `${description}${sign} (${place}), ${time}${fork === null ? "" : `, ${fork}`}`,
    threadId: timeline.connectionAt(position) + 1,
    allThreadsStopped: true,
    place,
    time,
    direction,
    event: position.event,
    ...(fork !== null && { fork }),
  };
  if (rules.length > 0) body.hitBreakpointIds = rules.map(({ id }) => id);
  return body;
}
