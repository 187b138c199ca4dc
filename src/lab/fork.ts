import { didYouMean } from "../replay/language/spelling.ts";
import { applied, type Edit } from "../trace/edit.ts";
import { editing } from "../trace/edited.ts";
import { finished, UserError, within } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";
import type { ChangeWord } from "./change.ts";
import { changeWords } from "./fork-words.ts";

/** A trace that parts from another one at an event: what would be if something were otherwise. The other one stays as it is. */
export interface Fork {
  /** The change as a line: `5: drop`, `6 in web: ack 1448`. The number is an event's, from 1, of the trace that it changes. */
  line: string;
  edits: readonly Edit[];
  /** The forked trace, and its event where the two part. */
  trace: Trace;
  begins: number;
  /** What became of the events of the other trace: their places here, −1 = gone. */
  placeOf: Int32Array;
}

/** Where somebody stands who wants something to be otherwise. */
export interface Standing {
  trace: Trace;
  /** The event that he looks at, and whether all of it is done. */
  event: number;
  isDone: boolean;
  connection: number;
}

/**
 * A change written without its place, such as `drop` or `ack 1448`, as a line for where somebody stands: it is about the
 * event there, or comes before what has not been done yet. Throws UserError for a word that is none.
 */
export function lineFor({ trace, event, isDone, connection }: Standing, written: string): string {
  const { change, rest } = changeIn(written);
  const number = 1 + event + (change.comesBefore(rest) && isDone ? 1 : 0);
  const own = trace.events.connection.values[event]!;
  const isClear = own === connection && number <= trace.events.count && isOf(trace, number - 1, connection);
  const stream = isClear ? "" : ` in ${trace.connections[connection]!.name}`;
  return `${number}${stream}: ${change.word}${rest === "" ? "" : ` ${rest}`}`;
}

const isOf = ({ events }: Trace, event: number, connection: number): boolean =>
  events.connection.values[event] === connection;

/** The trace changed as a line says. Throws UserError for what cannot be, saying why. */
export const forked = (trace: Trace, line: string): Fork => finished(forking(trace, line));

/** The same with pauses: all of a long trace is read again. */
export function* forking(trace: Trace, line: string): Generator<number, Fork> {
  const { change, rest, event, connection } = readChange(trace, line);
  const { edits, begins } = change.plan({ trace, event, connection }, rest);
  const after = yield* editing(trace, edits);
  const known = new Set(trace.diagnostics);
  const wrong = after.diagnostics.find((each) => each.severity === "error" && !known.has(each));
  if (wrong !== undefined) throw new UserError(`the trace cannot go on behind \`${line}\`: ${wrong.message}`);
  if (after.events.count === 0) throw new UserError(`\`${line}\` leaves nothing to debug`);
  const { placeOf } = applied(trace, edits);
  return { line, edits, trace: after, begins: Math.min(begins, after.events.count - 1), placeOf };
}

/** The trace changed as lines say, one after the other: each is of the trace that those before have made. Null without any. */
export function* forkingBy(
  trace: Trace,
  lines: readonly string[],
): Generator<number, { fork: Fork; parent: Trace } | null> {
  let last: { fork: Fork; parent: Trace } | null = null;
  for (const [i, line] of lines.entries()) {
    const parent: Trace = last?.fork.trace ?? trace;
    const share = [i / lines.length, (i + 1) / lines.length] as const;
    last = { fork: yield* within(share, forking(parent, line)), parent };
  }
  return last;
}

interface ReadChange {
  change: ChangeWord;
  rest: string;
}

function changeIn(written: string): ReadChange {
  const [, word = "", rest = ""] = /^\s*(\S*)\s*(.*?)\s*$/s.exec(written) ?? [];
  const change = changeWords.find((each) => each.word === word);
  if (change) return { change, rest };
  const words = changeWords.map((each) => each.word);
  const wrong = word === "" ? "a change is missing" : `there is no change "${word}"`;
  throw new UserError(`${wrong}; there is ${words.join(", ")}${didYouMean(word, words)}`);
}

function readChange(trace: Trace, line: string): ReadChange & { event: number; connection: number } {
  const match = /^\s*(\d{1,15})(?:\s+in\s+(\S+))?\s*:(.*)$/s.exec(line);
  if (!match) throw new UserError(`a change reads \`EVENT: WHAT\`, as \`5: drop\`, not \`${line}\``);
  const [, number, stream, written] = match;
  const read = changeIn(written!);
  const event = Number(number) - 1;
  const { count } = trace.events;
  const last = read.change.comesBefore(read.rest) ? count : count - 1;
  if (!(event >= 0 && event <= last))
    throw new UserError(`there is no event ${number}: the trace has ${count}`);
  return { ...read, event, connection: connectionOf(trace, event, stream) };
}

/** The connection that a line names, else the event's; a device's events are of none, so that the first one is meant. */
function connectionOf(trace: Trace, event: number, stream: string | undefined): number {
  const { connections, events } = trace;
  if (stream === undefined) return Math.max(0, events.connection.values[Math.min(event, events.count - 1)]!);
  const found = connections.findIndex(({ name, flow }) => name === stream || flow === stream);
  if (found >= 0) return found;
  const names = connections.slice(0, 20).map(({ name }) => name);
  throw new UserError(
    `there is no stream ${stream}; there is ${names.join(", ")}${didYouMean(stream, names)}`,
  );
}
