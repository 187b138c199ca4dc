// judge: what something else says of a replay: expectations, wire verdicts, damage.

import { countersOf, vendorCountersOf } from "../core/machine/count.ts";
import { type Finding, hasSign, type Judged, nextSign, signsAt } from "../replay/findings.ts";
import type { Timeline } from "../replay/timeline.ts";
import { effectFields, wordEffect } from "../replay/view/effect-text.ts";
import { viewAt } from "../replay/view/view.ts";
import { printExpected } from "../trace/language/print.ts";
import { Sign } from "../trace/signs.ts";
import type { Expectation, WireVerdict } from "../trace/trace.ts";
import { runsUnder } from "../trace/variant.ts";
import { isTransmit, wireVerdictsOf } from "./wire-verdict.ts";

/** An expect line that speaks of this run, and what came of it. */
export interface Outcome {
  expectation: Expectation;
  /** What the trace wants, as its line says it. */
  expected: string;
  /** What happened instead; null = it holds. */
  actual: string | null;
}

/**
 * Every expect line that speaks of a connection of this run, in the file's order: all but those `under` other profiles.
 * A line may also speak of what was found before.
 */
export function outcomesOf(judged: Judged): Outcome[] {
  return judged.timeline.trace.expectations
    .filter((expectation) => speaksHere(judged.timeline, expectation))
    .map((expectation) => ({
      expectation,
      expected: printExpected(expectation),
      actual: disagreement(judged, expectation),
    }));
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
function disagreement(judged: Judged, expectation: Expectation): string | null {
  const { timeline } = judged;
  const { what, no } = expectation;
  if ("counter" in what) {
    const value = counterAt(timeline, expectation, what.counter, what.of);
    return value === what.value ? null : `${what.counter}=${value}`;
  }
  if ("wire" in what) return wireDisagreement(timeline, expectation, what.wire);
  const seen = signsSeen(judged, expectation, Sign[what.effect]);
  const matching = seen.filter(({ fields }) =>
    Object.entries(what.fields).every(([name, value]) => fields.get(name) === value),
  );
  if (no) return matching.length === 0 ? null : matching[0]!.text;
  if (matching.length > 0) return null;
  return seen.length > 0 ? wordAll(seen.map(({ text }) => text)) : `no ${what.effect}`;
}

/** Effects named in one message; a long file may have thousands. */
const namedMax = 5;

function wordAll(texts: readonly string[]): string {
  const rest = texts.length - namedMax;
  return texts.slice(0, namedMax).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** Of the whole file, `match` speaks of every packet that left, every other verdict of any one packet. */
function wireDisagreement(
  timeline: Timeline,
  { event, no, under }: Expectation,
  wire: WireVerdict,
): string | null {
  const seen = new Set<WireVerdict>();
  const events = event >= 0 ? [event] : transmitsUnder(timeline, under);
  for (const at of events) {
    const verdicts = wireVerdictsOf(timeline, at);
    for (const verdict of verdicts) seen.add(verdict);
    const decides = wire === "match" ? isWrong(verdicts) : verdicts.includes(wire);
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

interface Seen {
  text: string;
  fields: ReadonlyMap<string, string>;
}

/** The signs of one kind in an event, or in the whole file when `event` is −1. */
function signsSeen(judged: Judged, { event, under }: Expectation, kind: number): Seen[] {
  if (event >= 0) return signsIn(judged, event, kind);
  const seen: Seen[] = [];
  const next = (from: number) => nextSign(judged, from, 1, [kind]);
  for (let e = next(0); e >= 0; e = next(e + 1)) {
    if (judged.timeline.connectionsOf(e).some((c) => runsAs(judged.timeline, c, under)))
      seen.push(...signsIn(judged, e, kind));
  }
  return seen;
}

function signsIn(judged: Judged, event: number, kind: number): Seen[] {
  if (!hasSign(judged, event, [kind])) return [];
  return judged.timeline.record(event).stages.flatMap((_, stage) => {
    const view = viewAt(judged.timeline, { event, stage });
    return signsAt(judged, { event, stage })
      .filter((sign) => sign.kind === kind)
      .map((sign) => ({ text: wordEffect(view, sign), fields: new Map(effectFields(view, sign)) }));
  });
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
      ...vendorCountersOf(state, timeline.machine.sockets[c]!.profile),
      ...countersOf(state),
    };
    return sum + (counters[counter] ?? 0);
  }, 0);
}
