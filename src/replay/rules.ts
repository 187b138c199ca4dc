import { firstAtLeast } from "../core/base/columns.ts";
import { Effect } from "../core/words/effect.ts";
import { type StageSpec, stages } from "../core/words/stage.ts";
import { UserError } from "../trace/platform.ts";
import { ChangeHunter, type Followed } from "./changes.ts";
import type { Compiled } from "./expression-compile.ts";
import { hasSign, type Judged, nextSign } from "./findings.ts";
import { isTrue } from "./language/operations.ts";
import type { Hunter, Quarry } from "./search/scan.ts";
import { Watch } from "./search/watch.ts";
import { nearer } from "./sign-index.ts";
import { type LiveView, liveView } from "./view/live.ts";
import type { View } from "./view/view.ts";

/** Where a rule applies, made ready for a search. */
export interface Ready {
  readonly kind: "line" | "function" | "sign" | "data" | "bytes";
  /** line, bytes: the events in which alone it may apply, ascending; null = no list of events. */
  readonly lines: Int32Array | null;
  /** function: the stages that it means. */
  readonly stages: ReadonlySet<number>;
  /** Signs of which an event must have one for the rule to apply; null = no list tells. */
  readonly signs: readonly number[] | null;
  /** data: the value whose changes it means. */
  readonly followed: Followed | null;
  readonly condition: Compiled | null;
}

/** The signs without which a function's stages are in no event; null if some stage has none that it always says. */
export function signsOfStages(numbers: Iterable<number>): readonly number[] | null {
  const said = [...numbers].map((number) => (stages[number]! as StageSpec).effect);
  return said.every((effect) => effect !== undefined) ? said.map((effect) => Effect[effect]) : null;
}

/** Whether a rule may apply at an event as far as lists tell. */
export function mayApply(judged: Judged, { lines, signs }: Ready, event: number): boolean {
  if (lines) return lines[firstAtLeast(lines, event)] === event;
  return signs === null || hasSign(judged, event, signs);
}

/** True if the condition holds, or cannot be evaluated: what is wrong with it is told where it is looked at closely. */
function mayHold({ of, needsRecord }: Compiled, view: View): boolean {
  if (needsRecord) return true;
  try {
    return isTrue(of(view));
  } catch (error) {
    if (error instanceof UserError) return true;
    throw error;
  }
}

/** The events at which one of some rules may apply. */
export class RulesQuarry implements Quarry {
  readonly connections: readonly number[] | null;
  readonly always: boolean;
  private readonly rules: readonly Ready[];
  private readonly judged: Judged;
  private readonly lines: Int32Array;
  /** Signs that one of the rules asks for; null where a rule may apply at any event. */
  private readonly signs: readonly number[] | null;
  private readonly views = new Map<number, LiveView>();
  /** Rules of which only a run tells, and those of which lists and columns do. */
  private readonly running: readonly Ready[];
  private readonly listed: readonly Ready[];
  private readonly isListedEverywhere: boolean;
  /** No list has an event from the first of these up to before the second. */
  private gap = { from: 0, to: 0 };

  constructor(rules: readonly Ready[], judged: Judged) {
    this.rules = rules;
    this.judged = judged;
    const followed = rules.map((rule) => rule.followed);
    this.connections = followed.includes(null)
      ? null
      : [...new Set(followed.map((each) => each!.connection))];
    this.running = rules.filter(needsRun);
    this.listed = rules.filter((rule) => !needsRun(rule));
    this.always = this.running.some(isEverywhere);
    this.isListedEverywhere = this.listed.some(({ lines, signs }) => lines === null && signs === null);
    this.lines = together(rules.flatMap(({ lines }) => lines ?? []));
    const lists = rules.flatMap(({ lines, signs }) => (lines ? [] : [signs]));
    this.signs = lists.includes(null) ? null : [...new Set(lists.flatMap((list) => list ?? []))];
  }

  candidate(from: number, direction: 1 | -1): number {
    const { judged, signs, lines } = this;
    if (signs === null) return from;
    return nearer(nextSign(judged, from, direction, signs), nextOf(lines, from, direction), direction);
  }

  sees(event: number, connection: number): boolean | null {
    let seen: boolean | null = false;
    for (const rule of this.rules) {
      if (!mayApply(this.judged, rule, event) || !this.mayHoldBy(rule, event, connection)) continue;
      if (!needsRun(rule)) return true;
      seen = null;
    }
    return seen;
  }

  tells(event: number, connection: number): boolean {
    const { listed } = this;
    if (listed.length === 0 || !this.mayBeListed(event)) return false;
    return listed.some(
      (rule) => mayApply(this.judged, rule, event) && this.mayHoldBy(rule, event, connection),
    );
  }

  /** Asked of one event after the other it costs nothing where lists have none for long. */
  private mayBeListed(event: number): boolean {
    if (this.isListedEverywhere) return true;
    if (event < this.gap.from || event >= this.gap.to) {
      const next = this.nextListed(event);
      this.gap = { from: event, to: next < 0 ? Number.MAX_SAFE_INTEGER : next };
    }
    return event >= this.gap.to;
  }

  private nextListed(event: number): number {
    const lists = this.listed.flatMap(({ lines, signs }) => (lines ? [] : (signs ?? [])));
    return nearer(nextSign(this.judged, event, 1, lists), nextOf(this.lines, event, 1), 1);
  }

  /** False if the trace's columns alone tell that the rule's condition does not hold. */
  private mayHoldBy({ condition }: Ready, event: number, connection: number): boolean {
    if (!condition?.ofColumns) return true;
    let view = this.views.get(connection);
    if (!view) {
      view = liveView(this.judged, connection);
      this.views.set(connection, view);
    }
    view.position.event = event;
    view.position.stage = 0;
    return mayHold(condition, view);
  }

  hunter(view: LiveView): Hunter {
    const hunters = this.running.map((rule) => new RuleHunter(rule, view, this.judged));
    if (hunters.length === 1) return hunters[0]!;
    return {
      sleep: null,
      start: () => {
        for (const hunter of hunters) hunter.start();
      },
      catches: (stage) => {
        let caught = false;
        for (let i = 0; i < hunters.length; i++) caught = hunters[i]!.catches(stage) || caught;
        return caught;
      },
    };
  }
}

/** Whether only a run can tell if the rule applies at an event that lists and columns give. */
function needsRun({ kind, stages: numbers, signs, condition }: Ready): boolean {
  if (kind === "data" || (condition !== null && !condition.ofColumns)) return true;
  return kind === "function" && signs === null && numbers.size < stages.length;
}

/** Whether neither lists nor columns tell of any event that the rule does not apply there. */
const isEverywhere = ({ lines, signs, condition }: Ready): boolean =>
  lines === null && signs === null && !condition?.ofColumns;

/** The entries of all sorted lists, sorted; those of several more than once. */
function together(lists: readonly Int32Array[]): Int32Array {
  if (lists.length === 1) return lists[0]!;
  const all = new Int32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all.sort();
}

/** Looks whether one rule applies, stage by stage; of a sign's condition whether it holds at any stage of the event. */
class RuleHunter implements Hunter {
  private readonly rule: Ready;
  private readonly view: LiveView;
  private readonly judged: Judged;
  private readonly watch: Watch | null;
  private readonly changes: ChangeHunter | null;
  private readonly isMeant: readonly boolean[];
  sleep: Watch | null = null;
  private event = -1;
  private applies = true;
  private held = true;

  constructor(rule: Ready, view: LiveView, judged: Judged) {
    const { followed, condition, kind } = rule;
    this.rule = rule;
    this.view = view;
    this.judged = judged;
    this.watch = condition && new Watch(condition.reads);
    this.changes = followed && new ChangeHunter(followed.value, view);
    this.isMeant = stages.map((_, number) => kind !== "function" || rule.stages.has(number));
    this.applies = followed === null || followed.connection === view.index;
  }

  start(): void {
    this.changes?.start();
  }

  catches(stage: number): boolean {
    const { rule, view, watch } = this;
    this.sleep = null;
    if (this.changes) {
      if (!this.applies || !this.changes.catches()) {
        this.sleep = this.changes.sleep;
        return false;
      }
    } else if (!this.isMeant[stage]! || !this.appliesAt(view.position.event)) return false;
    if (watch === null) return true;
    if (rule.condition!.ofChange) return this.holdsOfChange();
    if (watch.stirs(view)) this.held = mayHold(rule.condition!, view);
    if (!this.held && this.changes === null) this.sleep = watch;
    return this.held;
  }

  /** Of a change whose old value is not known here a closer look tells. */
  private holdsOfChange(): boolean {
    const { rule, view, changes } = this;
    view.change = changes?.change ?? null;
    return view.change === null || mayHold(rule.condition!, view);
  }

  private appliesAt(event: number): boolean {
    const { kind, signs } = this.rule;
    if (kind === "function" && signs === null) return true;
    if (event !== this.event) {
      this.event = event;
      this.applies = mayApply(this.judged, this.rule, event);
    }
    return this.applies;
  }
}

/** The first entry of a sorted list at or after (before) `from`; −1 if none. */
function nextOf(sorted: Int32Array, from: number, direction: 1 | -1): number {
  const low = firstAtLeast(sorted, from);
  if (direction === 1) return sorted[low] ?? -1;
  return sorted[low] === from ? from : (sorted[low - 1] ?? -1);
}
