import { firstAtLeast, int32 } from "../core/base/columns.ts";
import { type Layer, type StageSpec, stages } from "../core/words/stage.ts";
import { glob } from "../trace/glob.ts";
import { UserError } from "../trace/platform.ts";
import { type Dealt, dealtAt, dealtWith, type WatchedBytes } from "./byte-range.ts";
import { changeAt, type Followed } from "./changes.ts";
import { holds } from "./expression.ts";
import { compiled } from "./expression-compile.ts";
import { type Judged, signsAt } from "./findings.ts";
import type { Expression } from "./language/parse.ts";
import type { EffectRecord } from "./recording.ts";
import { mayApply, type Ready, RulesQuarry, signsOfStages } from "./rules.ts";
import { prepare as prepareAggregate } from "./search/aggregate.ts";
import { Scan } from "./search/scan.ts";
import type { Position } from "./timeline.ts";
import { judgedView, type RecordedView } from "./view/view.ts";

/** Which occurrences of a stop count: the n-th from the start of the trace, whichever way one came. */
export type HitCondition = (occurrence: number) => boolean;

/** Something the user wants to stop at: a predicate on one event's signs, stages or line. */
export interface StopRule {
  id: number;
  label: string;
  kind: "line" | "function" | "sign" | "data" | "bytes";
  /** line: the events of that line, sorted. */
  events?: Int32Array;
  /** line: the stages of its event that it stops behind; the first one if none are given. */
  at?: readonly { stage: number; says: string }[];
  /** Stops only behind stages of these layers; a line behind the first one of them. */
  layers?: ReadonlySet<Layer> | null;
  /** function: a stage's or kernel function's name, `*` and `?` as in globs. */
  names?: string;
  /** sign: the kinds that it stops on. */
  signs?: readonly number[];
  /** data: the value on whose changes it stops. */
  followed?: Followed;
  /** bytes: those that are watched. */
  watched?: WatchedBytes;
  condition: Expression | null;
  hit: HitCondition | null;
  /** Log point: the message, instead of stopping. */
  log?: string | null;
}

/** Where a search got to. */
export interface SearchResult {
  found: { position: Position; rules: StopRule[]; sign: EffectRecord | null } | null;
  /** From where to go on when nothing was found yet. */
  at: Position;
  /** The trace has no more events in this direction. */
  ended: boolean;
}

const hitPattern = /^(?:(>=|<=|==|=|>|<|%)\s*)?(\d+)$/;

/** `3`, `>=3`, `%10` …: a bare number means that occurrence. Throws UserError otherwise. */
export function parseHit(text: string): HitCondition {
  const match = hitPattern.exec(text.trim());
  if (!match) throw new UserError(`cannot read the hit condition "${text}"; write 3, >=3, <3 or %10`);
  const n = Number(match[2]);
  switch (match[1]) {
    case ">=":
      return (occurrence) => occurrence >= n;
    case "<=":
      return (occurrence) => occurrence <= n;
    case ">":
      return (occurrence) => occurrence > n;
    case "<":
      return (occurrence) => occurrence < n;
    case "%":
      return (occurrence) => n > 0 && occurrence % n === 0;
    default:
      return (occurrence) => occurrence === n;
  }
}

/** Numbers of the stages that a function breakpoint's name means: model names, their last part, kernel names. */
export function stagesNamed(names: string): number[] {
  const isMeant = glob(names);
  const named = (stage: StageSpec) => [stage.name, stage.name.split(".").at(-1)!, ...stage.functions];
  return stages.flatMap((stage, number) => (named(stage).some(isMeant) ? [number] : []));
}

/** Finds the next place where a rule applies, in either direction. */
export class StopSearch {
  private readonly judged: Judged;
  private readonly rules: readonly PreparedRule[];
  /** The scan that goes on where the last one given was found; from elsewhere it begins anew. */
  /** What conditions count is gone through before the first search. */
  private preparing: Generator<number> | null;
  private scan: { at: number; direction: 1 | -1; scan: Scan } | null = null;

  constructor(judged: Judged, rules: readonly StopRule[]) {
    this.judged = judged;
    this.rules = rules.map((rule) => prepare(rule, judged));
    this.preparing = gather(judged, this.rules);
  }

  /**
   * Searches from behind `from` on; the rest of from's own event comes first. After `budget` blocks of events it gives
   * back how far it has come.
   */
  next(from: Position, direction: 1 | -1, budget: number): SearchResult {
    const left = { steps: budget };
    const edge = direction === 1 ? -1 : Number.MAX_SAFE_INTEGER;
    let position = from;
    while (this.preparing && left.steps-- > 0) if (this.preparing.next().done) this.preparing = null;
    while (left.steps-- > 0) {
      const found = this.within(position, direction, left);
      if (found === "later") break;
      if (found) return { found, at: found.position, ended: false };
      const event = this.further(position.event, direction, left);
      if (event === null) return { found: null, at: position, ended: true };
      // Where nothing was found, what is there was looked at: its other edge.
      position = {
        event: event.at,
        stage: event.isFound ? edge : direction === 1 ? Number.MAX_SAFE_INTEGER : -1,
      };
      if (!event.isFound) break;
    }
    return { found: null, at: position, ended: false };
  }

  /** The next event at which a rule may apply, or how far the budget went; null at the trace's end. */
  private further(from: number, direction: 1 | -1, left: Budget): { at: number; isFound: boolean } | null {
    if (this.scan?.at !== from || this.scan.direction !== direction) {
      // What a hit condition counts is passed by.
      const counts = this.rules.some(({ rule }) => rule.hit !== null);
      const scan = new Scan(this.judged, new RulesQuarry(this.rules, this.judged), from, direction, counts);
      this.scan = { at: from, direction, scan };
    }
    const { scan } = this.scan;
    for (;;) {
      const event = scan.advance();
      if (event === null) return null;
      if (event < 0 && left.steps-- > 0) continue;
      const at = event >= 0 ? event : scan.at - direction;
      this.scan.at = at;
      return { at, isFound: event >= 0 };
    }
  }

  /**
   * The first stage of the event behind (or, backwards, before) `from` at which a rule applies; "later" when a hit
   * condition's counting has used up the budget.
   */
  private within(from: Position, direction: 1 | -1, left: Budget): SearchResult["found"] | "later" {
    if (direction === 1 ? from.stage === Number.MAX_SAFE_INTEGER : from.stage < 0) return null;
    const applying = this.rules.filter((prepared) => mayApply(this.judged, prepared, from.event));
    // Events that are counted without a look at them need one only where the count is right.
    if (!applying.every((each) => !isTold(each) || this.counts(each, from.event, left))) return "later";
    const rules = applying.filter((each) => !isTold(each) || isDue(each, from.event));
    if (rules.length === 0) return null;
    const { stages: recorded } = this.judged.timeline.record(from.event);
    const first = direction === 1 ? from.stage + 1 : Math.min(from.stage, recorded.length) - 1;
    for (let stage = first; stage >= 0 && stage < recorded.length; stage += direction) {
      const position = { event: from.event, stage };
      const matching = rules.filter((prepared) => this.matches(prepared, position));
      if (!matching.every((prepared) => this.counts(prepared, from.event, left))) return "later";
      const stopping = matching.filter((each) => isDue(each, from.event)).map(({ rule }) => rule);
      if (stopping.length === 0) continue;
      return { position, rules: stopping, sign: this.signFor(stopping, position) };
    }
    return null;
  }

  /** The rule without its hit condition. */
  private matches(prepared: PreparedRule, position: Position): boolean {
    const { judged } = this;
    const { condition } = prepared.rule;
    if (!this.isOfLayers(prepared.rule, position) || !this.isMeant(prepared, position)) return false;
    return condition === null || holds(stopView(judged, prepared.rule, position), condition);
  }

  /** Whether the rule without its conditions means this stage. */
  private isMeant({ rule, stages, dealt }: PreparedRule, position: Position): boolean {
    const { judged } = this;
    switch (rule.kind) {
      case "line":
        return this.isLineAt(rule, position);
      case "function":
        return stages.has(judged.timeline.record(position.event).stages[position.stage]!.stage);
      case "sign":
        return this.signFor([rule], position) !== null;
      case "data":
        return changeAt(judged, rule.followed!, position) !== null;
      case "bytes":
        return dealtAt(judged.timeline, rule.watched!, dealt!, position).length > 0;
    }
  }

  /** The first sign there that one of the rules stops on. */
  private signFor(rules: readonly StopRule[], position: Position): EffectRecord | null {
    const wanted = ({ kind }: EffectRecord) => rules.some(({ signs }) => signs?.includes(kind));
    return signsAt(this.judged, position).find(wanted) ?? null;
  }

  /** Knows the rule's hits before `event`, as far as the budget goes; true when all are known. */
  private counts(prepared: PreparedRule, event: number, left: Budget): boolean {
    const { rule, hits } = prepared;
    if (rule.hit === null) return true;
    while (hits.before < event) {
      if (left.steps-- <= 0) return false;
      // A block at once: two searches that take turns event by event would each begin anew at every one.
      do hits.look((candidate) => this.isHit(prepared, candidate));
      while (isTold(prepared) && !hits.isAtBlock);
    }
    return true;
  }

  private layerAt({ event, stage }: Position): Layer {
    return stages[this.judged.timeline.record(event).stages[stage]!.stage]!.layer;
  }

  private isOfLayers({ layers }: StopRule, position: Position): boolean {
    return !layers || layers.has(this.layerAt(position));
  }

  /** A line is an event: where it begins, or begins to be in the layers asked for. */
  private isLineAt({ at, layers }: StopRule, { event, stage }: Position): boolean {
    if (at) return at.some((each) => each.stage === stage);
    if (!layers) return stage === 0;
    for (let before = 0; before < stage; before++)
      if (layers.has(this.layerAt({ event, stage: before }))) return false;
    return true;
  }

  private isHit(prepared: PreparedRule, event: number): boolean {
    if (isTold(prepared)) return true;
    return this.judged.timeline
      .record(event)
      .stages.some((_, stage) => this.matches(prepared, { event, stage }));
  }
}

/** True if the search itself tells at which events the rule applies but for its hit condition: no look at them is needed. */
const isTold = ({ rule: { kind, condition, layers }, signs }: PreparedRule): boolean =>
  condition === null && !layers && (kind === "sign" || (kind === "function" && signs === null));

/** Whether the rule's hit condition lets it stop at an event that it applies at. */
const isDue = ({ rule, hits }: PreparedRule, event: number): boolean =>
  rule.hit === null || rule.hit(hits.occurrenceAt(event));

/** The events at which a rule without its hit condition applies, found from the trace's start on and each only once. */
class Hits {
  /** All events before this one are seen. */
  before = 0;
  /** Between two blocks of events, or at the end. */
  isAtBlock = false;
  private readonly events = int32();
  private readonly begin: () => Scan;
  private scan: Scan | null = null;

  constructor(begin: () => Scan) {
    this.begin = begin;
  }

  /** Looks at one more block of events, or at one event that may be a hit. */
  look(isHit: (event: number) => boolean): void {
    this.scan ??= this.begin();
    const event = this.scan.advance();
    if (event === null) this.before = Number.MAX_SAFE_INTEGER;
    else if (event < 0) this.before = Math.max(this.before, this.scan.at);
    else {
      this.before = event + 1;
      if (isHit(event)) this.events.push(event);
    }
    this.isAtBlock = event === null || event < 0;
  }

  /** Of the hits at an event, which one from the trace's start it is. */
  occurrenceAt(event: number): number {
    return firstAtLeast(this.events.values, event, this.events.length) + 1;
  }
}

/** The view where a rule stops: of what it follows the connection, with the change there. */
export function stopView(judged: Judged, { followed, watched }: StopRule, position: Position): RecordedView {
  const view = judgedView(judged, position, followed?.connection ?? watched?.connection);
  return followed ? { ...view, change: changeAt(judged, followed, position) } : view;
}

/** What is done there with the bytes that a rule watches, in words: `sent again`. */
export const dealingsAt = ({ timeline }: Judged, { watched }: StopRule, position: Position): string =>
  watched ? dealtAt(timeline, watched, dealtWith(timeline, watched), position).join(", ") : "";

function* gather(judged: Judged, rules: readonly Ready[]): Generator<number> {
  for (const { condition, followed } of rules)
    for (const each of [...(condition?.gathers ?? []), ...(followed?.value.gathers ?? [])])
      yield* prepareAggregate(judged, each);
}

interface PreparedRule extends Ready {
  readonly rule: StopRule;
  readonly hits: Hits;
  readonly dealt: Dealt | null;
}

function prepare(rule: StopRule, judged: Judged): PreparedRule {
  const { kind, followed = null, watched, condition } = rule;
  const dealt = watched ? dealtWith(judged.timeline, watched) : null;
  const numbers = new Set(kind === "function" ? stagesNamed(rule.names ?? "") : []);
  const ready: Ready = {
    kind,
    lines: dealt?.events ?? rule.events ?? null,
    stages: numbers,
    signs: kind === "sign" ? (rule.signs ?? []) : kind === "function" ? signsOfStages(numbers) : null,
    followed,
    condition: condition && compiled(condition),
  };
  return {
    ...ready,
    rule,
    dealt,
    hits: new Hits(() => new Scan(judged, new RulesQuarry([ready], judged), -1, 1, true)),
  };
}

/** Events that a slice of a search may still look at. */
interface Budget {
  steps: number;
}
