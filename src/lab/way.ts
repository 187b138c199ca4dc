import { headerSize, tagSize } from "../core/base/record.ts";
import { advance, seq } from "../core/base/seq.ts";
import { effects } from "../core/words/effect.ts";
import { eventKinds } from "../core/words/event.ts";
import type { EffectRecord } from "../replay/recording.ts";
import type { Position, Timeline } from "../replay/timeline.ts";
import { partOf, viewAt } from "../replay/view/view.ts";
import { signs } from "../trace/signs.ts";

/** What an event came to, up to a stage of one connection: what two events of different traces can have in common. */
export interface Way {
  /** The kind of the event. */
  kind: number;
  /** The stage that was reached last; null: the event did nothing yet. */
  stage: number | null;
  /** Effects in the order in which each was said first, with the words among their arguments. */
  effects: readonly string[];
  /** The kinds of these. */
  kinds: readonly number[];
  /** Of a transmit: a part of a record of which it carries a byte; null: whatever it carries. */
  part: string | null;
}

/** The way of an event up to a place. */
export function wayTo(timeline: Timeline, { event, stage }: Position, part: string | null = null): Way {
  const { stages } = timeline.record(event);
  const kind = timeline.trace.events.kind.at(event);
  const last = stages[Math.min(stage, stages.length - 1)];
  if (!last) return { kind, stage: null, effects: [], kinds: [], part };
  const said = stages
    .slice(0, stage + 1)
    .filter(({ connection }) => connection === last.connection)
    .flatMap((each) => each.effects);
  return {
    kind,
    stage: last.stage,
    effects: [...new Set(said.map(keyOf))],
    kinds: [...new Set(said.map((each) => each.kind))],
    part,
  };
}

/** The whole way of an event. */
export const wholeWay = (timeline: Timeline, event: number, part: string | null = null): Way =>
  wayTo(timeline, { event, stage: timeline.record(event).stages.length - 1 }, part);

/** True if an event goes this way, whatever else it does. */
export function goes(timeline: Timeline, event: number, way: Way): boolean {
  const { kind, stage, effects: wanted, kinds, part } = way;
  if (timeline.trace.events.kind.at(event) !== kind) return false;
  if (!kinds.every((each) => timeline.effects.has(event, each))) return false;
  if (part !== null && !carries(timeline, event, part)) return false;
  if (stage === null) return true;
  const { stages } = timeline.record(event);
  return timeline.connectionsOf(event).some((connection) => {
    const met = new Set<string>();
    return stages.some((each) => {
      if (each.connection !== connection) return false;
      // In their order: one that is not due yet is only met when it is said again.
      for (const said of each.effects) if (keyOf(said) === wanted[met.size]) met.add(keyOf(said));
      return each.stage === stage && met.size === wanted.length;
    });
  });
}

/** A way in words: the event and its effects. */
export const wayText = ({ kind, effects: said }: Way): string =>
  [eventKinds[kind]!, ...said.map(nameOf)].join(", ");

/** Names of the effects of a way that a stream in good order does not have. */
export const tellingEffects = ({ effects: said }: Way) =>
  [...new Set(said.map(nameOf))].flatMap((name) =>
    effects.flatMap((row) => (row.name === name && !row.ordinary ? [row.name] : [])),
  );

const nameOf = (key: string): string => key.split(" ", 1)[0]!;

/** An effect by its name and the words among its arguments; numbers are free. */
function keyOf({ kind, a, b }: EffectRecord): string {
  const { name, args } = signs[kind]!;
  const words = args.flatMap(([, form], i) => (Array.isArray(form) ? [form[i === 0 ? a : b]] : []));
  return [name, ...words].join(" ");
}

/** True if a transmit carries a byte of this part of any record. */
function carries(timeline: Timeline, event: number, part: string): boolean {
  const { events } = timeline.trace;
  const from = seq(events.seq.at(event));
  const end = advance(from, events.length.at(event));
  const view = viewAt(timeline, { event, stage: -1 });
  return view.log.rowsIn(from, end).some((row) => {
    const start = view.log.start(row);
    const length = view.log.length.at(row);
    const first = Math.max(0, from - start);
    // Where a part begins, in either version.
    const begins = [first, headerSize, headerSize + 8, length - tagSize - 1, length - tagSize];
    return begins.some(
      (at) => at >= first && start + at < end && at < length && partOf(view, row, at) === part,
    );
  });
}
