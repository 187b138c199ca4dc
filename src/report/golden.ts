import { countersOf } from "../core/machine/count.ts";
import { type Judged, signsAt } from "../replay/findings.ts";
import type { Timeline } from "../replay/timeline.ts";
import { queueText } from "../replay/view/descriptor-scope.ts";
import { wordEffect } from "../replay/view/effect-text.ts";
import { viewAt } from "../replay/view/view.ts";
import { type PrintedKeys, printDeclarations, printEvent } from "../trace/language/print.ts";
import { Sign } from "../trace/signs.ts";

const expectationFailed = Sign["expectation-failed"];

/** The replay as text: every event of the selected connections, its signs and what was posted below it, counters at the end. */
export function* goldenLines(
  judged: Judged,
  connections: ReadonlySet<number>,
  keys: PrintedKeys = "masked",
): Generator<string> {
  const { timeline } = judged;
  const { trace } = timeline;
  yield* printDeclarations(trace, keys);
  for (let event = 0; event < timeline.eventCount; event++) {
    if (!timeline.connectionsOf(event).some((c) => connections.has(c))) continue;
    yield printEvent(trace, event);
    yield* signLines(judged, event);
  }
  for (const c of connections) yield counterLine(timeline, c);
  for (const { kind, text } of judged.findings.all) if (kind === expectationFailed) yield text;
}

/** Expectations that fail are told at the end. */
function* signLines(judged: Judged, event: number): Generator<string> {
  const { timeline } = judged;
  const { stages } = timeline.record(event);
  for (let stage = 0; stage < stages.length; stage++) {
    const view = viewAt(timeline, { event, stage });
    for (const sign of signsAt(judged, { event, stage }))
      if (sign.kind !== expectationFailed) yield `         ${wordEffect(view, sign)}`;
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
