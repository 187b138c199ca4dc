import { compiled } from "../replay/expression-compile.ts";
import type { Judged } from "../replay/findings.ts";
import { parseExpression } from "../replay/language/parse.ts";
import { ExpressionError } from "../replay/language/tokens.ts";
import {
  csvRows,
  headingOf,
  isOneValue,
  jsonRows,
  oneValue,
  queryRows,
  questionOf,
  tableRows,
} from "../replay/query.ts";
import { gather } from "../replay/search/aggregate.ts";
import type { Occurrence } from "../replay/search/occurrences.ts";
import type { Study } from "../study/study.ts";
import { globMatcher } from "../trace/glob.ts";
import { paced, UserError } from "../trace/platform.ts";
import { type ReadFlags, requestOf } from "./flags.ts";
import { open, studied } from "./opened.ts";
import { print } from "./output.ts";

export interface QueryFlags extends ReadFlags {
  columns?: string[];
  json?: true;
  csv?: true;
}

/** `tlstrace query`: what of a trace fits a question, as a table, JSON lines or CSV; or what it comes to, as one value. */
export async function query(file: string, text: string, flags: QueryFlags): Promise<void> {
  const isValue = isOneValue(text);
  if (isValue && (flags.stream || flags.columns || flags.json || flags.csv))
    throw new UserError(
      "one value has no rows: --stream, --columns, --json and --csv are for sets (tcp.name matches 'A>B')",
    );
  const ask = isValue ? valueAsked(text) : rowsAsked(text, flags);
  const request = requestOf(file, flags);
  const opened = await open(request);
  await ask(await studied(opened), async (work, what) => {
    const done = await paced(opened.progress, what, work);
    opened.progress.end();
    return done;
  });
}

/** Does long work and shows how far it is. */
type Working = <Result>(work: Generator<number, Result>, what: string) => Promise<Result>;
type Ask = (study: Study, working: Working) => Promise<void>;

const judgedBy = ({ timeline, findings }: Study): Judged => ({ timeline, findings });

/** Of an expression the value at the trace's end. */
function valueAsked(text: string): Ask {
  pointed(text, () => parseExpression(text));
  return async (study, working) => print([await working(oneValue(judgedBy(study), text), "looking")]);
}

function rowsAsked(text: string, flags: QueryFlags): Ask {
  const { asking, value } = pointed(text, () => questionOf(text));
  const columns = (flags.columns ?? []).map((name) => ({
    name,
    of: compiled(pointed(name, () => parseExpression(name))).of,
  }));
  const values = [...(value === null ? [] : [value]), ...columns.map(({ name }) => name)];
  return async (study, working) => {
    const judged = judgedBy(study);
    const all = await working(gather(judged, asking), "looking");
    const rows = queryRows(judged, ofStreams(judged, all, flags), { columns, hasValue: value !== null });
    const heading = headingOf(judged, values);
    const form = flags.json ? jsonRows : flags.csv ? csvRows : tableRows;
    await print(form(rows, heading));
  };
}

function ofStreams({ timeline }: Judged, all: readonly Occurrence[], { stream = [] }: QueryFlags) {
  const isMeant = globMatcher(stream);
  const { connections } = timeline.trace;
  return all.filter(({ connection }) => isMeant(connections[connection]!.name));
}

/** What is wrong with an expression, with the place below it. */
export function pointed<Result>(text: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { at, end, message } = error;
    const marks = `${" ".repeat(at)}${"^".repeat(Math.max(1, end - at))}`;
    throw new UserError(`${message}\n  ${text.replace(/\s/g, " ")}\n  ${marks}`);
  }
}
