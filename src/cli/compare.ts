import type { Comparison } from "../judge/compare/compare.ts";
import { descriptorsOf, dropsOf, measures, wrongEventsOf } from "../judge/compare/measures.ts";
import { comparedAt, wordDifference } from "../judge/compare/words.ts";
import { tableOf } from "../report/compare-table.ts";
import { type StudyRequest, variantWord } from "../study/request.ts";
import { printEvent } from "../trace/language/print.ts";
import { UserError } from "../trace/platform.ts";
import { eventPlace, placeWord } from "../trace/trace.ts";
import { counted } from "../trace/visible.ts";
import { type ReadFlags, requestOf, speaker } from "./flags.ts";
import { open, studied } from "./opened.ts";
import { exitStatus, print } from "./output.ts";

export interface CompareFlags extends ReadFlags {
  profiles: string;
  all?: true;
  bytes?: true;
  strict?: true;
  json?: true;
}

/** Differing events listed where not all are asked for. */
const listedMax = 40;

/** `tlstrace compare`: one trace under several profiles, as a table and the events in which they differ. */
export async function compare(file: string, flags: CompareFlags): Promise<void> {
  const comparison = await compared(comparisonAsked(file, flags));
  if (flags.json) await print(jsonLines(comparison));
  else await print(textLines(comparison, flags.all ? Number.POSITIVE_INFINITY : listedMax));
  const { bytesDiffer, wireDifferences } = comparison;
  if (bytesDiffer || (flags.strict && wireDifferences.length > 0)) process.exitCode = exitStatus.wrong;
}

/** What the flags want to see compared. The table says nothing of evidence. */
export function comparisonAsked(file: string, flags: CompareFlags): StudyRequest {
  const among = namesIn(flags.profiles).map((word) => ({ word: variantWord(word, speaker), name: word }));
  const comparison = { among, withOwn: false, allBytes: flags.bytes === true };
  return { ...requestOf(file, flags), evidence: [], comparison };
}

/** The ids behind `--profiles`. Throws UserError for less than two. */
function namesIn(ids: string): string[] {
  const names = [...new Set(ids.split(",").map((id) => id.trim()))];
  if (names.length < 2)
    throw new UserError(`--profiles ${ids}: give at least two to compare, as connectx,netronome`);
  return names;
}

async function compared(request: StudyRequest): Promise<Comparison> {
  const opened = await open(request);
  const { trace, contest } = opened.subject;
  if (contest!.connections.size === 0 || trace.events.count === 0)
    throw new UserError(
      `${trace.name} has no offloaded stream to compare${request.streams.length > 0 ? " of that name" : ""}`,
    );
  return (await studied(opened)).comparison!;
}

function* textLines(comparison: Comparison, most: number): Generator<string> {
  yield* tableOf(comparison);
  const { differing, wireDifferences } = comparison;
  const texts = wireTexts(comparison);
  yield "";
  yield differing.length === 0
    ? "No event differs."
    : `${counted(differing.length, "event differs", "events differ")}:`;
  for (const event of eventsToList(comparison, most)) {
    yield* eventLines(comparison, event);
    const text = texts.get(event);
    if (text !== undefined) yield `         ${text}`;
  }
  if (differing.length > most) yield `… and ${differing.length - most} more (--all lists them)`;
  yield "";
  yield wordOutcome(comparison, wireDifferences.filter(({ left }) => left !== null).length);
}

/** The first events that differ, and among those left out the ones whose bytes do. */
function eventsToList({ differing, wireDifferences }: Comparison, most: number): number[] {
  const events = [...differing.values.subarray(0, Math.min(differing.length, most))];
  const last = events.at(-1) ?? -1;
  const wrong = wireDifferences.filter(
    ({ event, bytes }) => bytes.length > 0 && (event > last || !events.includes(event)),
  );
  return [...events, ...wrong.slice(0, most).map(({ event }) => event)].sort((a, b) => a - b);
}

function* eventLines(comparison: Comparison, event: number): Generator<string> {
  const { trace } = comparison.runs[0]!.timeline;
  const each = comparedAt(comparison, event);
  const width = Math.max(...each.map(({ id }) => id.length));
  yield `${eventPlace(trace, event)}: ${printEvent(trace, event)}`;
  for (const { id, effects, queue } of each)
    yield `  ${id.padEnd(width)}  ${[...effects, `[${queue}]`].join("; ")}`;
}

const wireTexts = (comparison: Comparison): Map<number, string> =>
  new Map(comparison.wireDifferences.map((each) => [each.event, wordDifference(comparison, each)]));

function wordOutcome({ bytesDiffer, runs }: Comparison, sentByFew: number): string {
  const drops =
    sentByFew === 0
      ? ""
      : ` In ${counted(sentByFew, "event")} not all send the same packets: dropping is legal.`;
  if (bytesDiffer) return `Bytes differ on the wire.${drops}`;
  const unknown = runs.some(({ unknownBytes }) => unknownBytes > 0);
  const what = unknown
    ? "Every byte that is known is the same and right."
    : "Every byte that leaves is the same and right.";
  return `${what}${drops}`;
}

/** One object a line: each profile's numbers, each event that differs, each difference on the wire, the outcome. */
function* jsonLines(comparison: Comparison): Generator<string> {
  const { runs, differing, wireDifferences } = comparison;
  const { trace } = runs[0]!.timeline;
  const placed = (event: number) => ({
    [placeWord(trace)]: trace.events.line.at(event),
    event: printEvent(trace, event),
  });
  for (const [i, run] of runs.entries()) {
    const numbers = Object.fromEntries(measures.map(({ key, of }) => [key, of(run.tally)]));
    const maps = { drops: dropsOf(run), descriptors: descriptorsOf(run), counters: run.counters };
    const named = Object.fromEntries(
      Object.entries(maps).map(([key, map]) => [key, Object.fromEntries(map)]),
    );
    const wire = { wrongEvents: wrongEventsOf(comparison, i), unknownBytes: run.unknownBytes };
    yield JSON.stringify({ kind: "profile", profile: run.id, ...numbers, ...named, ...wire });
  }
  for (const event of differing.values.subarray(0, differing.length))
    yield JSON.stringify({ kind: "event", ...placed(event), profiles: comparedAt(comparison, event) });
  for (const difference of wireDifferences) {
    const { event, left, bytes } = difference;
    const wire = bytes.length > 0 ? "differs" : "dropped";
    yield JSON.stringify({
      kind: "finding",
      ...placed(event),
      wire,
      left,
      says: wordDifference(comparison, difference),
    });
  }
  yield JSON.stringify({
    kind: "summary",
    differing: differing.length,
    findings: wireDifferences.length,
    sameBytes: !comparison.bytesDiffer,
  });
}
