import { profileOf } from "../core/machine/machine.ts";
import { profiles } from "../core/profiles/all.ts";
import { effects } from "../core/words/effect.ts";
import { speaksHere } from "../judge/expectations.ts";
import type { Timeline } from "../replay/timeline.ts";
import { effectFields } from "../replay/view/effect-text.ts";
import { viewAt } from "../replay/view/view.ts";
import { printExpected } from "../trace/language/print.ts";
import type { Expectation } from "../trace/trace.ts";

/** Effects worth an expect line: all but those of a stream in good order, or that the trace itself states. */
const notableEffects = effects.flatMap(({ ordinary }, kind) => (ordinary ? [] : [kind]));
/** Indentation of new lines in a file that has no indented expect line. */
const indentation = " ".repeat(7);

/**
 * The text of a trace with expect lines added below events that have notable effects and no expect line that speaks of
 * the run. `timelines` are replays of that very text, without errors in it: one with the trace's own profiles, or one
 * for each profile asked for (`isOwn` false); then lines say `under` which profiles they hold, unless all there are.
 */
export function withMissing(
  text: string,
  timelines: readonly Timeline[],
  isOwn: boolean,
): { text: string; added: number } {
  const { trace } = timelines[0]!;
  const stated = new Map<number, Expectation[]>();
  for (const expectation of trace.expectations)
    stated.set(expectation.event, [...(stated.get(expectation.event) ?? []), expectation]);
  const insertions = new Map<number, string[]>();
  let added = 0;
  for (let event = 0; event < trace.events.count; event++) {
    const own = stated.get(event) ?? [];
    const lines = missingLines(timelines, event, own, isOwn);
    if (lines.length === 0) continue;
    added += lines.length;
    insertions.set(Math.max(trace.events.line.at(event), ...own.map(({ line }) => line)), lines);
  }
  return { text: inserted(text, insertions), added };
}

/** Expect lines that an event lacks, each once, in the order in which its effects happen. */
function missingLines(
  timelines: readonly Timeline[],
  event: number,
  stated: readonly Expectation[],
  isOwn: boolean,
): string[] {
  const idsOf = new Map<string, { what: Expectation["what"]; ids: string[] }>();
  for (const timeline of timelines) {
    if (!timeline.effects.meets(event, notableEffects)) continue;
    if (stated.some((expectation) => speaksHere(timeline, expectation))) continue;
    const profile = profileOf(timeline.machine, timeline.connectionsOf(event)[0]!);
    const id = profile.word ?? profile.id;
    for (const what of notable(timeline, event)) {
      const key = printExpected({ no: false, under: [], what });
      const entry = idsOf.get(key) ?? { what, ids: [] };
      if (!entry.ids.includes(id)) entry.ids.push(id);
      idsOf.set(key, entry);
    }
  }
  return [...idsOf.values()].map(({ what, ids }) => {
    const always = isOwn ? stated.length === 0 : profiles.every(({ id }) => ids.includes(id));
    return `expect ${printExpected({ no: false, under: always ? [] : ids, what })}`;
  });
}

/** The event's notable effects as what an expect line wants, with all fields whose values are known. */
function notable(timeline: Timeline, event: number): Expectation["what"][] {
  return timeline.record(event).stages.flatMap(({ effects: said }, stage) => {
    const view = viewAt(timeline, { event, stage });
    return said
      .filter(({ kind }) => notableEffects.includes(kind))
      .map((effect) => ({
        effect: effects[effect.kind]!.name,
        fields: Object.fromEntries(effectFields(view, effect).filter(([, value]) => value !== "unknown")),
      }));
  });
}

/** The text with lines put in behind lines (from 1); all others stay as they are, to their line ends. */
function inserted(text: string, insertions: ReadonlyMap<number, readonly string[]>): string {
  const lines = text.split(/(?<=\r\n|\n|\r(?!\n))/);
  const lineEnd = /[\r\n]+$/;
  const usual = lineEnd.exec(lines[0] ?? "")?.[0] ?? "\n";
  const indent =
    lines.map((line) => /^([ \t]+)expect[ \t]/.exec(line)?.[1]).find((found) => found) ?? indentation;
  return lines
    .map((line, i) => {
      const below = insertions.get(i + 1);
      if (!below) return line;
      const end = lineEnd.exec(line)?.[0] ?? "";
      const added = below.map((one) => `${end || usual}${indent}${one}`).join("");
      return `${line.slice(0, line.length - end.length)}${added}${end}`;
    })
    .join("");
}
