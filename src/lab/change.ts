import { advance, type Seq, seq } from "../core/base/seq.ts";
import { type Event, Flag, Kind } from "../core/words/event.ts";
import type { Edit, StatedEvent } from "../trace/edit.ts";
import { printEvent } from "../trace/language/print.ts";
import { UserError } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";

/** The place of a change: an event of the trace, of a change that comes before one perhaps the one behind the last. */
export interface At {
  trace: Trace;
  event: number;
  connection: number;
}

/** What a change comes to: edits, and the event of the changed trace where the two part. */
export interface Plan {
  edits: readonly Edit[];
  begins: number;
}

/** A change that a fork can make. */
export interface ChangeWord {
  word: string;
  /** What stands behind it, in capitals what is to be replaced; in brackets what may be left out. */
  takes: string;
  says: string;
  /** With these words behind it, it comes before an event instead of changing one. */
  comesBefore(rest: string): boolean;
  /** Words that can stand behind it. */
  offers?: readonly string[];
  /** Throws UserError for what cannot be. */
  plan(at: At, rest: string): Plan;
}

export const eventAt = ({ trace, event }: At): Event => trace.events.at(event);
export const printed = ({ trace, event }: At): string => `\`${printEvent(trace, event).trim()}\``;

/** The event, if it is a transmit. Throws UserError that names what it is. */
export function transmitAt(at: At, what: string): Event {
  const event = eventAt(at);
  if (event.kind === Kind.transmit) return event;
  throw new UserError(`${what} takes a transmit; event ${at.event + 1} is ${printed(at)}`);
}

export function nothingBehind(word: string, rest: string): void {
  if (rest !== "") throw new UserError(`${word} takes nothing behind it, not "${rest}"`);
}

export function wholeNumber(word: string, rest: string, what: string): number {
  if (!/^-?\d{1,15}$/.test(rest)) throw new UserError(`${word} takes ${what}, not "${rest}"`);
  return Number(rest);
}

export const set = ({ event }: At, to: Partial<StatedEvent>): Plan => ({
  edits: [{ edit: "set", event, to }],
  begins: event,
});

/** An event that comes before the one at the place, at its time; behind the last one, at that one's. */
export function inserted(at: At, stated: Partial<StatedEvent> & Pick<StatedEvent, "kind">): Plan {
  const { trace, event, connection } = at;
  const { events, connections } = trace;
  const timeNs = events.timeNs.at(Math.min(event, events.count - 1));
  const { startSeq } = connections[connection]!;
  const plain = { timeNs, connection, flags: 0, seq: startSeq, length: 0, extra: 0 };
  return { edits: [{ edit: "insert", event, stated: { ...plain, ...stated } }], begins: event };
}

/** What no capture shows: the model says whether it leaves. */
export const uncaptured = (flags: number): number => flags & ~Flag.captured;

/** The sequence number of events that have none. */
export const nothingAt: Seq = seq(0);

/** A byte by its distance from the offload start, as views tell it. */
export const seqAt = ({ trace, connection }: At, distance: number): Seq =>
  advance(trace.connections[connection]!.startSeq, distance);

/** A byte of the stream by the number that the trace's file gives it. */
export const seqOf = (at: At, number: number): Seq => seqAt(at, number - (at.trace.firstNumber ?? 0));
