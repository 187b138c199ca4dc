import { briefText, missingText, shareText, streamText, verdictText } from "../../judge/verdict-words.ts";
import type { Total } from "../../report/rows.ts";
import type { FileReport, StreamReport } from "../../report/verified.ts";
import { counted, visibleLine } from "../../trace/visible.ts";

/** More places with wrong bytes than this of one stream are counted, not listed. */
const listedMax = 20;

/** A file that is verified alone: each stream with its share, its notes and what is wrong, then the verdict. */
export function* linesOfOne(report: FileReport): Generator<string> {
  for (const stream of report.streams) {
    const { share, stream: shown } = stream;
    if (share === null) yield `${shown.name}: a trace file has no captured bytes to compare`;
    else yield streamText({ ...stream, share });
    if (shown.note !== null) yield `  note: ${shown.note}`;
    for (const missing of share?.missing ?? []) yield `  ${missingText(missing)}`;
    yield* wrongLines(stream, "");
  }
  yield* report.evidence;
  if (report.keys.length > 0) yield `keys: ${report.keys.map(visibleLine).join(", ")}`;
  yield verdictText(report);
}

/** A file among others: its verdict, and what is wrong. */
export function* linesAmong(report: FileReport): Generator<string> {
  yield `${visibleLine(report.file)}: ${briefText(report)}`;
  for (const stream of report.streams) yield* wrongLines(stream, `${stream.stream.name}: `);
}

function* wrongLines({ wrong, places }: StreamReport, name: string): Generator<string> {
  for (const text of wrong.slice(0, listedMax)) yield `  WRONG ${name}${text}`;
  if (places > listedMax) yield `  … and ${places - listedMax} more`;
}

/** The last line of several files. */
export function totalText({ files, verdicts, ...share }: Total): string {
  const { right, wrong, unchecked, unreadable } = verdicts;
  return (
    `${counted(files, "file")}: ${right} right, ${wrong} wrong, ${unchecked} unchecked, ${unreadable} unreadable; ` +
    `${shareText(share)}.`
  );
}
