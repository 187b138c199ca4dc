import { firstAtLeast } from "../../core/base/columns.ts";
import { firstPlace, type Place, stopAt } from "../../judge/places.ts";
import { type Judged, nextSign } from "../../replay/findings.ts";
import { didYouMean } from "../../replay/language/spelling.ts";
import type { Position, Timeline } from "../../replay/timeline.ts";
import { printDeclarations } from "../../trace/language/print.ts";
import { UserError } from "../../trace/platform.ts";
import { Sign } from "../../trace/signs.ts";
import type { Trace } from "../../trace/trace.ts";
import { atFrame, carriersOf } from "../console/places.ts";
import type { Goal } from "../runner.ts";
import { labelOf } from "../stops/filters.ts";

const words = ["entry", "firstFinding", "firstOutOfOrder", "end"] as const;

/**
 * Where a session stands first: a word, a line, a frame or a sequence number; `first`: at the first finding where there is
 * one, else at the first packet out of order, or at a breakpoint before.
 */
export type StartAt =
  | { at: (typeof words)[number] | "first" }
  | { at: "line" | "frame" | "seq"; number: number };

/** Reads the attribute. Throws UserError that says what it takes. */
export function readStartAt(given: unknown): StartAt {
  if (given === undefined || given === null) return { at: "first" };
  const number = (at: "line" | "frame" | "seq", n: number): StartAt => ({ at, number: n });
  if (typeof given === "number" && Number.isSafeInteger(given) && given > 0) return number("line", given);
  const word = words.find((each) => each === given);
  if (word) return { at: word };
  const [, kind, digits] = (typeof given === "string" && /^(frame|seq):(-?\d{1,15})$/.exec(given)) || [];
  if (kind === "seq" || (kind === "frame" && Number(digits) > 0)) return number(kind, Number(digits));
  const written = typeof given === "string" ? given.replace(/:.*/, "") : "";
  const meant = didYouMean(written, [...words, "frame", "seq"]);
  throw new UserError(
    `launch configuration: \`startAt\` is ${JSON.stringify(given)}; it takes ${words.join(", ")}, a line, frame:N, seq:N${meant}`,
  );
}

/** Where a session stands first, and why; and what may stop it on the way there: nothing, breakpoints of one's own, all. */
export interface Start extends Goal {
  onTheWay: "nothing" | "own" | "all";
}

/** Where a fork parts from its parent, and what is said there. */
interface Parting {
  fork: { begins: number };
  title: string;
}

/**
 * The start in this trace; null: it runs until something stops it, or to its end where that is asked for. A fork starts
 * where it parts from its parent, unless another place is asked for. Throws UserError for a place that it has not.
 */
export function startOf(judged: Judged, start: StartAt, forkOf: Parting | null): Start | null {
  const { timeline } = judged;
  const { at } = start;
  if (at === "line" || at === "frame" || at === "seq") {
    return there({ event: eventAt(timeline, at, start.number), stage: 0 }, `Start at ${at} ${start.number}`);
  }
  if (at === "end") return null;
  if (at === "first" && forkOf)
    return there({ event: forkOf.fork.begins, stage: 0 }, `Start of ${forkOf.title}`);
  if (at === "entry") return there({ event: 0, stage: -1 }, "Start of the trace");
  const finding = at === "firstOutOfOrder" ? null : firstPlace(judged);
  const place = finding ?? firstOutOfOrder(judged);
  if (place === null) return null;
  const isAsked = at !== "first";
  return { ...goalOf(judged, place), onTheWay: isAsked ? "nothing" : finding ? "own" : "all" };
}

const there = (position: Position, description: string): Start => ({
  position,
  why: { reason: "entry", description },
  onTheWay: "nothing",
});

function firstOutOfOrder(judged: Judged): Place | null {
  const kind = Sign["out-of-order"];
  const event = nextSign(judged, 0, 1, [kind]);
  return event < 0 ? null : { event, kind };
}

/** A stop at a place, as a filter's. */
export function goalOf(judged: Judged, place: Place): Goal {
  const { position, sign } = stopAt(judged, place);
  return { position, why: { reason: "exception", description: labelOf(place.kind), sign } };
}

/** The event that a place is. Throws UserError, which names the attribute, where there is none. */
function eventAt(timeline: Timeline, at: "line" | "frame" | "seq", number: number): number {
  try {
    if (at === "line") return eventOfLine(timeline.trace, number);
    return at === "frame" ? atFrame(timeline.trace, number).event : eventOfSeq(timeline, number);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`launch configuration: \`startAt\`: ${error.message}`);
  }
}

/** The first event of a line, else the one below it. */
function eventOfLine(trace: Trace, line: number): number {
  const { events, kind } = trace;
  const lines = kind === "capture" ? listingLines(trace) : events.line.values;
  const event = firstAtLeast(lines, line, events.count);
  if (event < events.count) return event;
  throw new UserError(`the last line with an event is ${lines[events.count - 1]}, before ${line}`);
}

/** The lines of a capture's events in its listing, all pages one behind the other. */
function listingLines(trace: Trace): Int32Array {
  const head = printDeclarations(trace, "masked").length;
  return Int32Array.from({ length: trace.events.count }, (_, event) => head + event + 1);
}

/** The first packet of any stream that carries a byte: by the file's own count, where none does as on the wire. */
function eventOfSeq(timeline: Timeline, number: number): number {
  const streams = Array.from(timeline.trace.connections.keys(), (each) => carriersOf(timeline, each, number));
  for (const isWanted of [false, true]) {
    const firsts = streams.flatMap(({ carriers, isAbsolute }) =>
      carriers.length > 0 && isAbsolute === isWanted ? [carriers[0]!] : [],
    );
    if (firsts.length > 0) return firsts.reduce((a, b) => Math.min(a, b));
  }
  throw new UserError(`no packet carries byte ${number}`);
}
