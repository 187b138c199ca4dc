import type { Seq } from "../core/base/seq.ts";
import { wordDamage } from "../judge/damage.ts";
import { Packets, wordFrames } from "../judge/damage-frames.ts";
import { type Judged, nextSign } from "../replay/findings.ts";
import type { Timeline } from "../replay/timeline.ts";
import { wordEffect } from "../replay/view/effect-text.ts";
import { partOf, recordName, viewAt } from "../replay/view/view.ts";
import { signsNamed } from "../trace/signs.ts";
import { Authenticated, type Damage, eventPlace } from "../trace/trace.ts";

/** In a capture only its own bytes can be wrong; a trace file has none, there the model's bytes are judged. */
const wrongIn = {
  capture: signsNamed(
    "wire-differs",
    "authentication-failed",
    "record-leaked",
    "explicit-nonce-reused",
    "foreign-bytes",
  ),
  text: signsNamed("plaintext", "placeholder", "wrong-tag", "wrong-ciphertext"),
} as const;

/** Each wrong record and each differing packet, with the frames of what is wrong, its record and the wrong bytes. */
export function wrongBytesOf(judged: Judged, connection: number): string[] {
  const { timeline } = judged;
  const next = (from: number) => nextSign(judged, from, 1, wrongIn[timeline.trace.kind]);
  const texts: string[] = [];
  let packets: Packets | null = null;
  for (let event = next(0); event >= 0; event = next(event + 1)) {
    if (!timeline.connectionsOf(event).includes(connection)) continue;
    const damage = timeline.trace.verdicts?.damage.get(event);
    if (damage === undefined) {
      texts.push(...wrongAt(timeline, event));
      continue;
    }
    packets ??= new Packets(timeline.trace, connection);
    texts.push(`${wordFrames(packets.framesOf(event))}: ${wrongRecord(timeline, event, damage)}`);
  }
  return texts;
}

/** What is wrong with a record or a stretch between two. */
function wrongRecord(timeline: Timeline, event: number, damage: Damage): string {
  if (damage.part === "foreign") return wordDamage(damage);
  const { log, connection, state } = viewAt(timeline, { event, stage: 0 });
  const [row, { startSeq }] = [state.tail - 1, connection];
  const range = `${log.start(row) - startSeq}:${log.end(row) - startSeq}`;
  const fails = timeline.trace.verdicts!.authenticated[event] === Authenticated.no;
  return `${recordName(log, row)} (${range})${fails ? " does not authenticate" : ""}; ${wordDamage(damage)}`;
}

function wrongAt(timeline: Timeline, event: number): string[] {
  const { verdicts, kind } = timeline.trace;
  const place = eventPlace(timeline.trace, event);
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
