import { type CounterName, countersOf } from "../core/count.ts";
import { Effect } from "../core/effect.ts";
import type { Expectation } from "../trace/trace.ts";
import { effectFields, wordEffect } from "./effect-text.ts";
import type { Timeline } from "./timeline.ts";
import { viewAt } from "./view.ts";

/** An expect line that does not hold. */
export interface Failure {
  expectation: Expectation;
  /** What the trace wants, as its line says it. */
  expected: string;
  /** What happened instead. */
  actual: string;
}

/** Checks every expect line after the first pass, and marks the events whose expectations fail. */
export function checkExpectations(timeline: Timeline): Failure[] {
  const failures: Failure[] = [];
  for (const expectation of timeline.trace.expectations) {
    const actual = disagreement(timeline, expectation);
    if (actual === null) continue;
    failures.push({ expectation, expected: wanted(expectation), actual });
    const event = expectation.event < 0 ? timeline.eventCount - 1 : expectation.event;
    if (event >= 0) timeline.mark(event, Effect["expectation-failed"]);
  }
  return failures;
}

function wanted({ no, what }: Expectation): string {
  if ("counter" in what) return `counter ${what.of ? `${what.of} ` : ""}${what.counter}=${what.value}`;
  const fields = Object.entries(what.fields).map(([name, value]) => ` ${name}=${value}`);
  return `${no ? "no " : ""}${what.effect}${fields.join("")}`;
}

/** What happened instead; null if the expectation holds. */
function disagreement(timeline: Timeline, expectation: Expectation): string | null {
  const { what, no } = expectation;
  if ("counter" in what) {
    const value = counterAt(timeline, expectation, what.counter, what.of);
    return value === what.value ? null : `${what.counter}=${value}`;
  }
  const seen = effectsSeen(timeline, expectation.event, Effect[what.effect]);
  const matching = seen.filter(({ fields }) =>
    Object.entries(what.fields).every(([name, value]) => fields.get(name) === value),
  );
  if (no) return matching.length === 0 ? null : matching[0]!.text;
  if (matching.length > 0) return null;
  return seen.length > 0 ? seen.map(({ text }) => text).join(", ") : `no ${what.effect}`;
}

interface Seen {
  text: string;
  fields: ReadonlyMap<string, string>;
}

/** The effects of one kind in an event, or in the whole file when `event` is −1. */
function effectsSeen(timeline: Timeline, event: number, kind: number): Seen[] {
  if (event >= 0) return effectsIn(timeline, event, kind);
  const seen: Seen[] = [];
  for (let e = timeline.nextHit(0, 1, 1 << kind); e >= 0; e = timeline.nextHit(e + 1, 1, 1 << kind)) {
    seen.push(...effectsIn(timeline, e, kind));
  }
  return seen;
}

function effectsIn(timeline: Timeline, event: number, kind: number): Seen[] {
  if ((timeline.masks[event]! & (1 << kind)) === 0) return [];
  return timeline.record(event).stages.flatMap(({ effects }, stage) => {
    const view = viewAt(timeline, { event, stage });
    return effects
      .filter((effect) => effect.kind === kind)
      .map((effect) => ({ text: wordEffect(view, effect), fields: new Map(effectFields(view, effect)) }));
  });
}

/** The counter's value after the event, summed over the connections that `of` names (a device, a connection, or all). */
function counterAt(timeline: Timeline, { event }: Expectation, counter: string, of: string | null): number {
  const { connections, devices } = timeline.trace;
  const at = event < 0 ? timeline.eventCount : event + 1;
  const counted = connections.flatMap(({ name, device }, c) =>
    of === null || of === name || of === devices[device]!.name ? [c] : [],
  );
  return counted.reduce(
    (sum, c) => sum + (countersOf(timeline.stateBefore(c, at))[counter as CounterName] ?? 0),
    0,
  );
}
