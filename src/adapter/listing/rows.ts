import type { DebugProtocol } from "@vscode/debugprotocol";
import type { Judged } from "../../replay/findings.ts";
import { headingOf, isOneValue, oneValue, queryRows, questionOf, tableRows } from "../../replay/query.ts";
import { gather } from "../../replay/search/aggregate.ts";
import { type StopRule, stopView } from "../../replay/stops.ts";
import type { Position } from "../../replay/timeline.ts";
import { type Progress, paced } from "../../trace/platform.ts";
import { counted } from "../../trace/visible.ts";
import type { Sources } from "../sources.ts";
import { LogOutput } from "../stops/log-points.ts";

/** A document whose lines lead to lines of the trace or its listing. */
export interface RowsBody {
  title: string;
  text: string;
  links: readonly RowLink[];
}

/** A line of the document, from 0 on, and where it leads. */
export interface RowLink {
  line: number;
  source: DebugProtocol.Source;
  /** As the client counts lines. */
  at: number;
}

/** A line and the event that it is about. */
interface Row {
  text: string;
  event: number | null;
}

/** More rows an editor makes links of for too long: the command line lists them all. */
const rowsMax = 10_000;

type Said = DebugProtocol.OutputEvent["body"];

/** Rows that lead to lines: what a question finds, and what log points have written. */
export class Rows {
  private readonly judged: Judged;
  private readonly sources: Sources;
  private readonly write: (said: Said) => void;
  private readonly written = new LogOutput();

  constructor(judged: Judged, sources: Sources, write: (said: Said) => void) {
    this.judged = judged;
    this.sources = sources;
    this.write = write;
  }

  /** Writes what a log point says there, until there has been too much. */
  readonly log = (position: Position, rule: StopRule): void => {
    const line = this.written.line(stopView(this.judged, rule, position), rule.log!);
    if (line !== null) this.write({ output: `${line}\n`, ...this.sources.placeOf(position.event) });
  };

  logged(): RowsBody {
    return rowsBody("Log results", this.written.lines, this.sources);
  }

  /** Throws UserError for a question that cannot be read. */
  async query(question: string, progress: Progress): Promise<RowsBody> {
    const rows = await paced(progress, "looking through the trace", questionRows(this.judged, question));
    return rowsBody(`Query ${question}`, rows, this.sources);
  }
}

const rowsBody = (title: string, rows: readonly Row[], sources: Sources): RowsBody => ({
  title,
  text: `${rows.map(({ text }) => text).join("\n")}\n`,
  links: rows.flatMap(({ event }, line) => {
    if (event === null) return [];
    const place = sources.placeOf(event);
    return [{ line, source: place.source, at: place.line }];
  }),
});

/** What fits a question, a row each below its heading, or its one value. Throws UserError; pauses as a search does. */
function* questionRows(judged: Judged, text: string): Generator<number, Row[]> {
  if (isOneValue(text)) return [{ text: `${text} = ${yield* oneValue(judged, text)}`, event: null }];
  const { asking, value } = questionOf(text);
  const found = yield* gather(judged, asking);
  const shown = found.slice(0, rowsMax);
  const rows = queryRows(judged, shown, { columns: [], hasValue: value !== null });
  const heading = headingOf(judged, value === null ? [] : [value]);
  const [head, ...lines] = tableRows(rows, heading);
  const count: Row = { text: `${text}: ${counted(found.length, "row")}`, event: null };
  const left = found.length - shown.length;
  return [
    count,
    { text: head!, event: null },
    ...lines.map((line, i) => ({ text: line, event: shown[i]!.event })),
    ...(left > 0 ? [{ text: `… and ${left} more: tlstrace query lists them all`, event: null }] : []),
  ];
}
