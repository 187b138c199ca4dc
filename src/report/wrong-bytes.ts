import { distance, type Seq, seq } from "../core/base/seq.ts";
import { Kind } from "../core/words/event.ts";
import { wordDamage } from "../judge/damage.ts";
import { contains, effectSet } from "../replay/effect-set.ts";
import type { Timeline } from "../replay/timeline.ts";
import { wordEffect } from "../replay/view/effect-text.ts";
import { partOf, recordName, viewAt } from "../replay/view/view.ts";

/** In a capture only its own bytes can be wrong; a trace file has none, there the model's bytes are judged. */
const wrongIn = {
  capture: effectSet("wire-differs", "authentication-failed"),
  text: effectSet("plaintext", "placeholder", "wrong-tag", "wrong-ciphertext"),
} as const;

/** Each failed record and each differing packet, with its frame, its record and the first wrong byte. */
export function findingsOf(timeline: Timeline, connection: number): string[] {
  const wrong = wrongIn[timeline.trace.kind];
  const findings: string[] = [];
  for (let event = timeline.nextHit(0, 1, wrong); event >= 0; event = timeline.nextHit(event + 1, 1, wrong)) {
    if (timeline.connectionsOf(event).includes(connection)) findings.push(...findingsAt(timeline, event));
  }
  return findings;
}

function findingsAt(timeline: Timeline, event: number): string[] {
  const { events, verdicts, kind } = timeline.trace;
  const place = `${kind === "capture" ? "frame" : "line"} ${events.line.at(event)}`;
  if (events.kind.at(event) === Kind.record) {
    const { log, connection, state } = viewAt(timeline, { event, stage: 0 });
    const row = state.tail - 1;
    const range = `${distance(connection.startSeq, log.start(row))}:${distance(connection.startSeq, log.end(row))}`;
    const damage = verdicts?.damage.get(event);
    const why = damage ? wordDamage(damage) : `the wrong byte is somewhere in ${range}`;
    return [`${place}: ${recordName(log, row)} (${range}) does not authenticate; ${why}`];
  }
  const difference = verdicts?.differences.get(event);
  if (difference)
    return [
      `${place}: ${difference.bytes} bytes differ, ${wherein(timeline, event, seq(difference.firstSeq))}`,
    ];
  return timeline
    .record(event)
    .stages.flatMap(({ effects }, stage) =>
      effects
        .filter((effect) => contains(wrongIn[kind], effect.kind))
        .map((effect) => `${place}: ${wordEffect(viewAt(timeline, { event, stage }), effect)}`),
    );
}

/** The first wrong byte by its record and the part of it. */
function wherein(timeline: Timeline, event: number, first: Seq): string {
  const view = viewAt(timeline, { event, stage: 0 });
  const relative = distance(view.connection.startSeq, first);
  const row = view.log.rowOf(first, view.log.count);
  if (row < 1) return `the first at ${relative}`;
  const offset = distance(view.log.start(row), first);
  return `the first at ${relative}: ${recordName(view.log, row)}, byte ${offset} (${partOf(view, row, offset)})`;
}
