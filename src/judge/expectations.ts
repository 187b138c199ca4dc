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
  const lines = timeline.trace.expectations.filter((line) => speaksHere(timeline, line));
  const signs = new SeenSigns(judged);
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
      actual = known === undefined ? yield* disagreement(timeline, expectation, signs) : known;
      if (isWholeWire) wires.set(expected, actual);
    }
    outcomes.push({ expectation, expected, actual });
    yield outcomes.length / lines.length;
  }
  return outcomes;
}

/** The expect lines that do not hold, each as a finding of its event; of those for the whole file the last event. */
export function failedExpectations({ eventCount }: Timeline, outcomes: readonly Outcome[]): Finding[] {
  const last = eventCount - 1;
  return outcomes.flatMap(({ expectation, expected, actual }): Finding[] => {
    if (actual === null) return [];
    const event = expectation.event < 0 ? last : expectation.event;
    const text = `line ${expectation.line}: expected ${expected}, got ${actual}`;
    return [{ kind: Sign["expectation-failed"], a: event, b: 0, event, stage: -1, place: "", text }];
  });
}

/** True if the line speaks of any connection of this run. */
export function speaksHere(timeline: Timeline, expectation: Expectation): boolean {
  const { event, under, what } = expectation;
  if (under.length === 0) return true;
  if (event >= 0 && !("counter" in what))
    return timeline.connectionsOf(event).some((c) => runsAs(timeline, c, under));
  return countedConnections(timeline, "counter" in what ? what.of : null, under).length > 0;
}

/** Connections under `under` that `of` names: a device's, one, or all. */
function countedConnections(timeline: Timeline, of: string | null, under: readonly string[]): number[] {
  const { connections, devices } = timeline.trace;
  return connections.flatMap(({ name, device }, c) =>
    (of === null || of === name || of === devices[device]!.name) && runsAs(timeline, c, under) ? [c] : [],
  );
}

/** True if the connection's device is what `under` names, or if that names nothing. */
function runsAs({ trace }: Timeline, connection: number, under: readonly string[]): boolean {
  const device = trace.devices[trace.connections[connection]!.device]!;
  return under.length === 0 || under.some((id) => runsUnder(trace, device, id));
}

/** What happened instead; null if the expectation holds. */
function* disagreement(
  timeline: Timeline,
  expectation: Expectation,
  signs: SeenSigns,
): Generator<number, string | null> {
  const { what, no } = expectation;
  if ("counter" in what) {
    const value = counterAt(timeline, expectation, what.counter, what.of);
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

/** The counter's value after the event, summed over the connections that `of` names (a device, a connection, or all). */
function counterAt(
  timeline: Timeline,
  { event, under }: Expectation,
  counter: string,
  of: string | null,
): number {
  const at = event < 0 ? timeline.eventCount : event + 1;
  return countedConnections(timeline, of, under).reduce((sum, c) => {
    const state = timeline.stateBefore(c, at);
    const counters: Record<string, number> = {
      ...namedCountersOf(state, timeline.machine.sockets[c]!.profile),
      ...countersOf(state),
    };
    return sum + (counters[counter] ?? 0);
  }, 0);
}
