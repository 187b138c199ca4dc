import { countersOf } from "../core/machine/count.ts";
import { checkExpectations } from "../judge/expectations.ts";
import type { Timeline } from "../replay/timeline.ts";
import { queueText } from "../replay/view/descriptor-scope.ts";
import { wordEffect } from "../replay/view/effect-text.ts";
import { viewAt } from "../replay/view/view.ts";
import { printDeclarations, printEvent } from "../trace/language/print.ts";

/** The replay as text: every event of the selected connections, its effects and what was posted below it, counters at the end. */
export function* goldenLines(timeline: Timeline, connections: ReadonlySet<number>): Generator<string> {
  const { trace } = timeline;
  yield* printDeclarations(trace);
  for (let event = 0; event < timeline.eventCount; event++) {
    if (!timeline.connectionsOf(event).some((c) => connections.has(c))) continue;
    yield printEvent(trace, event);
    yield* effectLines(timeline, event);
  }
  for (const c of connections) yield counterLine(timeline, c);
  for (const { expectation, expected, actual } of checkExpectations(timeline)) {
    yield `line ${expectation.line}: expected ${expected}, got ${actual}`;
  }
}

function* effectLines(timeline: Timeline, event: number): Generator<string> {
  const { stages } = timeline.record(event);
  for (let stage = 0; stage < stages.length; stage++) {
    const view = viewAt(timeline, { event, stage });
    for (const effect of stages[stage]!.effects) yield `         ${wordEffect(view, effect)}`;
  }
  const posted = stages.at(-1)?.posted ?? 0;
  if (posted > 0)
    yield `         queue ${queueText(viewAt(timeline, { event, stage: stages.length - 1 }), posted)}`;
}

function counterLine(timeline: Timeline, c: number): string {
  const counters = Object.entries(countersOf(timeline.stateBefore(c, timeline.eventCount)));
  const moved = counters.filter(([, value]) => value !== 0).map(([name, value]) => `${name}=${value}`);
  return `counters ${timeline.trace.connections[c]!.name} ${moved.join(" ")}`;
}
