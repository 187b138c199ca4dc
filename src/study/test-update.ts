import { kernels } from "../core/machine/generation.ts";
import { profiles } from "../core/profiles/all.ts";
import { effects } from "../core/words/effect.ts";
import { runsAs, speaksHere } from "../judge/expectations.ts";
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

/** A replay of a trace's text, without errors in it. */
export interface Tried {
  /** What it is under, as a line of the trace says it; null = the trace's own devices. */
  under: string | null;
  timeline: Timeline;
}

/**
 * The text of a trace with expect lines added below events that have notable effects and no expect line that speaks of
 * the run. `asked`: what it is updated for, the trace's own devices or variants. `others`: what else it is tested under;
 * a line that is not true of all of these says `under` what it holds.
 */
export function withMissing(
  text: string,
  asked: readonly Tried[],
  others: readonly Tried[] = [],
): { text: string; added: number } {
  const edits = missingExpectations(asked, others);
  return { text: withExpectLines(text, asked[0]!.timeline.trace, edits), added: edits.length };
}

/** A new expect line, as an edit of the trace. */
type ExpectEdit = Extract<Edit, { edit: "expect" }>;

/** The edits that state what is notable in the replays and not stated in the trace. */
export function missingExpectations(asked: readonly Tried[], others: readonly Tried[] = []): ExpectEdit[] {
  const { trace } = asked[0]!.timeline;
  const stated = statedIn(trace);
  const edits: ExpectEdit[] = [];
  for (let event = 0; event < trace.events.count; event++) {
    for (const expected of missingOf(asked, others, event, stated.get(event) ?? []))
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
  asked: readonly Tried[],
  others: readonly Tried[],
  event: number,
  stated: readonly Expectation[],
): ExpectEdit["expected"][] {
  const lacking = asked.filter(
    ({ timeline }) =>
      timeline.effects.meets(event, notableEffects) &&
      !stated.some((expectation) => speaksHere(timeline, expectation)),
  );
  if (lacking.length === 0) return [];
  const said = new Map([...asked, ...others].map((tried) => [tried, notable(tried.timeline, event)]));
  const wanted = new Map(lacking.flatMap((tried) => [...said.get(tried)!]));
  return [...wanted].flatMap(([key, what]) => {
    const having = lacking.filter((tried) => said.get(tried)!.has(key));
    const wrong = [...said.keys()].filter((tried) => !said.get(tried)!.has(key));
    if (wrong.length === 0 && isForAll(having, stated)) return { no: false, under: [], what };
    const isTrue = (id: string) => !wrong.some((tried) => speaksOf(tried, event, id));
    const under = new Set(having.flatMap((tried) => idsOf(tried, event).find(isTrue) ?? []));
    return under.size === 0 ? [] : { no: false, under: [...under], what };
  });
}

/** True if what holds in these runs need not say in which. */
function isForAll(runs: readonly Tried[], stated: readonly Expectation[]): boolean {
  if (runs.some(({ under }) => under === null)) return stated.length === 0;
  return [profiles, kernels].some((all) => all.every(({ id }) => runs.some(({ under }) => under === id)));
}

/** What may stand behind `under` of a line that speaks of a run, the shortest first. */
function idsOf({ under, timeline }: Tried, event: number): string[] {
  const { connections, devices } = timeline.trace;
  const { profile, kernel } = devices[connections[timeline.connectionsOf(event)[0]!]!.device]!;
  const word = profile.word ?? profile.id;
  return [under ?? word, `${word}@${kernel.id}`];
}

/** Whether a line that is `under` this speaks of a run. */
const speaksOf = ({ under, timeline }: Tried, event: number, id: string): boolean =>
  under === id || timeline.connectionsOf(event).some((connection) => runsAs(timeline, connection, [id]));

/** The event's notable effects as what an expect line wants, with all fields whose values are known, by its words. */
function notable(timeline: Timeline, event: number): Map<string, Expectation["what"]> {
  if (!timeline.effects.meets(event, notableEffects)) return new Map();
  const lines = timeline.record(event).stages.flatMap(({ effects: said }, stage) => {
    const view = viewAt(timeline, { event, stage });
    return said
      .filter(({ kind }) => notableEffects.includes(kind))
      .map((effect) => ({
        effect: effects[effect.kind]!.name,
        fields: Object.fromEntries(effectFields(view, effect).filter(([, value]) => value !== "unknown")),
      }));
  });
  return new Map(lines.map((what) => [printExpected({ no: false, under: [], what }), what]));
}
