// lab: traces made of traces: the smallest one that still shows something; forks, which part from another at an event.

import { deviceColumn, EventLog, Kind } from "../core/words/event.ts";
import type { Edit } from "../trace/edit.ts";
import { edited, readPrinted } from "../trace/edited.ts";
import type { Trace } from "../trace/trace.ts";

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
  /** True if nothing more can be taken out: no event, connection, device or expect lines, and no length halves. */
  isMinimal: boolean;
}

/**
 * The trace made small, as its text read again: as long as it shows what is kept, events are taken out, many at once
 * first, then what nothing speaks of any more, and lengths are halved, until none of it can be. A trace with errors (a
 * segment of bytes that nobody wrote any more) does not count. Pauses behind each trace that is tried, saying what share
 * of the events is gone. Null if the trace itself, as its text, does not show it.
 */
export function* minimising(whole: Trace, goal: Goal): Generator<number, Minimised | null> {
  const small = new Shrinking(readPrinted({ ...whole, comments: new Map() }), goal);
  if (!small.take(small.trace)) return null;
  for (let before = -1; small.taken !== before && !goal.isOver(); ) {
    before = small.taken;
    yield* small.dropEvents();
    yield* small.dropUnused();
    yield* small.halveLengths();
  }
  return { trace: small.trace, runs: small.runs, isMinimal: !goal.isOver() };
}

/** A trace on its way to a smaller one. */
class Shrinking {
  trace: Trace;
  runs = 0;
  /** How often it became smaller. */
  taken = 0;
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

  private edit(edit: Edit): boolean {
    return this.take(edited(this.trace, [edit]));
  }

  private get share(): number {
    return 1 - this.trace.events.count / Math.max(1, this.count);
  }

  /** From the end on, where nothing stands on what is taken out; then single ones, as long as any goes. */
  *dropEvents(): Generator<number> {
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

  /** Expect lines, connections and devices. */
  *dropUnused(): Generator<number> {
    if (this.trace.expectations.length > 0) this.take({ ...this.trace, expectations: [] });
    yield this.share;
    for (let index = this.trace.connections.length - 1; index >= 0 && !this.goal.isOver(); index--) {
      if (this.trace.connections.length > 1) this.tryWithout("connections", index);
      yield this.share;
    }
    for (let index = this.trace.devices.length - 1; index >= 0 && !this.goal.isOver(); index--) {
      if (this.trace.devices.length > 1) this.tryWithout("devices", index);
      yield this.share;
    }
  }

  private tryWithout(what: "connections" | "devices", index: number): void {
    const without =
      what === "connections" ? withoutConnection(this.trace, index) : withoutDevice(this.trace, index);
    if (without !== null) this.take(readPrinted(without));
  }

  /** A length is halved as often as that can be. */
  *halveLengths(): Generator<number> {
    for (let event = 0; event < this.trace.events.count; event++) {
      for (let length = this.trace.events.length.at(event); length > 1; ) {
        if (this.goal.isOver()) return;
        length = Math.floor(length / 2);
        const isTaken = this.edit({ edit: "set", event, to: { length } });
        yield this.share;
        if (!isTaken) break;
      }
    }
  }
}

/** The trace without a connection; null if an event is of it. */
function withoutConnection(trace: Trace, gone: number): Trace | null {
  const { events, connections } = trace;
  const kept = connections.filter((_, index) => index !== gone);
  const renamed = renumbered(events, (of) => (of === gone ? null : of - (of > gone ? 1 : 0)));
  return renamed && { ...trace, ...withoutLines, connections: kept, events: renamed };
}

/** The trace without a device; null if an event, a connection or a bond is of it. */
function withoutDevice(trace: Trace, gone: number): Trace | null {
  const { events, connections, devices } = trace;
  const isUsed =
    connections.some(({ device }) => device === gone) ||
    devices.some(({ slaves }) => slaves.length > 0) ||
    events.kind.values.subarray(0, events.count).includes(Kind.reroute);
  if (isUsed) return null;
  const column = deviceColumn(gone);
  const renamed = renumbered(events, (of) => (of === column ? null : of + (of < column ? 1 : 0)));
  const moved = connections.map((each) => ({ ...each, device: each.device - (each.device > gone ? 1 : 0) }));
  const kept = devices.filter((_, index) => index !== gone);
  return renamed && { ...trace, ...withoutLines, connections: moved, devices: kept, events: renamed };
}

/** The lines of the text that it was read from say nothing of it any more: it is printed and read anew. */
const withoutLines = { declarationLines: [], expectations: [], comments: new Map<number, string>() };

/** Events with other numbers for their connections and devices; null if one of them has none. */
function renumbered(events: EventLog, numberOf: (column: number) => number | null): EventLog | null {
  const after = new EventLog();
  for (let i = 0; i < events.count; i++) {
    const event = events.at(i);
    const connection = numberOf(event.connection);
    if (connection === null) return null;
    after.push({ ...event, connection });
  }
  return after;
}
