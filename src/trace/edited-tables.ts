import type { Seq } from "../core/base/seq.ts";
import { type Event, EventLog } from "../core/words/event.ts";
import { type Block, type EditedLines, hasOwnLines, linesAfter } from "./edit-lines.ts";
import { countOf, placesOf, type Run } from "./runs.ts";
import type { Expectation, SacksBetween, Trace, Verdicts } from "./trace.ts";

/** An event that an edit made or placed, with what stands beside it in the tables of a trace. */
export interface MadeEvent extends Event, Block {
  sacks: readonly Seq[];
  recordSn: bigint | null;
  /** Expect lines that it gets beside those of `from`. */
  expected: readonly Pick<Expectation, "no" | "under" | "what">[];
}

/** Events in a new order: of the trace as they are, and made ones. */
interface Arrangement {
  trace: Trace;
  /** Events of the trace, or −1 − the index of one in `made`. */
  runs: readonly Run[];
  /** The made ones, ascending. */
  placed: readonly (readonly [place: number, event: MadeEvent])[];
  /** What became of the trace's events: their places, −1 = gone. */
  placeOf: Int32Array;
  /** Null: the lines are not a trace file's, and say nothing of the order any more. */
  lines: EditedLines | null;
}

/**
 * The trace with its events arranged anew and all that goes by an event or a line along. `runs` are events of the trace,
 * or −1 − the index of one in `made`; the result's `made` are the places of those, its `placeOf` of the trace's events.
 */
export function rearranged(
  trace: Trace,
  runs: readonly Run[],
  made: readonly MadeEvent[],
): { trace: Trace; made: number[]; placeOf: Int32Array } {
  const placeOf = new Int32Array(trace.events.count).fill(-1);
  const placed: [number, MadeEvent][] = [];
  let place = 0;
  for (const { from, count } of runs) {
    const event = from < 0 ? made[-1 - from]! : null;
    if (event === null) for (let i = 0; i < count; i++) placeOf[from + i] = place + i;
    else placed.push([place, event]);
    if (event !== null && event.from >= 0) placeOf[event.from] = place;
    place += count;
  }
  const lines = hasOwnLines(trace) ? linesAfter(trace, runs, made) : null;
  const arrangement = { trace, runs, placed, placeOf, lines };
  const { declarationLines, ...rest } = trace;
  const after: Trace = {
    ...rest,
    events: eventsOf(arrangement),
    sacks: tableOf(arrangement, trace.sacks, ({ sacks }) => (sacks.length > 0 ? sacks : null)),
    sacksBetween: sacksBetweenOf(arrangement),
    recordSns: tableOf(arrangement, trace.recordSns, ({ recordSn }) => recordSn),
    expectations: expectationsOf(arrangement),
    comments: commentsOf(arrangement),
    verdicts: trace.verdicts && verdictsOf(arrangement, trace.verdicts),
  };
  if (lines && declarationLines) after.declarationLines = declarationLines.map((line) => lines.shifted(line));
  return { trace: after, made: placed.map(([place]) => place), placeOf };
}

/** Those behind events that are still there. */
function sacksBetweenOf({ trace: { sacksBetween: of }, placeOf }: Arrangement): SacksBetween {
  const rows = [...of.after.keys()].filter((row) => (placeOf[of.after[row]!] ?? -1) >= 0);
  const kept = <Value>(column: readonly Value[]) => rows.map((row) => column[row]!);
  const after = kept(of.after).map((event) => placeOf[event]!);
  const { timeNs, connection, from, to } = of;
  return { after, timeNs: kept(timeNs), connection: kept(connection), from: kept(from), to: kept(to) };
}

function eventsOf({ trace, runs, placed, lines }: Arrangement): EventLog {
  const events = new EventLog();
  events.count = countOf(runs);
  events.reserve(events.count);
  for (const { from, count, place } of placesOf(runs)) events.copy(trace.events, from, count, place);
  const { values } = events.line;
  if (lines) for (let place = 0; place < events.count; place++) values[place] = lines.shifted(values[place]!);
  for (const [place, event] of placed) events.write(place, { ...event, line: lineOf(event, trace, lines) });
  return events;
}

/** The line of a made event; 0 = none. */
function lineOf(event: MadeEvent, { events }: Trace, lines: EditedLines | null): number {
  if (event.from < 0) return lines?.firstOf.get(event) ?? 0;
  const line = events.line.at(event.from);
  return lines?.of(line) ?? line;
}

/** A table by event: what made events have stands with themselves. */
function tableOf<T>(
  { placeOf, placed }: Arrangement,
  table: ReadonlyMap<number, T>,
  own: (event: MadeEvent) => T | null,
): Map<number, T> {
  const after = new Map<number, T>();
  for (const [event, value] of table) if (placeOf[event]! >= 0) after.set(placeOf[event]!, value);
  for (const [place, event] of placed) {
    const value = own(event);
    if (value === null) after.delete(place);
    else after.set(place, value);
  }
  return after;
}

function expectationsOf({ trace, placeOf, placed, lines }: Arrangement): Expectation[] {
  const kept = trace.expectations.flatMap((expectation) => {
    const event = expectation.event < 0 ? expectation.event : placeOf[expectation.event]!;
    const isGone = expectation.event >= 0 && event < 0;
    return isGone ? [] : [{ ...expectation, event, line: lines?.of(expectation.line) ?? expectation.line }];
  });
  const added = placed.flatMap(([event, made]) => {
    const first = (lines?.firstOf.get(made) ?? 0) + (made.from < 0 ? 1 : 0);
    return made.expected.map((stated, i) => ({ ...stated, event, line: lines ? first + i : 0 }));
  });
  const all = [...kept, ...added];
  return lines ? all.sort((a, b) => a.line - b.line) : all;
}

/** Comments stay where they stand; those behind a line go where it goes. */
function commentsOf({ trace, lines }: Arrangement): Map<number, string> {
  const after = new Map<number, string>();
  for (const [line, text] of trace.comments) {
    const to = lines ? lines.of(line) : line;
    if (to !== null) after.set(to, text);
  }
  return after;
}

/**
 * What comparing with the capture's bytes found of the packets that are as they were captured; of others it says
 * nothing. The sums stay those of the capture.
 */
function verdictsOf(arrangement: Arrangement, verdicts: Verdicts): Verdicts {
  const { trace, runs, placed } = arrangement;
  const wire = new Uint8Array(countOf(runs));
  const authenticated = new Uint8Array(wire.length);
  for (const { from, count, place } of placesOf(runs)) {
    wire.set(verdicts.wire.subarray(from, from + count), place);
    authenticated.set(verdicts.authenticated.subarray(from, from + count), place);
  }
  for (const [place, event] of placed) {
    const from = unchangedFrom(trace.events, event);
    if (from >= 0) wire[place] = verdicts.wire[from]!;
  }
  const { compared, differing, cut, ended } = verdicts;
  const differences = tableOf(arrangement, verdicts.differences, (event) => {
    const from = unchangedFrom(trace.events, event);
    return from < 0 ? null : (verdicts.differences.get(from) ?? null);
  });
  const damage = tableOf(arrangement, verdicts.damage, () => null);
  const sums = { compared: [...compared], differing: [...differing], cut: [...cut], ended: [...ended] };
  return { wire, authenticated, ...sums, differences, damage };
}

/** The event of the trace that a made one is, bytes and place in the stream; −1 = it is another packet. */
function unchangedFrom(events: EventLog, { from, connection, kind, seq, length }: MadeEvent): number {
  const isSame =
    from >= 0 &&
    events.connection.at(from) === connection &&
    events.kind.at(from) === kind &&
    events.seq.at(from) === seq &&
    events.length.at(from) === length;
  return isSame ? from : -1;
}
