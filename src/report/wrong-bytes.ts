import type { Seq } from "../core/base/seq.ts";
import { Kind } from "../core/words/event.ts";
import { wordDamage } from "../judge/damage.ts";
import { type Judged, nextSign } from "../replay/findings.ts";
import type { Timeline } from "../replay/timeline.ts";
import { wordEffect } from "../replay/view/effect-text.ts";
import { partOf, recordName, viewAt } from "../replay/view/view.ts";
import { signsNamed } from "../trace/signs.ts";
import { eventPlace } from "../trace/trace.ts";

/** In a capture only its own bytes can be wrong; a trace file has none, there the model's bytes are judged. */
const wrongIn = {
  capture: signsNamed("wire-differs", "authentication-failed"),
  text: signsNamed("plaintext", "placeholder", "wrong-tag", "wrong-ciphertext"),
} as const;

/** Each failed record and each differing packet, with its frame, its record and the first wrong byte. */
export function wrongBytesOf(judged: Judged, connection: number): string[] {
  const { timeline } = judged;
  const next = (from: number) => nextSign(judged, from, 1, wrongIn[timeline.trace.kind]);
  const texts: string[] = [];
  for (let event = next(0); event >= 0; event = next(event + 1)) {
    if (timeline.connectionsOf(event).includes(connection)) texts.push(...wrongAt(timeline, event));
  }
  return texts;
}

function wrongAt(timeline: Timeline, event: number): string[] {
  const { events, verdicts, kind } = timeline.trace;
  const place = eventPlace(timeline.trace, event);
  if (events.kind.at(event) === Kind.record) {
    const {
      log,
      connection: { startSeq },
      state,
    } = viewAt(timeline, { event, stage: 0 });
    const row = state.tail - 1;
    const range = `${log.start(row) - startSeq}:${log.end(row) - startSeq}`;
    const damage = verdicts?.damage.get(event);
    const why = damage ? wordDamage(damage) : `the wrong byte is somewhere in ${range}`;
    return [`${place}: ${recordName(log, row)} (${range}) does not authenticate; ${why}`];
  }
  const difference = verdicts?.differences.get(event);
  if (difference)
    return [`${place}: ${difference.bytes} bytes differ, ${wherein(timeline, event, difference.first)}`];
  return timeline
    .record(event)
    .stages.flatMap(({ effects }, stage) =>
      effects
        .filter((effect) => wrongIn[kind].includes(effect.kind))
        .map((effect) => `${place}: ${wordEffect(viewAt(timeline, { event, stage }), effect)}`),
    );
}

/** The first wrong byte by its record and the part of it. */
function wherein(timeline: Timeline, event: number, first: Seq): string {
  const view = viewAt(timeline, { event, stage: 0 });
  const relative = first - view.connection.startSeq;
  const row = view.log.rowOf(first, view.log.count);
  if (row < 1) return `the first at ${relative}`;
  const offset = first - view.log.start(row);
  return `the first at ${relative}: ${recordName(view.log, row)}, byte ${offset} (${partOf(view, row, offset)})`;
}
