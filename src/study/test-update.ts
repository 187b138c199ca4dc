import { profiles } from "../core/profiles/all.ts";
import { effects } from "../core/words/effect.ts";
import { speaksHere } from "../judge/expectations.ts";
import type { Timeline } from "../replay/timeline.ts";
import { effectFields } from "../replay/view/effect-text.ts";
import { viewAt } from "../replay/view/view.ts";
import type { Edit } from "../trace/edit.ts";
import { printExpected } from "../trace/language/print.ts";
import { withLines } from "../trace/text-edit.ts";
import type { Expectation, Trace } from "../trace/trace.ts";

/** Effects worth an expect line: all but those of a stream in good order, or that the trace itself states. */
export const notableEffects = effects.flatMap(({ ordinary }, kind) => (ordinary ? [] : [kind]));
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
  const edits = missingExpectations(timelines, isOwn);
  return { text: withExpectLines(text, timelines[0]!.trace, edits), added: edits.length };
}

/** A new expect line, as an edit of the trace. */
type ExpectEdit = Extract<Edit, { edit: "expect" }>;

/** The edits that state what is notable in the replays and not stated in the trace. */
export function missingExpectations(timelines: readonly Timeline[], isOwn: boolean): ExpectEdit[] {
  const { trace } = timelines[0]!;
  const stated = statedIn(trace);
  const edits: ExpectEdit[] = [];
  for (let event = 0; event < trace.events.count; event++) {
    for (const expected of missingOf(timelines, event, stated.get(event) ?? [], isOwn))
      edits.push({ edit: "expect", event, expected });
  }
  return edits;
}

/** The edits of a trace, made in its text: each line below its event's and the expect lines that it has. */
function withExpectLines(text: string, trace: Trace, edits: readonly ExpectEdit[]): string {
  const stated = statedIn(trace);
  const indent = /^([ \t]+)expect[ \t]/m.exec(text)?.[1] ?? indentation;
  const added = new Map<number, string[]>();
  for (const { event, expected } of edits)
    listed(added, event).push(`${indent}expect ${printExpected(expected)}`);
  const insertions = [...added].map(([event, lines]) => {
    let below = trace.events.line.at(event);
    for (const { line } of stated.get(event) ?? []) below = Math.max(below, line);
    return { below, lines };
  });
  return withLines(text, insertions);
}

/** The trace's expect lines by event. */
function statedIn({ expectations }: Trace): Map<number, Expectation[]> {
  const stated = new Map<number, Expectation[]>();
  for (const expectation of expectations) listed(stated, expectation.event).push(expectation);
  return stated;
}

/** The list under a key, which is there from now on. */
function listed<T>(lists: Map<number, T[]>, key: number): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** What expect lines an event lacks, each once, in the order in which its effects happen. */
function missingOf(
  timelines: readonly Timeline[],
  event: number,
  stated: readonly Expectation[],
  isOwn: boolean,
): ExpectEdit["expected"][] {
  const idsOf = new Map<string, { what: Expectation["what"]; ids: string[] }>();
  for (const timeline of timelines) {
    if (!timeline.effects.meets(event, notableEffects)) continue;
    if (stated.some((expectation) => speaksHere(timeline, expectation))) continue;
    const profile = timeline.machine.sockets[timeline.connectionsOf(event)[0]!]!.profile;
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
    return { no: false, under: always ? [] : ids, what };
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
