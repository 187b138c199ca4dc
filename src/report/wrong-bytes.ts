import type { Seq } from "../core/base/seq.ts";
import { wrongInModel } from "../judge/places.ts";
import { type Judged, nextSign } from "../replay/findings.ts";
import type { Timeline } from "../replay/timeline.ts";
import { wordEffect } from "../replay/view/effect-text.ts";
import { partOf, recordName, viewAt } from "../replay/view/view.ts";
import { wrongSigns } from "../replay/view/wrong/byte.ts";
import { wordDamage } from "../replay/view/wrong/damage-text.ts";
import { type Packets, packetsOf, wordFrames } from "../replay/view/wrong/packets.ts";
import { Authenticated, type Damage, eventPlace } from "../trace/trace.ts";
import { counted } from "../trace/visible.ts";

/** In a capture only its own bytes can be wrong; a trace file has none, there the model's bytes are judged. */
const wrongIn = {
  capture: wrongSigns,
  text: wrongInModel,
} as const;

/** Places of one connection that are wrong, in words. */
export interface WrongPlaces {
  /** The first ones. */
  texts: string[];
  count: number;
}

/** Places that are put into words: of one connection, and of all together. */
const wordedMax = { each: 1000, all: 10_000 };

/** Each wrong record and each differing packet, with the frames of what is wrong, its record and the wrong bytes. */
export function wrongPlaces(judged: Judged): Map<number, WrongPlaces> {
  const { timeline } = judged;
  const { trace } = timeline;
  const next = (from: number) => nextSign(judged, from, 1, wrongIn[trace.kind]);
  const damaged = Array.from(trace.verdicts?.damage.keys() ?? [], (event) =>
    trace.events.connection.at(event),
  );
  const packets = packetsOf(trace, new Set(damaged));
  const places = new Map<number, WrongPlaces>();
  let worded = 0;
  for (let event = next(0); event >= 0; event = next(event + 1)) {
    for (const connection of timeline.connectionsOf(event)) {
      const own = places.get(connection) ?? { texts: [], count: 0 };
      places.set(connection, own);
      const isWorded = own.texts.length < wordedMax.each && worded < wordedMax.all;
      const texts = isWorded ? textsOf(timeline, event, packets.get(connection)) : [];
      own.texts.push(...texts);
      own.count += isWorded ? texts.length : 1;
      worded += texts.length;
    }
  }
  return places;
}

function textsOf(timeline: Timeline, event: number, packets: Packets | undefined): string[] {
  const damage = timeline.trace.verdicts?.damage.get(event);
  if (damage === undefined || packets === undefined) return wrongAt(timeline, event);
  return [`${wordFrames(packets.framesOf(event))}: ${wrongRecord(timeline, event, damage)}`];
}

/** What is wrong with a record or a stretch between two. */
function wrongRecord(timeline: Timeline, event: number, damage: Damage): string {
  if (damage.part === "foreign") return wordDamage(damage);
  const { log, connection, state } = viewAt(timeline, { event, stage: 0 });
  const [row, { startSeq }] = [state.tail - 1, connection];
  const range = `${log.start(row) - startSeq}:${log.end(row) - startSeq}`;
  const isOfPlaintext = damage.part === "clear" || damage.part === "sealed";
  const fails = !isOfPlaintext && timeline.trace.verdicts!.authenticated[event] === Authenticated.no;
  return `${recordName(log, row)} (${range})${fails ? " does not authenticate" : ""}; ${wordDamage(damage)}`;
}

function wrongAt(timeline: Timeline, event: number): string[] {
  const { verdicts, kind } = timeline.trace;
  const place = eventPlace(timeline.trace, event);
  const difference = verdicts?.differences.get(event);
  if (difference)
    return [
      `${place}: ${counted(difference.bytes, "byte differs", "bytes differ")}, ${wherein(timeline, event, difference.first)}`,
    ];
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
