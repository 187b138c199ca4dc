import { advance } from "../../core/base/seq.ts";
import { stages } from "../../core/words/stage.ts";
import { type Dealing, dealings, dealtWith, type WatchedBytes } from "../../replay/byte-range.ts";
import { followed } from "../../replay/changes.ts";
import { checkNames } from "../../replay/expression-check.ts";
import { parseExpression } from "../../replay/language/parse.ts";
import { didYouMean } from "../../replay/language/spelling.ts";
import { ExpressionError } from "../../replay/language/tokens.ts";
import { type StopRule, stagesNamed } from "../../replay/stops.ts";
import type { Timeline } from "../../replay/timeline.ts";
import { paths } from "../../replay/view/paths.ts";
import { nodeByPath } from "../../replay/view/scopes.ts";
import { viewAt } from "../../replay/view/view.ts";
import { bytesNamed, rangeText } from "../../replay/view/why/numbers.ts";
import { UserError } from "../../trace/platform.ts";
import { signsMeant, stopNames } from "./filters.ts";
import { presets } from "./presets.ts";

/** Where names are looked up: what is debugged, null before it is open; the connection meant where none is named. */
export interface Ground {
  timeline: Timeline | null;
  connection?: number;
}

/** What a name stands for: a rule without its number and its conditions. */
export type Meant = Pick<
  StopRule,
  "label" | "kind" | "events" | "at" | "names" | "signs" | "followed" | "watched"
>;

/**
 * What to stop at, by its name: a function, a sign or filter, a preset, bytes of a stream and what is done with them
 * (`seq 1448:2896 sent again`), a value that changes (`driver.expectedSeq`), of a stream (`… of A>B`). Throws UserError
 * that says what may have been meant.
 */
export function stopsNamed(text: string, ground: Ground): Meant[] {
  const name = text.trim().replace(/\(\)$/, "");
  const bytes = /^seq\s+(.*)$/i.exec(name);
  if (bytes) return [watchedBytes(bytes[1]!, ground)];
  const record = /^(record\(\d+\))\s+(?!of\s)(.*)$/.exec(name);
  if (record) return [watchedRecord(record[1]!, record[2]!, ground)];
  if (stagesNamed(name).length > 0) return [{ label: `Function ${name}`, kind: "function", names: name }];
  const signs = signsMeant(name);
  if (signs.length > 0) return [{ label: `Stop at ${name}`, kind: "sign", signs }];
  const preset = presets.find((each) => each.name === name);
  if (preset) return preset.stops.flatMap((each) => stopsNamed(each, ground));
  return [value(name, ground)];
}

/** A value by its expression, whose changes are stopped at. */
export function value(text: string, ground: Ground): Meant {
  const { what, connection, timeline } = streamOf(text, ground, () => parsed(text.replace(ofStream, "")));
  const expression = parsed(what);
  checkNames(expression, timeline);
  return { label: text, kind: "data", followed: followed(expression, connection, timeline) };
}

function parsed(text: string) {
  try {
    return parseExpression(text);
  } catch (error) {
    // A single word is a name that is not known; anything else is an expression with its own mistake.
    if (error instanceof ExpressionError && /^[\w.*?-]+$/.test(text)) throw new UserError(unknownName(text));
    throw error;
  }
}

/** `1448:2896 sent again of A>B`: without a word for what is done with them, everything. */
function watchedBytes(text: string, ground: Ground): Meant {
  const { what, connection, timeline } = streamOf(text, ground);
  const [, first, end, words] = /^(-?\d+)(?:\s*(?::|\.\.)\s*(-?\d+)(?:\(\d+\))?)?\s*(.*)$/.exec(what) ?? [];
  const here = timeline.trace.connections[connection]!.startSeq;
  const written = end === undefined ? `${first}` : `${first}:${end}`;
  const bytes = first === undefined ? null : bytesNamed(timeline, { connection, here }, written);
  if (!bytes || (end !== undefined && Number(end) <= Number(first)))
    throw new UserError(
      `bytes are named as seq 1448:2896, with ${dealings.join(", ")} behind them, not "seq ${text}"`,
    );
  const range = rangeText(timeline, connection, bytes.from, bytes.length);
  return meantOf(`seq ${range}`, { timeline, connection, ...bytes }, words!);
}

/** `record(17) looked up`: the bytes of a record by its number. */
function watchedRecord(record: string, text: string, ground: Ground): Meant {
  const { what, connection, timeline } = streamOf(text, ground);
  const end = { event: Math.max(0, timeline.eventCount - 1), stage: Number.MAX_SAFE_INTEGER };
  const range =
    timeline.eventCount === 0 ? null : nodeByPath(viewAt(timeline, end, connection), record)?.range;
  if (!range) throw new UserError(`there is no ${record} in ${timeline.trace.connections[connection]!.name}`);
  return meantOf(record, { timeline, connection, ...range }, what);
}

type Bytes = Pick<WatchedBytes, "connection" | "from"> & { timeline: Timeline; length: number };

function meantOf(label: string, { timeline, connection, from, length }: Bytes, words: string): Meant {
  const watched = { connection, from, to: advance(from, length), dealings: dealingsNamed(words) };
  if (dealtWith(timeline, { ...watched, dealings }).events.length === 0)
    throw new UserError(`no packet of ${timeline.trace.connections[connection]!.name} carries ${label}`);
  return { label, kind: "bytes", watched };
}

function dealingsNamed(words: string): readonly Dealing[] {
  if (words === "") return dealings;
  return words.split(/\s*(?:,|\band\b|\bor\b)\s*/).map((word) => {
    const known = dealings.find((dealing) => dealing === word.replace(/\s+/g, " ").toLowerCase());
    if (known) return known;
    throw new UserError(
      `nothing is called "${word}" of bytes${didYouMean(word, dealings) || `; there are ${dealings.join(", ")}`}`,
    );
  });
}

const ofStream = /\s+of\s+(\S.*)$/;

/** What is said, and of which stream: the one named, the one meant, or the only one. `check` is done first. */
function streamOf(text: string, { timeline, connection }: Ground, check?: () => unknown) {
  check?.();
  if (!timeline) throw new UserError(`"${text}" is of a stream, and no trace is open yet`);
  const { connections } = timeline.trace;
  const names = connections.map(({ name }) => name);
  const written = ofStream.exec(text)?.[1];
  const few = names.slice(0, 8).join(", ");
  if (written === undefined) {
    const only = connection ?? (connections.length === 1 ? 0 : undefined);
    if (only === undefined)
      throw new UserError(`say of which stream: ${text} of ${names[0]}; there are ${few}`);
    return { what: text.trim(), connection: only, timeline };
  }
  const index = names.indexOf(written);
  if (index < 0)
    throw new UserError(`no stream "${written}"${didYouMean(written, names) || `; there are ${few}`}`);
  return { what: text.replace(ofStream, "").trim(), connection: index, timeline };
}

function unknownName(name: string): string {
  const functions = stages.map(({ name: stage }) => stage);
  const stops = [...presets, ...stopNames].map((stop) => stop.name);
  const values = paths.map(({ path }) => path);
  const known = [...functions, ...stages.flatMap((stage) => stage.functions), ...stops, ...values];
  const meant = didYouMean(name, known);
  return `no function of the model is called ${name}${meant}; there are ${functions.join(", ")}, and the kernel's names; stops are called ${stops.join(", ")}; values go by their paths, bytes as seq 1448:2896`;
}
