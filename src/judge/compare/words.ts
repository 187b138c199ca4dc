import { distance } from "../../core/base/seq.ts";
import { replayedBytes } from "../../core/words/descriptor.ts";
import { Effect } from "../../core/words/effect.ts";
import type { ComparedEvent, EffectRecord } from "../../replay/recording.ts";
import { queueText } from "../../replay/view/descriptor-scope.ts";
import { wordEffect } from "../../replay/view/effect-text.ts";
import { partOf, recordName, viewAt } from "../../replay/view/view.ts";
import { relative } from "../../trace/language/print.ts";
import type { ByteDifference } from "./bytes.ts";
import type { ComparedRun, Comparison, WireFinding } from "./compare.ts";

/** What each profile makes of an event, with the effects that not all of them have. */
export function comparedAt({ runs }: Comparison, event: number): ComparedEvent[] {
  const all = runs.map((run) => effectsAt(run, event));
  return runs.map((run, i) => {
    const common = (text: string) => all.every(({ texts }) => texts.includes(text));
    return {
      id: run.id,
      effects: all[i]!.texts.filter((text) => !common(text)),
      ...postedAt(run, event),
      fallback: all[i]!.fallback,
    };
  });
}

/** The model's effects of an event as text, without what was found by comparing; bytes encrypted in software. */
function effectsAt({ timeline }: ComparedRun, event: number): { texts: string[]; fallback: number } {
  const { stages } = timeline.record(event);
  const isOwn = ({ kind }: EffectRecord) => kind !== Effect["profile-differs"];
  const effects = stages.flatMap(({ effects: here }, stage) => {
    const view = viewAt(timeline, { event, stage });
    return here.filter(isOwn).map((effect) => ({ effect, text: wordEffect(view, effect) }));
  });
  const fallback = effects
    .filter(({ effect }) => effect.kind === Effect["software-fallback"])
    .reduce((sum, { effect }) => sum + effect.b, 0);
  return { texts: effects.map(({ text }) => text), fallback };
}

function postedAt({ timeline }: ComparedRun, event: number): { queue: string; replayed: number } {
  const { stages, descriptors } = timeline.record(event);
  const posted = stages.at(-1)?.posted ?? 0;
  const view = viewAt(timeline, { event, stage: stages.length - 1 });
  return { queue: queueText(view, posted), replayed: replayedBytes(descriptors.slice(0, posted)) };
}

/** Tells the first run's timeline, which somebody looks at, what the others do. */
export function tell(comparison: Comparison): void {
  const { timeline } = comparison.runs[0]!;
  timeline.compared = {
    ids: comparison.runs.map(({ id }) => id),
    at: (event) => comparedAt(comparison, event),
  };
  for (const finding of comparison.findings)
    timeline.find({
      effect: Effect["profile-differs"],
      event: finding.event,
      stage: -1,
      place: "",
      text: wordFinding(comparison, finding),
    });
}

/** A finding in a sentence: who sends what others drop, whose bytes are wrong and where. */
export function wordFinding(comparison: Comparison, { event, left, bytes }: WireFinding): string {
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
          : `${who.length === 1 ? "sends" : "send"} ${amount} bytes`;
      return `${who.join(", ")} ${what}`;
    })
    .join(", ");
}

function wordBytes({ runs }: Comparison, event: number, { run, first, bytes, from }: ByteDifference): string {
  const { id, timeline } = runs[run]!;
  const view = viewAt(timeline, { event, stage: 0 });
  const { log, connection } = view;
  const row = log.rowOf(first, log.count);
  const offset = row < 1 ? 0 : distance(log.start(row), first);
  const where =
    row < 1 ? "before the offload" : `${recordName(log, row)}, byte ${offset} (${partOf(view, row, offset)})`;
  const what = from === "encryption" ? "wrong bytes" : `bytes other than ${runs[0]!.id}`;
  return `${id} sends ${bytes} ${what}, the first at ${relative(connection.startSeq, first)}: ${where}`;
}
