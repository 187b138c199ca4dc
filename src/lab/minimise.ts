// lab: traces made of traces: the smallest one that still shows something; forks, which part from another at an event.

import { layoutOf, tagSize } from "../core/base/record.ts";
import { advance } from "../core/base/seq.ts";
import { Kind } from "../core/words/event.ts";
import type { Edit } from "../trace/edit.ts";
import { edited, readPrinted } from "../trace/edited.ts";
import type { Expectation, Trace } from "../trace/trace.ts";
import { makesBytes, shortenings } from "./stretch.ts";
import { usual } from "./usual.ts";
import { closeTogether, withoutConnection, withoutDevice, withoutReuse } from "./without.ts";

/** What is kept while a trace is made small. */
export interface Goal {
  /** Whether a trace, which has no errors, still shows it. */
  shows(trace: Trace): boolean;
  /** True when no more may be tried. */
  isOver(): boolean;
}

export interface Minimised {
  trace: Trace;
  /** Traces that were tried. */
  runs: number;
  /** True if nothing more can be taken out (`Shrinking`). */
  isMinimal: boolean;
}

/**
 * The trace made small, as its text read again: as long as it shows what is kept, events are taken out, many at once
 * first, then what nothing speaks of any more, bytes and settings, until none of it can be. A trace with errors (a
 * segment of bytes that nobody wrote any more) does not count. Pauses behind each trace that is tried, saying what share
 * of the events is gone. Null if the trace itself, as its text, does not show it.
 */
export function* minimising(whole: Trace, goal: Goal): Generator<number, Minimised | null> {
  const small = new Shrinking(readPrinted({ ...whole, comments: new Map() }), goal);
  if (!small.take(small.trace)) return null;
  for (let before = -1; small.taken !== before && !goal.isOver(); ) {
    before = small.taken;
    for (const pass of small.passes) yield* pass.call(small);
  }
  return { trace: closeTogether(small.trace), runs: small.runs, isMinimal: !goal.isOver() };
}

/**
 * A trace on its way to a smaller one. It is small when none of its passes takes anything out: no event, also with the
 * bytes that it makes and what lies behind them moved up, or as one with the next of its kind; no expect line or field of one, connection, device; no byte of a
 * length or at either end of a range; no flag, time, selective acknowledgement or setting that is not the usual one.
 */
class Shrinking {
  trace: Trace;
  runs = 0;
  /** How often it became smaller. */
  taken = 0;
  readonly passes = [
    this.dropEvents,
    this.dropExpectations,
    this.dropUnused,
    this.dropBytes,
    this.shortenRanges,
    this.settle,
    this.joinEvents,
  ];
  private readonly goal: Goal;
  private readonly count: number;

  constructor(trace: Trace, goal: Goal) {
    this.trace = trace;
    this.goal = goal;
    this.count = trace.events.count;
  }

  /** Goes on with a trace if that still shows what is kept. */
  take(trace: Trace): boolean {
    this.runs++;
    if (trace.diagnostics.some(({ severity }) => severity === "error") || !this.goal.shows(trace))
      return false;
    this.trace = trace;
    this.taken++;
    return true;
  }

  private edit(...edits: readonly Edit[]): boolean {
    return this.take(edited(this.trace, edits));
  }

  private get share(): number {
    return 1 - this.trace.events.count / Math.max(1, this.count);
  }

  /** From the end on, where nothing stands on what is taken out; then single ones, as long as any goes. */
  private *dropEvents(): Generator<number> {
    for (let size = this.trace.events.count; size >= 1; ) {
      const before = this.trace.events.count;
      for (let end = before; end > 0; end -= size) {
        if (this.goal.isOver()) return;
        const event = Math.max(0, end - size);
        this.edit({ edit: "drop", event, count: end - event });
        yield this.share;
      }
      // What was taken out last may be all that an event before it was needed for: single ones are tried again.
      if (size > 1 || this.trace.events.count === before) size = Math.floor(size / 2);
    }
  }

  /** What two events wrote or sent is written or sent by one. */
  private *joinEvents(): Generator<number> {
    for (let event = this.trace.events.count - 2; event >= 0; event--) {
      const edits = joining(this.trace, event);
      if (this.goal.isOver()) return;
      if (edits) yield* this.trying(...edits);
    }
  }

  /** Expect lines, and what of them is not needed. */
  private *dropExpectations(): Generator<number> {
    if (this.trace.expectations.length === 0) return;
    if (this.takeExpectations([])) return;
    for (let i = this.trace.expectations.length - 1; i >= 0 && !this.goal.isOver(); i--) {
      const { expectations } = this.trace;
      const line = expectations[i]!;
      const isGone = this.takeExpectations(expectations.filter((each) => each !== line));
      yield this.share;
      if (!isGone) yield* this.dropFields(i);
    }
  }

  private *dropFields(index: number): Generator<number> {
    const { what } = this.trace.expectations[index]!;
    for (const name of "effect" in what ? Object.keys(what.fields) : []) {
      if (this.goal.isOver()) return;
      const others = this.trace.expectations.map((each, i) =>
        i === index ? withoutField(each, name) : each,
      );
      this.takeExpectations(others);
      yield this.share;
    }
  }

  private takeExpectations(expectations: Expectation[]): boolean {
    return this.take({ ...this.trace, expectations });
  }

  /** Connections and devices that no event speaks of, and that one connection comes after another one. */
  private *dropUnused(): Generator<number> {
    for (const index of this.trace.connections.keys()) {
      this.takeIfAny(withoutReuse(this.trace, index));
      yield this.share;
    }
    for (let index = this.trace.connections.length - 1; index >= 0 && !this.goal.isOver(); index--) {
      this.takeIfAny(withoutConnection(this.trace, index));
      yield this.share;
    }
    for (let index = this.trace.devices.length - 1; index >= 0 && !this.goal.isOver(); index--) {
      this.takeIfAny(withoutDevice(this.trace, index));
      yield this.share;
    }
  }

  private takeIfAny(trace: Trace | null): void {
    if (trace !== null) this.take(readPrinted(trace));
  }

  /** Events go with the bytes that they make; else they make fewer. */
  private *dropBytes(): Generator<number> {
    for (let event = this.trace.events.count - 1; event >= 0; event--) {
      if (event >= this.trace.events.count || !makesBytes(this.trace, event)) continue;
      const { count } = this.trace.events;
      yield* this.shorten(event, 0);
      if (this.trace.events.count < count) continue;
      yield* this.lessAndLess(event, (length) => this.shorten(event, length));
    }
  }

  private *shorten(event: number, length: number): Generator<number, boolean> {
    for (const edits of shortenings(this.trace, event, length)) {
      if (this.goal.isOver()) return false;
      const isTaken = this.edit(...edits);
      yield this.share;
      if (isTaken) return true;
    }
    return false;
  }

  /** Ranges lose bytes at their end, then at their start. */
  private *shortenRanges(): Generator<number> {
    for (let event = 0; event < this.trace.events.count; event++) {
      if (makesBytes(this.trace, event)) continue;
      const to = (length: number, isStart: boolean): Edit => {
        const { events } = this.trace;
        const by = isStart ? events.length.at(event) - length : 0;
        return { edit: "set", event, to: { seq: advance(events.at(event).seq, by), length } };
      };
      for (const isStart of [false, true])
        yield* this.lessAndLess(event, (length) => this.trying(to(length, isStart)));
    }
  }

  /** A length is made less by half of it, by half of that … and by one, each as often as that can be. */
  private *lessAndLess(
    event: number,
    attempt: (length: number) => Generator<number, boolean>,
  ): Generator<number> {
    const least = leastOf(this.trace, event);
    for (let by = Math.ceil(this.trace.events.length.at(event) / 2); by >= 1; ) {
      const length = this.trace.events.length.at(event) - by;
      if (this.goal.isOver()) return;
      if (length >= least && (yield* attempt(length))) continue;
      by = by === 1 ? 0 : Math.ceil(by / 2);
    }
  }

  private *trying(...edits: readonly Edit[]): Generator<number, boolean> {
    const isTaken = this.edit(...edits);
    yield this.share;
    return isTaken;
  }

  /** What is unusual becomes usual. */
  private *settle(): Generator<number> {
    for (const edits of usual(() => this.trace)) {
      if (this.goal.isOver()) return;
      yield* this.trying(...edits);
    }
  }
}

function withoutField({ what, ...rest }: Expectation, name: string): Expectation {
  if (!("effect" in what)) return { what, ...rest };
  const { [name]: _, ...fields } = what.fields;
  return { ...rest, what: { ...what, fields } };
}

/** The edits that make one event of an event and the next of its kind and connection; null if there is none that goes on. */
function joining({ events }: Trace, event: number): Edit[] | null {
  const { kind, connection, seq, length } = events.at(event);
  if (kind !== Kind.send && kind !== Kind.transmit) return null;
  const isNext = (i: number) => events.kind.at(i) === kind && events.connection.at(i) === connection;
  let next = event + 1;
  while (next < events.count && !isNext(next)) next++;
  if (next === events.count) return null;
  const other = events.at(next);
  if (kind === Kind.transmit && other.seq !== seq + length) return null;
  const to = { length: length + other.length, flags: other.flags };
  return [
    { edit: "set", event, to },
    { edit: "drop", event: next, count: 1 },
  ];
}

/** Bytes of an event at least: a record has a header and a tag, whatever it holds. */
function leastOf({ events, connections }: Trace, event: number): number {
  if (events.kind.at(event) !== Kind.record) return 1;
  const { version, cipher } = connections[events.connection.at(event)]!;
  const { prepend, tail } = layoutOf(version, cipher ?? "aes-128-gcm");
  return Math.min(events.length.at(event), prepend + tail + tagSize);
}
