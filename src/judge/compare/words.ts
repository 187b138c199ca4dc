import { replayedBytes } from "../../core/words/descriptor.ts";
import { Effect } from "../../core/words/effect.ts";
import type { ComparedEvent, ComparedEvents, Finding } from "../../replay/findings.ts";
import { postedIn, queueText } from "../../replay/view/descriptor-scope.ts";
import { wordEffect } from "../../replay/view/effect-text.ts";
import { partOf, recordName, viewAt } from "../../replay/view/view.ts";
import { Sign } from "../../trace/signs.ts";
import { counted } from "../../trace/visible.ts";
import type { ByteDifference } from "./bytes.ts";
import type { ComparedRun, Comparison, WireDifference } from "./compare.ts";

/** What each profile makes of an event, with the effects that not all of them have. */
export function comparedAt({ runs }: Comparison, event: number): ComparedEvent[] {
  const all = runs.map((run) => effectsAt(run, event));
  const sets = all.map(({ texts }) => new Set(texts));
  return runs.map((run, i) => {
    const common = (text: string) => sets.every((texts) => texts.has(text));
    return {
      id: run.id,
      effects: all[i]!.texts.filter((text) => !common(text)),
      ...postedAt(run, event),
      fallback: all[i]!.fallback,
    };
  });
}

/** The effects of an event as text; bytes encrypted in software. */
export function effectsAt(
  { timeline }: Pick<ComparedRun, "timeline">,
  event: number,
): { texts: string[]; fallback: number } {
  const { stages } = timeline.record(event);
  const effects = stages.flatMap(({ effects: here }, stage) => {
    const view = viewAt(timeline, { event, stage });
    return here.map((effect) => ({ effect, text: wordEffect(view, effect) }));
  });
  const fallback = effects
    .filter(({ effect }) => effect.kind === Effect["software-fallback"])
    .reduce((sum, { effect }) => sum + effect.b, 0);
  return { texts: effects.map(({ text }) => text), fallback };
}

function postedAt({ timeline }: ComparedRun, event: number): { queue: string; replayed: number } {
  const view = viewAt(timeline, { event, stage: timeline.record(event).stages.length - 1 });
  return { queue: queueText(view), replayed: replayedBytes(postedIn(view)) };
}

/** The trace's events under all the profiles, worded when somebody looks at one. */
export const comparedEvents = (comparison: Comparison): ComparedEvents => ({
  ids: comparison.runs.map(({ id }) => id),
  at: (event) => comparedAt(comparison, event),
});

/** What the wire tells of the profiles, as findings of the first run's events. */
export const profileFindings = (comparison: Comparison): Finding[] =>
  comparison.wireDifferences.map((difference) => ({
    kind: Sign["profile-differs"],
    a: 0,
    b: 0,
    event: difference.event,
    stage: -1,
    place: "",
    text: wordDifference(comparison, difference),
  }));

/** A difference in a sentence: who sends what others drop, whose bytes are wrong and where. */
export function wordDifference(comparison: Comparison, { event, left, bytes }: WireDifference): string {
  const sent = left === null ? [] : [wordLeft(comparison, left)];
  return [...sent, ...bytes.map((difference) => wordBytes(comparison, event, difference))].join("; ");
}

function wordLeft({ runs }: Comparison, left: readonly number[]): string {
  const amounts = [...new Set(left)].sort((a, b) => b - a);
  return amounts
    .map((amount) => {
      const who = runs.filter((_, run) => left[run] === amount).map(({ id }) => id);
      const what =
        amount === 0
          ? who.length === 1
            ? "sends nothing"
            : "send nothing"
          : `${who.length === 1 ? "sends" : "send"} ${counted(amount, "byte")}`;
      return `${who.join(", ")} ${what}`;
    })
    .join(", ");
}

function wordBytes({ runs }: Comparison, event: number, { run, first, bytes, from }: ByteDifference): string {
  const { id, timeline } = runs[run]!;
  const view = viewAt(timeline, { event, stage: 0 });
  const { log, connection } = view;
  const row = log.rowOf(first, log.count);
  const offset = row < 1 ? 0 : first - log.start(row);
  const where =
    row < 1 ? "before the offload" : `${recordName(log, row)}, byte ${offset} (${partOf(view, row, offset)})`;
  const what = from === "encryption" ? "wrong bytes" : `bytes other than ${runs[0]!.id}`;
  return `${id} sends ${bytes} ${what}, the first at ${first - connection.startSeq}: ${where}`;
}
