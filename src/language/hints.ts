import { type InlayHint, InlayHintKind, type Range } from "vscode-languageserver-types";
import { firstAtLeast } from "../core/base/columns.ts";
import { seq, toU32 } from "../core/base/seq.ts";
import { Kind } from "../core/words/event.ts";
import type { Timeline } from "../replay/timeline.ts";
import type { TraceDocument } from "./document.ts";

/**
 * What a reader of the lines would work out by hand: the records that a line pushed, as they stand in the record map, and
 * what a segment's first byte is in TCP's own numbers where those do not begin at 0.
 */
export function hintsIn(document: TraceDocument, { start, end }: Range, timeline: Timeline): InlayHint[] {
  const { events } = timeline.trace;
  const hints: InlayHint[] = [];
  for (let event = 0; event < events.count; event++) {
    const line = events.line.at(event) - 1;
    if (line < start.line || line > end.line) continue;
    const records = recordsText(timeline, event);
    if (records !== null) hints.push(atEnd(document, line, records));
    const absolute = document.isScript ? null : absoluteHint(document, line, timeline, event);
    if (absolute !== null) hints.push(absolute);
  }
  return hints;
}

/** `records 1–3, 0:40087`: the numbers that are known, and their bytes from the offload's start; null for none. */
function recordsText({ trace, machine }: Timeline, event: number): string | null {
  const of = trace.events.connection.at(event);
  if (of < 0) return null;
  const { records } = machine.sockets[of]!;
  const { startSeq } = trace.connections[of]!;
  const first = firstAtLeast(records.pushedBy.values, event, records.count);
  let last = first;
  while (last < records.count && records.pushedBy.values[last] === event) last++;
  // A row without bytes is the start marker.
  if (last === first || records.length.at(last - 1) === 0) return null;
  const name = (row: number) => records.knownSn(row) ?? "?";
  const numbers = last - first === 1 ? `record ${name(first)}` : `records ${name(first)}–${name(last - 1)}`;
  return `${numbers}, ${records.start(first) - startSeq}:${records.end(last - 1) - startSeq}`;
}

/** Behind what the line says, before its remark. */
function atEnd(document: TraceDocument, line: number, label: string): InlayHint {
  const { tokens } = document.statement(line);
  const said = tokens.filter(({ role }) => role !== "comment").at(-1);
  const column = said?.end ?? document.lines[line]!.trimEnd().length;
  return {
    position: document.range(line, column, column).start,
    label,
    paddingLeft: true,
    tooltip: "The records that the line pushed, and their bytes from the offload's start.",
  };
}

function absoluteHint(
  document: TraceDocument,
  line: number,
  { trace }: Timeline,
  event: number,
): InlayHint | null {
  const { events, connections } = trace;
  const connection = connections[events.connection.at(event)];
  if (events.kind.at(event) !== Kind.transmit || connection === undefined || toU32(connection.startSeq) === 0)
    return null;
  const segment = document.statement(line).tokens.find(({ part }) => part?.value === "segment");
  if (segment === undefined) return null;
  return {
    position: document.range(line, segment.end, segment.end).start,
    label: `seq ${toU32(seq(events.seq.at(event)))}`,
    kind: InlayHintKind.Parameter,
    paddingLeft: true,
    tooltip: "Its first byte in TCP's own numbers.",
  };
}
