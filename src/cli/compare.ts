import { Comparison } from "../judge/compare/compare.ts";
import { descriptorsOf, dropsOf, measures, wrongEventsOf } from "../judge/compare/measures.ts";
import { comparedAt, wordDifference } from "../judge/compare/words.ts";
import { tableOf } from "../report/compare-table.ts";
import { compareWhole } from "../study/slices.ts";
import { printEvent } from "../trace/language/print.ts";
import { UserError } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";
import { type Variant, withVariant } from "../trace/variant.ts";
import { complain, type LoadFlags, type Opened, open, selectedStreams, variantNamed } from "./open.ts";
import { exitStatus, print } from "./output.ts";

export interface CompareFlags extends LoadFlags {
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
  const variants = variantsNamed(flags.profiles);
  const opened = await open(file, flags);
  complain(file, opened.trace);
  const comparison = await compared(opened, variants, flags);
  if (flags.json) await print(jsonLines(comparison));
  else await print(textLines(comparison, flags.all ? Number.POSITIVE_INFINITY : listedMax));
  const { bytesDiffer, wireDifferences } = comparison;
  if (bytesDiffer || (flags.strict && wireDifferences.length > 0)) process.exitCode = exitStatus.wrong;
}

/** The ids behind `--profiles`. Throws UserError for what there is not, and for less than two. */
function variantsNamed(ids: string): Variant[] {
  const names = [...new Set(ids.split(",").map((id) => id.trim()))];
  if (names.length < 2)
    throw new UserError(`--profiles ${ids}: give at least two to compare, as connectx,netronome`);
  return names.map(variantNamed);
}

async function compared(
  { trace, progress }: Opened,
  variants: readonly Variant[],
  flags: CompareFlags,
): Promise<Comparison> {
  const streams = selectedStreams(trace, flags).filter(({ connection }) => connection >= 0);
  if (streams.length === 0 || trace.events.count === 0)
    throw new UserError(
      `${trace.name} has no offloaded stream to compare${flags.stream ? " of that name" : ""}`,
    );
  const selected = new Set(streams.map(({ connection }) => connection));
  const contestants = variants.map((variant) => ({ id: variant.id, trace: withVariant(trace, variant) }));
  const comparison = new Comparison(contestants, {
    isWanted: (connection) => selected.has(connection),
    allBytes: flags.bytes === true,
  });
  await compareWhole(comparison, progress);
  progress.end();
  return comparison;
}

function* textLines(comparison: Comparison, most: number): Generator<string> {
  yield* tableOf(comparison);
  const { differing, wireDifferences } = comparison;
  const texts = wireTexts(comparison);
  yield "";
  yield differing.length === 0
    ? "No event differs."
    : `${differing.length} ${differing.length === 1 ? "event differs" : "events differ"}:`;
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
  yield `${placeOf(trace, event)}: ${printEvent(trace, event)}`;
  for (const { id, effects, queue } of each)
    yield `  ${id.padEnd(width)}  ${[...effects, `[${queue}]`].join("; ")}`;
}

const placeOf = ({ kind, events }: Trace, event: number): string =>
  `${kind === "capture" ? "frame" : "line"} ${events.line.at(event)}`;

const wireTexts = (comparison: Comparison): Map<number, string> =>
  new Map(comparison.wireDifferences.map((each) => [each.event, wordDifference(comparison, each)]));

function wordOutcome({ bytesDiffer, runs }: Comparison, sentByFew: number): string {
  const events = sentByFew === 1 ? "event" : "events";
  const drops =
    sentByFew === 0 ? "" : ` In ${sentByFew} ${events} not all send the same packets: dropping is legal.`;
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
    [trace.kind === "capture" ? "frame" : "line"]: trace.events.line.at(event),
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
