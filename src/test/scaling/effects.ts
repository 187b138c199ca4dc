import { effects } from "../../core/words/effect.ts";
import type { Timeline } from "../../replay/timeline.ts";

/** The effects of an event, in numbers. */
export const effectsOf = (timeline: Timeline, event: number): string[] =>
  timeline
    .record(event)
    .stages.flatMap((stage) => stage.effects.map(({ kind, a, b }) => `${effects[kind]!.name} ${a} ${b}`));
