import { stages } from "../../core/words/stage.ts";
import { dealings } from "../../replay/byte-range.ts";
import { didYouMean } from "../../replay/language/spelling.ts";
import { queryRows, questionOf, questionOrCondition, rowText } from "../../replay/query.ts";
import { gather } from "../../replay/search/aggregate.ts";
import { paths } from "../../replay/view/paths.ts";
import { UserError } from "../../trace/platform.ts";
import { counted } from "../../trace/visible.ts";
import { stopNames } from "../stops/filters.ts";
import { presets } from "../stops/presets.ts";
import { type Answered, type Desk, needed, type Said, type Word } from "./desk.ts";

/** More rows than these nobody reads in a console. */
const rowsMax = 200;

/** What can be stopped at, as completion offers it. */
const names: readonly string[] = [
  ...[...presets, ...stopNames].map(({ name }) => name),
  ...stages.map(({ name }) => name),
  ...paths.filter(({ path }) => path.includes(".") && !/\[i\]|N$|NAME$/.test(path)).map(({ path }) => path),
  "seq",
];

/** What may stand behind `watch` and what is typed behind it. */
function offeredBehind(before: string): readonly string[] {
  if (before.trim() === "") return names;
  return /^(seq\s+\S+|record\(\d+\))(\s+\w+)*\s*$/.test(before)
    ? [...new Set(dealings.flatMap((each) => each.split(" ")))]
    : ["if", "log:"];
}

/** `WHAT if COND log: MESSAGE`, where all but WHAT may be left out. */
function watch({ breakpoints, connection }: Desk, rest: string): Answered {
  const text = needed(
    rest,
    "watch",
    "a value, bytes, a function or a stop: driver.expectedSeq, seq 1448:2896 sent again",
  );
  const [, what, given, message] = /^(.*?)(?:\s+if\s+(.*)|\s+(log:.*))?$/s.exec(text)!;
  const conditions = { condition: given ?? message ?? "" };
  const { id } = breakpoints.watch(text, what!.trim(), conditions, connection);
  return { result: `stop ${id}: ${text}` };
}

/** `WHAT 'MESSAGE'`: logs instead of stopping. */
function log({ breakpoints, connection }: Desk, rest: string): Answered {
  const match = /^(.*?)(?:\s+if\s+(.*?))?\s+(?:"([^"]*)"|'([^']*)')\s*$/s.exec(rest);
  const [, what, condition, double, single] = match ?? [];
  const logMessage = double ?? single;
  if (!match || logMessage === undefined)
    throw new UserError("log takes what to log at and a message in quotes: log resync 'behind {packet.seq}'");
  const { id } = breakpoints.watch(`log ${rest}`, what!.trim(), { condition, logMessage }, connection);
  return { result: `log point ${id}: ${rest}` };
}

function unwatch({ breakpoints }: Desk, rest: string): Answered {
  const which = needed(rest, "unwatch", "a number or a text of `watches`, or all");
  const gone = breakpoints.unwatch(
    ({ id, text }) => which === "all" || String(id) === which || text === which,
  );
  if (gone.length > 0 || which === "all") return { result: `${counted(gone.length, "stop")} taken back` };
  throw new UserError(
    `there is no stop ${which}${didYouMean(
      which,
      breakpoints.watched.map(({ text }) => text),
    )}`,
  );
}

function watches({ breakpoints }: Desk): Answered {
  const { watched } = breakpoints;
  const rows = watched.map(({ id, text }) => ({ text: `${id}: ${text}` }));
  return { result: counted(watched.length, "stop"), rows };
}

function preset({ breakpoints }: Desk, rest: string): Answered {
  if (rest === "")
    return {
      result: counted(presets.length, "preset"),
      rows: presets.map(({ name, says }) => ({
        text: `${name}${breakpoints.isOn(name) ? " (on)" : ""}: ${says}`,
      })),
    };
  const known = presets.find(
    ({ name, label }) => name === rest || label.toLowerCase() === rest.toLowerCase(),
  );
  const presetNames = presets.map(({ name }) => name);
  if (!known)
    throw new UserError(
      `there is no preset ${rest}${didYouMean(rest, presetNames) || `; there are ${presetNames.join(", ")}`}`,
    );
  const isOn = breakpoints.togglePreset(known.name);
  return { result: `${known.label} is ${isOn ? `on: ${known.stops.join(", ")}` : "off"}` };
}

/** How many there are in all, and up to where the debugger stands. */
async function count({ runner, look }: Desk, rest: string): Promise<Answered> {
  const text = needed(rest, "count", "a set, such as resync where replayed > 8192, or a condition");
  const found = await look(gather(runner.judged, questionOrCondition(text).asking));
  const { event, stage } = runner.stop.position;
  const until = found.filter((each) => each.event < event || (stage >= 0 && each.event === event)).length;
  return { result: `${found.length}, ${until} of them up to here` };
}

/** What fits, a row each with its line. */
async function query({ runner, look }: Desk, rest: string): Promise<Answered> {
  const text = needed(rest, "query", "a question, such as transmits where outOfOrder and length < 100");
  const { asking, value } = questionOf(text);
  const found = await look(gather(runner.judged, asking));
  const shown = queryRows(runner.judged, found.slice(0, rowsMax), { columns: [], hasValue: value !== null });
  const rows: Said[] = Array.from(shown, (row) => ({ text: rowText(row), event: row.event - 1 }));
  const left = found.length - rows.length;
  if (left > 0) rows.push({ text: `… and ${left} more` });
  return { result: counted(found.length, "row"), rows };
}

/** Stops that are set by typing, and what a trace has of something. */
export const stopWords: readonly Word[] = [
  {
    word: "watch",
    short: "w",
    takes: "WHAT [if COND] [log: MESSAGE]",
    says: "Stops where a value changes (driver.expectedSeq), where something is done with bytes (seq 1448:2896 sent again), at a function or a stop by its name; `old` and `new` are a value's before and behind.",
    offers: offeredBehind,
    run: watch,
  },
  {
    word: "log",
    takes: "WHAT [if COND] 'MESSAGE'",
    says: "Writes a message there instead of stopping, each {expression} in it replaced by its value.",
    offers: offeredBehind,
    run: log,
  },
  {
    word: "unwatch",
    takes: "NUMBER",
    says: "Takes back what `watch` or `log` has set: by its number or text, or all.",
    run: unwatch,
  },
  { word: "watches", takes: "", says: "Lists what `watch` and `log` have set.", run: watches },
  {
    word: "preset",
    takes: "[NAME]",
    says: "Switches stops that one wants together, on or off; without a name lists them.",
    offers: (before) => (before.trim() === "" ? presets.map(({ name }) => name) : []),
    run: preset,
  },
  {
    word: "count",
    takes: "SET",
    says: "How many there are, as of resync where replayed > 8192; of a condition at how many events it holds.",
    run: count,
  },
  {
    word: "query",
    takes: "SET [where COND]",
    says: "Lists them, a row each with its line.",
    run: query,
  },
];
