import type { DebugProtocol } from "@vscode/debugprotocol";
import { stages } from "../core/words/stage.ts";
import { type Expression, parseExpression } from "../replay/language/parse.ts";
import { didYouMean } from "../replay/language/spelling.ts";
import { parseHit, type StopRule, stagesNamed } from "../replay/stops.ts";
import { UserError } from "../trace/platform.ts";
import { defaultFilters, filterById, signsMeant, stopNames } from "./filters.ts";
import { checkMessage } from "./log-points.ts";
import type { Arguments } from "./requests.ts";
import type { SourceName, Sources } from "./sources.ts";

type Answer = DebugProtocol.Breakpoint;

/** What the editor asked for and the rule that it became; null where it cannot be one. */
interface Resolved {
  answer: Answer;
  rule: StopRule | null;
}

type LineOption = NonNullable<Arguments["setBreakpoints"]["breakpoints"]>[number];
type FunctionOption = Arguments["setFunctionBreakpoints"]["breakpoints"][number];
type FilterOption = NonNullable<Arguments["setExceptionBreakpoints"]["filterOptions"]>[number];

interface RequestedLine {
  id: number;
  source: SourceName;
  breakpoint: LineOption;
}

/** What hangs on every kind of breakpoint, as the editor sends it. */
interface Conditions {
  condition?: string | undefined;
  hitCondition?: string | undefined;
}

/** The breakpoints of a session: kept as they were asked for, so that they outlive a restart. */
export class Breakpoints {
  /** Counts changes: whoever searches with the rules looks whether they are still the same. */
  version = 0;
  private nextId = 1;
  private readonly requestedLines = new Map<string, RequestedLine[]>();
  private lineRules: StopRule[] = [];
  private functionRules: StopRule[] = [];
  private exceptionRules: StopRule[];

  /** The filters that are on by default hold until the client says otherwise: some never do. */
  constructor() {
    this.exceptionRules = rulesOf(
      defaultFilters.map((filterId) => resolveException(this.nextId++, { filterId })),
    );
  }

  get rules(): readonly StopRule[] {
    return [...this.lineRules, ...this.functionRules, ...this.exceptionRules];
  }

  /** Signs of which each stops, whatever else is so. */
  get signs(): readonly number[] {
    const plain = this.exceptionRules.filter(({ condition, hit }) => condition === null && hit === null);
    return plain.flatMap(({ signs = [] }) => signs);
  }

  /** Those that somebody set on a line or function; filters stand ticked by themselves. */
  get own(): readonly StopRule[] {
    return [...this.lineRules, ...this.functionRules];
  }

  /** Replaces the breakpoints of one source. */
  setLines(sources: Sources, args: Arguments["setBreakpoints"]): Answer[] {
    const { source, lines = [] } = args;
    // A reference may look like a name, and a name like a path.
    const key = JSON.stringify([source.path ?? source.name ?? source.sourceReference]);
    const requested = (args.breakpoints ?? lines.map((line) => ({ line }))).map((breakpoint) => ({
      id: this.nextId++,
      source,
      breakpoint,
    }));
    this.requestedLines.set(key, requested);
    const answers = new Map(this.resolveLines(sources).map((answer) => [answer.id, answer]));
    return requested.map(({ id }) => answers.get(id)!);
  }

  /** Finds the events of all line breakpoints: again after a restart, since the file may have changed. */
  resolveLines(sources: Sources): Answer[] {
    const resolved = [...this.requestedLines.values()].flat().map((each) => resolveLine(sources, each));
    this.lineRules = rulesOf(resolved);
    this.version++;
    return resolved.map(({ answer }) => answer);
  }

  setFunctions({ breakpoints }: Arguments["setFunctionBreakpoints"]): Answer[] {
    const resolved = breakpoints.map((breakpoint) => resolveFunction(this.nextId++, breakpoint));
    this.functionRules = rulesOf(resolved);
    this.version++;
    return resolved.map(({ answer }) => answer);
  }

  setExceptions(args: Arguments["setExceptionBreakpoints"]): Answer[] {
    const plain = args.filters.map((filterId) => ({ filterId }));
    const options: FilterOption[] = [...plain, ...(args.filterOptions ?? [])];
    const resolved = options.map((option) => resolveException(this.nextId++, option));
    this.exceptionRules = rulesOf(resolved);
    this.version++;
    return resolved.map(({ answer }) => answer);
  }
}

const rulesOf = (resolved: Resolved[]): StopRule[] => resolved.flatMap(({ rule }) => (rule ? [rule] : []));

/** Gives what `resolve` gives; a user's mistake becomes an unverified breakpoint that says what is wrong. */
function verified(id: number, resolve: () => Resolved): Resolved {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { answer: { id, verified: false, reason: "failed", message: error.message }, rule: null };
  }
}

function resolveLine(sources: Sources, { id, source, breakpoint }: RequestedLine): Resolved {
  return verified(id, () => {
    const found = sources.eventAt(source, breakpoint.line);
    if (!found) throw new UserError("no event on this line or below it in the trace that is being debugged");
    if (breakpoint.logMessage) checkMessage(breakpoint.logMessage);
    const place = sources.placeOf(found.event);
    return {
      answer: { id, verified: true, line: found.line, source: place.source },
      rule: {
        id,
        label: `Line ${found.line}`,
        kind: "line",
        events: Int32Array.of(found.event),
        ...conditionsOf(breakpoint),
        log: breakpoint.logMessage ?? null,
      },
    };
  });
}

function resolveFunction(id: number, breakpoint: FunctionOption): Resolved {
  return verified(id, () => {
    const names = breakpoint.name.trim().replace(/\(\)$/, "");
    const isFunction = stagesNamed(names).length > 0;
    const kinds = isFunction ? [] : signsMeant(names);
    if (!isFunction && kinds.length === 0) throw new UserError(unknownName(names));
    const rule: StopRule = {
      id,
      label: `${isFunction ? "Function" : "Stop at"} ${names}`,
      ...(isFunction ? { kind: "function", names } : { kind: "sign", signs: kinds }),
      ...conditionsOf(breakpoint),
    };
    return { answer: { id, verified: true }, rule };
  });
}

function unknownName(names: string): string {
  const functions = stages.map(({ name }) => name);
  const stops = stopNames.map(({ name }) => name);
  const meant = didYouMean(names, [...functions, ...stages.flatMap((stage) => stage.functions), ...stops]);
  return `no function of the model is called ${names}${meant}; there are ${functions.join(", ")}, and the kernel's names; stops are called ${stops.join(", ")}`;
}

/** The protocol has no hit conditions for exception filters, so they stand at the condition's end: `… hit >=3`. */
const hitSuffix = /\bhit\s*((?:(?:>=|<=|==|=|>|<|%)\s*)?\d+)$/;

function splitHit(condition: string): Conditions {
  const whole = condition.trimEnd();
  const suffix = hitSuffix.exec(whole);
  return suffix ? { condition: whole.slice(0, suffix.index), hitCondition: suffix[1] } : { condition };
}

function resolveException(id: number, option: FilterOption): Resolved {
  return verified(id, () => {
    const filter = filterById(option.filterId);
    if (!filter) throw new UserError(`there is no exception filter ${option.filterId}`);
    const conditions = splitHit(option.condition ?? "");
    const { label, kinds } = filter;
    const rule: StopRule = { id, label, kind: "sign", signs: kinds, ...conditionsOf(conditions) };
    return { answer: { id, verified: true }, rule };
  });
}

function conditionsOf({ condition, hitCondition }: Conditions): Pick<StopRule, "condition" | "hit"> {
  const given = (text: string | undefined): text is string => text !== undefined && text.trim() !== "";
  const parsed: Expression | null = given(condition) ? parseExpression(condition) : null;
  return { condition: parsed, hit: given(hitCondition) ? parseHit(hitCondition) : null };
}
