import { printEvent } from "../trace/language/print.ts";
import { UserError } from "../trace/platform.ts";
import { signs } from "../trace/signs.ts";
import { placeWord } from "../trace/trace.ts";
import { compiled, gatheringOf } from "./expression-compile.ts";
import type { Judged } from "./findings.ts";
import type { Evaluator } from "./language/evaluator.ts";
import { aggregates, parseExpression, parseQuery } from "./language/parse.ts";
import { type Gathering, prepareAll } from "./search/aggregate.ts";
import { type Occurrence, occurrenceView } from "./search/occurrences.ts";
import { argumentOf, wordEffect } from "./view/effect-text.ts";
import { liveView } from "./view/live.ts";
import { type Raw, SeqValue, show } from "./view/value.ts";
import { judgedView, type View } from "./view/view.ts";

/** A question as somebody wrote it, made ready. */
export interface Question {
  asking: Gathering;
  /** What is told of each row, as it is written: `replayed`; null = nothing. */
  value: string | null;
}

/** Reads a question: `resync.replayed where replayed > 8192`. Throws ExpressionError with its place. */
export function questionOf(text: string): Question {
  const occurring = parseQuery(text);
  const value = /^\s*[\w-]+\.(\S+)/.exec(text)?.[1];
  return { asking: gatheringOf(occurring), value: occurring.field && value ? value : null };
}

/** The same, or a condition: then the events behind whose last stage it holds. */
export function questionOrCondition(text: string): Question {
  try {
    return questionOf(text);
  } catch (error) {
    if (!isCondition(text)) throw error;
    return questionOf(`events where ${text}`);
  }
}

function isCondition(text: string): boolean {
  try {
    parseExpression(text);
    return true;
  } catch (error) {
    // With an operator it was meant as a condition: its own mistake is told.
    if (/[<>=!&|()]/.test(text) && !/\bwhere\b/.test(text)) throw error;
    return false;
  }
}

/** True for what has one value and no rows: `count(resync)`. */
export const isOneValue = (text: string): boolean =>
  new RegExp(`^\\s*(${aggregates.join("|")})\\s*\\(`).test(text);

/** That value at the trace's end, in words. Throws ExpressionError with its place. Pauses as a search does. */
export function* oneValue(judged: Judged, text: string): Generator<number, string> {
  const { of, gathers } = compiled(parseExpression(text));
  const { eventCount } = judged.timeline;
  if (eventCount === 0) throw new UserError("the trace has no events to ask about");
  yield* prepareAll(judged, gathers);
  return show(of(judgedView(judged, { event: eventCount - 1, stage: Number.MAX_SAFE_INTEGER })));
}

/** What is told of each occurrence beside itself: an expression as somebody wrote it, made ready. */
export interface QueryColumn {
  name: string;
  of: Evaluator;
}

/** One occurrence, as a table, JSON lines and CSV have it. */
export interface QueryRow {
  /** From 1 on. */
  event: number;
  /** Its line in the trace file or script, its frame in the capture. */
  place: number;
  /** Seconds since the trace began. */
  time: number;
  stream: string;
  /** The event as a line of the trace, or the sign as golden text. */
  what: string;
  /** A sign's arguments by their names. */
  args: Readonly<Record<string, Raw>>;
  values: readonly Raw[];
}

/** The rows of a query. A column makes its occurrence be looked at closely, where rows without any cost little. */
export function* queryRows(
  judged: Judged,
  found: readonly Occurrence[],
  { columns, hasValue }: { columns: readonly QueryColumn[]; hasValue: boolean },
): Generator<QueryRow> {
  const { trace } = judged.timeline;
  const views = trace.connections.map((_, connection) => liveView(judged, connection));
  for (const each of found) {
    const { event, connection, sign } = each;
    const near: View = { ...views[connection]!, sign };
    const view = columns.length > 0 ? occurrenceView(judged, each) : near;
    const args = sign ? signs[sign.kind]!.args.map(([name], i) => [name, argumentOf(near, i)] as const) : [];
    yield {
      event: event + 1,
      place: trace.events.line.at(event),
      time: trace.events.timeNs.at(event) / 1e9,
      stream: trace.connections[connection]!.name,
      what: sign ? wordEffect(near, sign) : printEvent(trace, event),
      args: Object.fromEntries(args),
      values: [...(hasValue ? [each.value] : []), ...columns.map(({ of }) => of(view))],
    };
  }
}

/** A value as JSON has it: a sequence number relative to the offload's start, as expressions count it. */
function plain(value: Raw): number | string | boolean | null {
  if (value instanceof SeqValue) return value.relative;
  if (typeof value !== "bigint") return value;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}

/** What a query's table is headed with. */
interface Heading {
  /** What a place is: line or frame. */
  place: string;
  /** Names of the values. */
  values: readonly string[];
}

export const headingOf = ({ timeline }: Judged, values: readonly string[]): Heading => ({
  place: placeWord(timeline.trace),
  values,
});

/** A row on one line, without columns. */
export const rowText = ({ event, time, stream, what, values }: QueryRow): string =>
  [`event ${event}`, `${time.toFixed(6)} s`, stream, ...values.map((each) => show(each)), what].join("  ");

export function* jsonRows(rows: Iterable<QueryRow>, { place, values }: Heading): Generator<string> {
  for (const { event, place: at, time, stream, what, args, values: told } of rows) {
    const named = [...Object.entries(args), ...values.map((name, i): [string, Raw] => [name, told[i]!])];
    const rest = Object.fromEntries(named.map(([name, value]) => [name, plain(value)]));
    yield JSON.stringify({ event, [place]: at, time, stream, what, ...rest });
  }
}

/** As RFC 4180 has it: quotes where a field needs them, doubled inside. */
const field = (value: string): string =>
  /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

export function* csvRows(rows: Iterable<QueryRow>, { place, values }: Heading): Generator<string> {
  yield ["event", place, "time", "stream", "what", ...values].map(field).join(",");
  for (const { event, place: at, time, stream, what, values: told } of rows) {
    const fields = [event, at, time, stream, what, ...told.map((value) => plain(value) ?? "")];
    yield fields.map((value) => field(String(value))).join(",");
  }
}

/** Streams' names and values take so much room; what is longer pushes the rest of its line. */
const streamMax = 24;
const valueWidth = 12;

export function* tableRows(rows: Iterable<QueryRow>, { place, values }: Heading): Generator<string> {
  const line = (event: string, at: string, time: string, stream: string, told: string[], what: string) =>
    [
      event.padStart(8),
      at.padStart(8),
      time.padStart(14),
      stream.padEnd(streamMax),
      ...told.map((value, i) => value.padStart(Math.max(valueWidth, values[i]!.length))),
      what,
    ]
      .join("  ")
      .trimEnd();
  yield line("event", place, "time", "stream", [...values], "");
  for (const { event, place: at, time, stream, what, values: told } of rows)
    yield line(
      String(event),
      String(at),
      time.toFixed(9),
      stream,
      told.map((each) => show(each)),
      what,
    );
}
