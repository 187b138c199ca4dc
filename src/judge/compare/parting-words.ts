import type { Timeline } from "../../replay/timeline.ts";
import { queueText } from "../../replay/view/descriptor-scope.ts";
import { viewAt } from "../../replay/view/view.ts";
import { printEvent } from "../../trace/language/print.ts";
import { measures } from "./measures.ts";
import type { PartedEvent, PartedRuns } from "./parting.ts";
import { effectsAt } from "./words.ts";

/** What one of both makes of an event. */
interface Made {
  texts: readonly string[];
  queue: string;
}

const nothing: Made = { texts: [], queue: "" };

function madeAt(timeline: Timeline, event: number): Made {
  if (event < 0) return nothing;
  const last = timeline.record(event).stages.length - 1;
  return {
    texts: effectsAt({ timeline }, event).texts,
    queue: queueText(viewAt(timeline, { event, stage: last })),
  };
}

/** An event that parts, in a sentence: what both make of it, without what they have in common. */
export function wordParted({ parent, fork }: PartedRuns, { event, was }: PartedEvent): string {
  const before = madeAt(parent.timeline, was);
  const now = madeAt(fork.timeline, event);
  if (event < 0) return `gone: ${lineOf(parent.timeline, was)}${told(before)}`;
  const line = lineOf(fork.timeline, event);
  if (was < 0) return `new: ${line}${told(now)}`;
  return `${line}: ${only(before, now)}, now ${only(now, before)}`;
}

const lineOf = ({ trace }: Timeline, event: number): string =>
  printEvent(trace, event)
    .replace(/^\S+\s+/, "")
    .replaceAll(/\s+/g, " ")
    .trim();

const told = ({ texts }: Made): string => (texts.length === 0 ? "" : `: ${texts.join(", ")}`);

/** What only the first of two has. */
function only({ texts, queue }: Made, other: Made): string {
  const own = texts.filter((text) => !other.texts.includes(text));
  const posted = queue === other.queue ? [] : [queue === "" ? "nothing posted" : `posted ${queue}`];
  const all = [...own, ...posted];
  return all.length === 0 ? "nothing" : all.join(", ");
}

/** What of all that is counted is not the same, as `resyncs 2, now 1`. */
export const partedSums = ({ parent, fork }: PartedRuns): string[] =>
  measures.flatMap(({ label, of }) => {
    const [before, now] = [of(parent.tally), of(fork.tally)];
    return before === now ? [] : [`${label.trim()} ${before}, now ${now}`];
  });

/** The stage of an event where one of both first says what the other does not; its last one where effects are the same. */
export function partedStage(timeline: Timeline, event: number, other: readonly string[]): number {
  const { stages } = timeline.record(event);
  for (let stage = 0, said = 0; stage < stages.length; stage++) {
    const { texts } = effectsAt({ timeline }, event);
    const end = said + stages[stage]!.effects.length;
    if (texts.slice(said, end).some((text) => !other.includes(text))) return stage;
    said = end;
  }
  return Math.max(0, stages.length - 1);
}

/** The texts of what an event of one of both says; none where it has it not. */
export const textsOf = (timeline: Timeline, event: number): readonly string[] =>
  madeAt(timeline, event).texts;
