import {
  type DocumentSymbol,
  type FoldingRange,
  FoldingRangeKind,
  SymbolKind,
} from "vscode-languageserver-types";
import type { TraceDocument } from "./document.ts";
import { declarationsOf, type NamePlace, rangeOfName } from "./names.ts";

/** Lines from 0, both included. */
interface Lines {
  from: number;
  to: number;
}

/** Remarks on lines of their own, one below the other, and the events below them up to the next ones. */
interface Section extends Lines {
  /** The remarks' last line. */
  remarks: number;
  /** The first of them without its mark. */
  title: string;
}

/** What a document is made of: devices, connections, and what remarks begin. */
export function outlineOf(document: TraceDocument): DocumentSymbol[] {
  const declared = document.isScript
    ? scriptConnections(document)
    : declarationsOf(document).map(symbolOf(document));
  return [...declared, ...sectionsOf(document).map((section) => sectionSymbol(document, section))];
}

const symbolOf =
  (document: TraceDocument) =>
  (place: NamePlace): DocumentSymbol => ({
    name: place.name,
    detail: (document.lines[place.line] ?? "").trim(),
    kind: place.declares === "device" ? SymbolKind.Module : SymbolKind.Object,
    range: document.wholeLine(place.line),
    selectionRange: rangeOfName(document, place),
  });

function sectionSymbol(document: TraceDocument, { from, to, title }: Section): DocumentSymbol {
  const selectionRange = document.wholeLine(from);
  return {
    name: title,
    kind: SymbolKind.Event,
    range: { start: selectionRange.start, end: document.wholeLine(to).end },
    selectionRange,
  };
}

/** A script declares nothing: a connection begins with its first event. */
function scriptConnections(document: TraceDocument): DocumentSymbol[] {
  const { connections, events } = document.trace;
  const lines = connections.map((): Lines | null => null);
  for (let event = 0; event < events.count; event++) {
    const line = events.line.at(event) - 1;
    const of = events.connection.at(event);
    if (of >= 0) lines[of] = { from: lines[of]?.from ?? line, to: line };
  }
  return connections.flatMap(({ name }, i) => {
    const place = lines[i];
    if (!place) return [];
    const selectionRange = document.wholeLine(place.from);
    const range = {
      start: selectionRange.start,
      end: document.wholeLine(Math.max(place.from, place.to)).end,
    };
    return [{ name, kind: SymbolKind.Object, range, selectionRange }];
  });
}

/** Sections that have events or calls of their own; a remark above the declarations begins none. */
function sectionsOf(document: TraceDocument): Section[] {
  const { lines } = document;
  const found: Section[] = [];
  for (let line = 0; line < lines.length; line++) {
    if (!isRemark(lines[line]!)) continue;
    const from = line;
    while (line + 1 < lines.length && isRemark(lines[line + 1]!)) line++;
    let next = line + 1;
    while (next < lines.length && lines[next]!.trim() === "") next++;
    const title = titleOf(lines[from]!);
    if (title === "" || !isEvent(lines[next] ?? "")) continue;
    const above = found.at(-1);
    if (above) above.to = endBefore(lines, from);
    found.push({ from, remarks: line, to: endBefore(lines, lines.length), title });
  }
  return found;
}

const isRemark = (text: string): boolean => /^(#|\/\/)/.test(text);
const isEvent = (text: string): boolean => /^\s*[+*-]?\s*[\d.*]/.test(text);
const titleOf = (text: string): string => text.replace(/^[#/\s]+/, "").trim();

/** The last line before another that is not blank. */
function endBefore(lines: readonly string[], end: number): number {
  let line = end - 1;
  while (line > 0 && lines[line]!.trim() === "") line--;
  return line;
}

/** What can be folded: remarks, the events below them, an event's expect lines. */
export function foldsOf(document: TraceDocument): FoldingRange[] {
  const { lines } = document;
  const folds: FoldingRange[] = sectionsOf(document)
    .filter(({ from, to, remarks }) => to > remarks && to > from)
    .map(({ from, to }) => ({ startLine: from, endLine: to, kind: FoldingRangeKind.Region }));
  for (let line = 0; line < lines.length; line++) {
    const isHead = isRemark(lines[line]!);
    const goesOn = isHead ? isRemark : isBelow;
    const from = line;
    while (line + 1 < lines.length && goesOn(lines[line + 1]!)) line++;
    const isShared = folds.some(({ startLine }) => startLine === from);
    if (line > from && !isShared)
      folds.push({ startLine: from, endLine: line, ...(isHead && { kind: FoldingRangeKind.Comment }) });
  }
  return folds;
}

/** A line that belongs to the event above it. */
const isBelow = (text: string): boolean => /^[ \t]+\S/.test(text);
