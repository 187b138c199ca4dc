import { SeenSigns } from "../judge/seen-signs.ts";
import { Timeline } from "../replay/timeline.ts";
import { judge } from "../study/study.ts";
import { edited } from "../trace/edited.ts";
import { printTrace } from "../trace/language/print.ts";
import { UserError } from "../trace/platform.ts";
import { Sign } from "../trace/signs.ts";
import type { Trace } from "../trace/trace.ts";
import { counted, visibleLine } from "../trace/visible.ts";
import { minimising } from "./minimise.ts";
import type { Reason } from "./reason.ts";

/** The smallest trace that shows something, as a file. */
export interface Smallest {
  /** The file: the trace with an expect line for what it shows, and a comment there that says what it is of. */
  text: string;
  /** The same, as it is read. */
  trace: Trace;
  /** What was done, in words. */
  note: string;
}

/** How long somebody waits, and how many traces are tried at most. */
export interface Limits {
  seconds: number;
  runs: number;
}

export const usualLimits: Limits = { seconds: 60, runs: 20_000 };

/**
 * Makes a trace as small as can be that still shows what is kept. Keys and payload stay behind. Pauses behind each trace
 * that is tried, saying what share of the events is gone. Throws UserError if the trace, as its text, does not show it.
 */
export function* smallest(whole: Trace, reason: Reason, limits: Limits): Generator<number, Smallest> {
  const deadline = Date.now() + 1000 * limits.seconds;
  let runs = 0;
  const goal = {
    shows: (trace: Trace) => ++runs > 0 && reason.in(trace) !== null,
    isOver: () => runs >= limits.runs || Date.now() > deadline,
  };
  const small = yield* minimising(withoutKeys(whole), goal);
  if (small === null)
    throw new UserError(
      `${visibleLine(whole.name)}, as a trace without its bytes, does not show it: ${reason.says}`,
    );
  const end = small.isMinimal
    ? "nothing more can be taken out"
    : "it was ended, more could perhaps be taken out";
  const trace = expecting(
    small.trace,
    reason,
    `# ${visibleLine(`${whole.name} made small: ${reason.says}`)}`,
  );
  return {
    text: printTrace(trace),
    trace,
    note: `${small.trace.events.count} of ${counted(whole.events.count, "event")}, ${counted(small.runs, "run")}: ${end}`,
  };
}

/** What a file states of keys is not needed: a connection has those of its name. */
function withoutKeys(trace: Trace): Trace {
  if (trace.kind === "capture") return trace;
  return { ...trace, connections: trace.connections.map((each) => ({ ...each, epochs: [] })) };
}

/** With what is expected of the event that shows it, as far as that holds: it is what whoever runs the trace looks for. */
function expecting(trace: Trace, reason: Reason, says: string): Trace {
  const { event, expected } = reason.in(trace)!;
  const seen = new SeenSigns(judge(new Timeline(trace).runAll()));
  let whole = trace;
  for (const { what, ...rest } of expected) {
    const [first] = "effect" in what ? seen.at(event, Sign[what.effect]) : [];
    const said = first ? { ...what, fields: Object.fromEntries(first.fields) } : what;
    const more = edited(whole, [{ edit: "expect", event, expected: { ...rest, what: said } }]);
    const { outcomes } = judge(new Timeline(more).runAll());
    if (outcomes.every(({ actual }) => actual === null)) whole = more;
  }
  const line = whole.expectations[0]?.line ?? whole.events.line.at(event);
  return { ...whole, comments: new Map([[line, says]]) };
}
