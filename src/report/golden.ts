import { countersOf } from "../core/machine/count.ts";
import type { Judged } from "../replay/findings.ts";
import type { Timeline } from "../replay/timeline.ts";
import { postedIn, queueText } from "../replay/view/descriptor-scope.ts";
import { wordEffect } from "../replay/view/effect-text.ts";
import { type View, viewIn } from "../replay/view/view.ts";
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
function* signLines({ timeline, findings }: Judged, event: number): Generator<string> {
  const found = findings.of(event).filter(({ kind }) => kind !== expectationFailed);
  let passed = 0;
  let last: View | null = null;
  let queue: string[] = [];
  for (const part of timeline.parts(event)) {
    yield* queue;
    for (const [stage, { effects }] of part.stages.entries()) {
      last = viewIn(timeline, part, stage);
      for (const sign of effects) yield indented(wordEffect(last, sign));
      for (const sign of found) if (sign.stage === passed + stage) yield indented(wordEffect(last, sign));
    }
    passed += part.stages.length;
    queue = last === null || postedIn(last).length === 0 ? [] : [indented(`queue ${queueText(last)}`)];
  }
  for (const sign of found)
    if (last !== null && (sign.stage < 0 || sign.stage >= passed)) yield indented(wordEffect(last, sign));
  yield* queue;
}

const indented = (text: string): string => `         ${text}`;

function counterLine(timeline: Timeline, c: number): string {
  const counters = Object.entries(countersOf(timeline.stateBefore(c, timeline.eventCount)));
  const moved = counters.filter(([, value]) => value !== 0).map(([name, value]) => `${name}=${value}`);
  return `counters ${timeline.trace.connections[c]!.name} ${moved.join(" ")}`;
}
