// judge: what something else says of a replay: expectations, wire verdicts, damage.

import { countersOf, namedCountersOf } from "../core/machine/count.ts";
import type { Finding, Judged } from "../replay/findings.ts";
import type { Timeline } from "../replay/timeline.ts";
import { printExpected } from "../trace/language/print.ts";
import { finished } from "../trace/platform.ts";
import { Sign } from "../trace/signs.ts";
import type { Expectation, WireVerdict } from "../trace/trace.ts";
import { runsUnder } from "../trace/variant.ts";
import { Instead, SeenSigns } from "./seen-signs.ts";
import { isSignLine, wholeFileOutcomes } from "./whole-file.ts";
import { isTransmit, wireVerdictsOf } from "./wire-verdict.ts";

/** An expect line that speaks of this run, and what came of it. */
export interface Outcome {
  expectation: Expectation;
  /** What the trace wants, as its line says it. */
  expected: string;
  /** What happened instead; null = it holds. */
  actual: string | null;
}

/** What came of the expect lines, in one go. */
export const outcomesOf = (judged: Judged): Outcome[] => finished(judgingExpectations(judged));

/**
 * Every expect line that speaks of a connection of this run, in the file's order: all but those `under` other profiles.
 * A line may also speak of what was found before. Pauses behind each line, and each event that one for the whole file
 * looks at.
 */
export function* judgingExpectations(judged: Judged): Generator<number, Outcome[]> {
  const { timeline } = judged;
  const { expectations } = timeline.trace;
  const lines: Expectation[] = [];
  for (const [i, line] of expectations.entries()) {
    if (speaksHere(timeline, line)) lines.push(line);
    yield i / expectations.length;
  }
  const signs = new SeenSigns(judged);
  const counts = new SeenCounters(timeline);
  const speaks = (event: number, under: readonly string[]) =>
    timeline.connectionsOf(event).some((c) => runsAs(timeline, c, under));
  const whole = yield* wholeFileOutcomes(judged, signs, lines.filter(isSignLine), speaks);
  const wires = new Map<string, string | null>();
  const outcomes: Outcome[] = [];
  for (const expectation of lines) {
    const expected = printExpected(expectation);
    let actual: string | null;
    if (isSignLine(expectation)) actual = whole.get(expectation) ?? null;
    else {
      // Of the whole file every packet is looked at, so no line twice.
      const isWholeWire = "wire" in expectation.what && expectation.event < 0;
      const known = isWholeWire ? wires.get(expected) : undefined;
      actual = known === undefined ? yield* disagreement(timeline, expectation, { signs, counts }) : known;
      if (isWholeWire) wires.set(expected, actual);
    }
    outcomes.push({ expectation, expected, actual });
    yield outcomes.length / lines.length;
  }
  return outcomes;
}

/** The expect lines that do not hold, each as a finding of its event; of those for the whole file the last event. Pauses behind each. */
export function* failedExpectations(
  { eventCount }: Timeline,
  outcomes: readonly Outcome[],
): Generator<number, Finding[]> {
  const last = eventCount - 1;
  const failed: Finding[] = [];
  for (const [i, { expectation, expected, actual }] of outcomes.entries()) {
    yield i / outcomes.length;
    if (actual === null) continue;
    const event = expectation.event < 0 ? last : expectation.event;
    const text = `line ${expectation.line}: expected ${expected}, got ${actual}`;
    failed.push({
      kind: Sign["expectation-failed"],
      a: expectation.line,
      b: 0,
      event,
      stage: -1,
      place: "",
      text,
    });
  }
  return failed;
}

/** True if the line speaks of any connection of this run. */
export function speaksHere(timeline: Timeline, expectation: Expectation): boolean {
  const { event, under, what } = expectation;
  if (under.length === 0) return true;
  if (event >= 0 && !("counter" in what))
    return timeline.connectionsOf(event).some((c) => runsAs(timeline, c, under));
  const counts = countedBy(timeline, "counter" in what ? what.of : null, under);
  return timeline.trace.connections.some((_, c) => counts(c));
}

/** Connections under `under` that `of` names: a device's, one, or all. */
function countedConnections(timeline: Timeline, of: string | null, under: readonly string[]): number[] {
  const counts = countedBy(timeline, of, under);
  return timeline.trace.connections.flatMap((_, c) => (counts(c) ? [c] : []));
}

/** Whether a connection is one of these. */
function countedBy(timeline: Timeline, of: string | null, under: readonly string[]): (c: number) => boolean {
  const { connections, devices } = timeline.trace;
  return (c) => {
    const { name, device } = connections[c]!;
    return (of === null || of === name || of === devices[device]!.name) && runsAs(timeline, c, under);
  };
}

/** True if the connection's device is what `under` names, or if that names nothing. */
export function runsAs({ trace }: Timeline, connection: number, under: readonly string[]): boolean {
  const device = trace.devices[trace.connections[connection]!.device]!;
  return under.length === 0 || under.some((id) => runsUnder(trace, device, id));
}

/** What happened instead; null if the expectation holds. */
function* disagreement(
  timeline: Timeline,
  expectation: Expectation,
  { signs, counts }: { signs: SeenSigns; counts: SeenCounters },
): Generator<number, string | null> {
  const { what, no } = expectation;
  if ("counter" in what) {
    const value = yield* counts.sum(expectation, what);
    return value === what.value ? null : `${what.counter}=${value}`;
  }
  if ("wire" in what) return yield* wireDisagreement(timeline, expectation, what.wire);
  const seen = signs.at(expectation.event, Sign[what.effect]);
  const matching = seen.find(({ fields }) =>
    Object.entries(what.fields).every(([name, value]) => fields.get(name) === value),
  );
  if (no) return matching === undefined ? null : matching.text;
  if (matching !== undefined) return null;
  const instead = new Instead();
  for (const one of seen) instead.add(one);
  return instead.words() ?? `no ${what.effect}`;
}

/** Of the whole file, `match` speaks of every packet that left, every other verdict of any one packet. */
function* wireDisagreement(
  timeline: Timeline,
  { event, no, under }: Expectation,
  wire: WireVerdict,
): Generator<number, string | null> {
  const seen = new Set<WireVerdict>();
  const events = event >= 0 ? [event] : transmitsUnder(timeline, under);
  for (const at of events) {
    const verdicts = wireVerdictsOf(timeline, at);
    for (const verdict of verdicts) seen.add(verdict);
    const decides = wire === "match" ? isWrong(verdicts) : verdicts.includes(wire);
    yield at / timeline.eventCount;
    if (!decides) continue;
    const place = event >= 0 ? "" : ` at line ${timeline.trace.events.line.at(at)}`;
    if (wire === "match" || no) return `wire=${verdicts.join(",")}${place}`;
    return null;
  }
  if (no || (wire === "match" && seen.has("match"))) return null;
  return `wire=${[...seen].join(",") || "nothing"}`;
}

const isWrong = (verdicts: readonly WireVerdict[]) =>
  verdicts.some((verdict) => verdict !== "match" && verdict !== "nothing");

function* transmitsUnder(timeline: Timeline, under: readonly string[]): Generator<number> {
  for (let event = 0; event < timeline.eventCount; event++) {
    if (isTransmit(timeline, event) && timeline.connectionsOf(event).some((c) => runsAs(timeline, c, under)))
      yield event;
  }
}

/** Counters of the replay's connections, each read once as long as nothing happens to its connection. */
class SeenCounters {
  private readonly timeline: Timeline;
  private readonly seen = new Map<number, { ordinal: number; counters: Readonly<Record<string, number>> }>();
  /** Connections by what names them. */
  private readonly counted = new Map<string, readonly number[]>();

  constructor(timeline: Timeline) {
    this.timeline = timeline;
  }

  /** A counter's value after an event, summed over the connections that `of` names; pauses behind each. */
  *sum({ event, under }: Expectation, { counter, of }: CounterWanted): Generator<number, number> {
    const at = event < 0 ? this.timeline.eventCount : event + 1;
    const key = [of ?? "", ...under].join("\n");
    const connections = this.counted.get(key) ?? countedConnections(this.timeline, of, under);
    this.counted.set(key, connections);
    let sum = 0;
    for (const connection of connections) {
      sum += this.at(connection, at)[counter] ?? 0;
      yield at / this.timeline.eventCount;
    }
    return sum;
  }

  private at(connection: number, event: number): Readonly<Record<string, number>> {
    const { timeline } = this;
    const ordinal = timeline.ordinalOf(connection, event);
    const known = this.seen.get(connection);
    if (known?.ordinal === ordinal) return known.counters;
    const state = timeline.stateBefore(connection, event);
    const named = namedCountersOf(state, timeline.machine.sockets[connection]!.profile);
    const counters = { ...named, ...countersOf(state) };
    this.seen.set(connection, { ordinal, counters });
    return counters;
  }
}

type CounterWanted = Extract<Expectation["what"], { counter: string }>;
