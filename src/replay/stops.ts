import { firstAtLeast, int32 } from "../core/base/columns.ts";
import { Effect } from "../core/words/effect.ts";
import { type StageSpec, stages } from "../core/words/stage.ts";
import { glob } from "../trace/glob.ts";
import { UserError } from "../trace/platform.ts";
import { holds } from "./expression.ts";
import type { Expression } from "./expression-parse.ts";
import { hasSign, type Judged, nextSign, signsAt } from "./findings.ts";
import type { EffectRecord } from "./recording.ts";
import { nearer } from "./sign-index.ts";
import type { Position } from "./timeline.ts";
import { judgedView } from "./view/view.ts";

/** Which occurrences of a stop count: the n-th from the start of the trace, whichever way one came. */
export type HitCondition = (occurrence: number) => boolean;

/** Something the user wants to stop at: a predicate on one event's signs, stages or line. */
export interface StopRule {
  id: number;
  label: string;
  kind: "line" | "function" | "sign";
  /** line: the events of that line, sorted. */
  events?: Int32Array;
  /** function: a stage's or kernel function's name, `*` and `?` as in globs. */
  names?: string;
  /** sign: the kinds that it stops on. */
  signs?: readonly number[];
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
  /** Rules that may apply at any event with the right signs; line rules stand in `byEvent`. */
  private readonly rules: readonly PreparedRule[];
  private readonly byEvent = new Map<number, PreparedRule[]>();
  /** Events with none of these signs cannot stop anything; null when a rule may stop at any event. */
  private readonly wanted: readonly number[] | null;
  private readonly lines: Int32Array;

  constructor(judged: Judged, rules: readonly StopRule[]) {
    this.judged = judged;
    const prepared = rules.map((rule) => prepare(rule));
    this.rules = prepared.filter(({ rule }) => rule.kind !== "line");
    for (const each of prepared) {
      for (const event of each.rule.events ?? []) {
        const others = this.byEvent.get(event);
        if (others) others.push(each);
        else this.byEvent.set(event, [each]);
      }
    }
    const sets = this.rules.map(({ rule, stages }) => signsFor(rule, stages));
    this.wanted = sets.every((set) => set !== null) ? [...new Set(sets.flat())] : null;
    this.lines = Int32Array.from(this.byEvent.keys()).sort();
  }

  /** Searches at most `budget` candidate events from behind `from` on; the rest of from's own event comes first. */
  next(from: Position, direction: 1 | -1, budget: number): SearchResult {
    const left = { steps: budget };
    let position = from;
    while (left.steps-- > 0) {
      const found = this.within(position, direction, left);
      if (found === "later") break;
      if (found) return { found, at: found.position, ended: false };
      const event = this.candidate(position.event + direction, direction);
      if (event < 0) return { found: null, at: position, ended: true };
      position = { event, stage: direction === 1 ? -1 : Number.MAX_SAFE_INTEGER };
    }
    return { found: null, at: position, ended: false };
  }

  private candidate(from: number, direction: 1 | -1): number {
    const { judged, wanted, lines } = this;
    if (from < 0 || from >= judged.timeline.eventCount) return -1;
    if (wanted === null) return from;
    return nearer(nextSign(judged, from, direction, wanted), nextOf(lines, from, direction), direction);
  }

  /**
   * The first stage of the event behind (or, backwards, before) `from` at which a rule applies; "later" when a hit
   * condition's counting has used up the budget.
   */
  private within(from: Position, direction: 1 | -1, left: Budget): SearchResult["found"] | "later" {
    const rules = this.rulesAt(from.event);
    if (rules.length === 0) return null;
    const { stages: recorded } = this.judged.timeline.record(from.event);
    const first = direction === 1 ? from.stage + 1 : Math.min(from.stage, recorded.length) - 1;
    for (let stage = first; stage >= 0 && stage < recorded.length; stage += direction) {
      const position = { event: from.event, stage };
      const matching = rules.filter((prepared) => this.matches(prepared, position));
      if (!matching.every((prepared) => this.counts(prepared, from.event, left))) return "later";
      const applying = matching.filter(
        ({ rule, hits }) => rule.hit === null || rule.hit(hits.occurrenceAt(from.event)),
      );
      if (applying.length === 0) continue;
      const stopping = applying.map(({ rule }) => rule);
      return { position, rules: stopping, sign: this.signFor(stopping, position) };
    }
    return null;
  }

  private rulesAt(event: number): readonly PreparedRule[] {
    const ofLine = this.byEvent.get(event) ?? [];
    const mayApply = this.wanted === null || hasSign(this.judged, event, this.wanted);
    return mayApply ? [...ofLine, ...this.rules] : ofLine;
  }

  /** The rule without its hit condition. */
  private matches({ rule, stages }: PreparedRule, { event, stage }: Position): boolean {
    const { judged } = this;
    const here = judged.timeline.record(event).stages[stage]!;
    if (rule.kind === "line" && stage !== 0) return false;
    if (rule.kind === "function" && !stages.has(here.stage)) return false;
    if (rule.kind === "sign" && this.signFor([rule], { event, stage }) === null) return false;
    return rule.condition === null || holds(judgedView(judged, { event, stage }), rule.condition);
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
      const next = this.candidate(hits.before, 1);
      if (next >= event || next < 0) hits.before = event;
      else hits.see(next, this.isHit(prepared, next));
    }
    return true;
  }

  private isHit(prepared: PreparedRule, event: number): boolean {
    if (!this.rulesAt(event).includes(prepared)) return false;
    return this.judged.timeline
      .record(event)
      .stages.some((_, stage) => this.matches(prepared, { event, stage }));
  }
}

/** The events at which a rule without its hit condition applies, found from the trace's start on and each only once. */
class Hits {
  /** All events before this one are seen. */
  before = 0;
  private readonly events = int32();

  see(event: number, isHit: boolean): void {
    this.before = event + 1;
    if (isHit) this.events.push(event);
  }

  /** Of the hits at an event, which one from the trace's start it is. */
  occurrenceAt(event: number): number {
    return firstAtLeast(this.events.values, event, this.events.length) + 1;
  }
}

interface PreparedRule {
  rule: StopRule;
  stages: ReadonlySet<number>;
  hits: Hits;
}

const prepare = (rule: StopRule): PreparedRule => ({
  rule,
  stages: new Set(rule.kind === "function" ? stagesNamed(rule.names ?? "") : []),
  hits: new Hits(),
});

/** Events that a slice of a search may still look at. */
interface Budget {
  steps: number;
}

/** Signs of which an event must have one for the rule to apply; null = any event may do. */
function signsFor(rule: StopRule, stageNumbers: ReadonlySet<number>): readonly number[] | null {
  if (rule.kind === "sign") return rule.signs ?? [];
  const said = [...stageNumbers].map((number) => (stages[number]! as StageSpec).effect);
  return said.every((effect) => effect !== undefined) ? said.map((effect) => Effect[effect]) : null;
}

/** The first entry of a sorted list at or after (before) `from`; −1 if none. */
function nextOf(sorted: Int32Array, from: number, direction: 1 | -1): number {
  const low = firstAtLeast(sorted, from);
  if (direction === 1) return sorted[low] ?? -1;
  return sorted[low] === from ? from : (sorted[low - 1] ?? -1);
}
