import type { DebugProtocol } from "@vscode/debugprotocol";
import { firstAtLeast } from "../core/base/columns.ts";
import { printDeclarations, printEvent } from "../trace/language/print.ts";
import { UserError } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";
import type { Arguments } from "./requests.ts";

type Source = DebugProtocol.Source;
/** What a client calls a source by. */
export type SourceName = Arguments["gotoTargets"]["source"];

/** Where an event stands in the editor, in the editor's own counting of lines. */
export interface Place {
  source: Source;
  line: number;
}

/** The text that the editor shows events in: the trace file itself, or the pages of a capture's listing. */
export interface Sources {
  placeOf(event: number): Place;
  /** The event of that line, or of the next line that has one; null if there is none, or the source is another's. */
  eventAt(source: SourceName, line: number): { event: number; line: number } | null;
  /** The events [from, to) that stand in the source. */
  eventsOf(source: SourceName): readonly [from: number, to: number];
  /** The lines with an event from `from` to `to`, both included. */
  linesWithin(source: SourceName, from: number, to: number): number[];
  all(): Source[];
  /** Text of a listing page. Throws UserError for a reference that is none. */
  text(sourceReference: number): string;
}

/**
 * Events of a listing page: as many as an editor opens without a pause that one feels. The first page begins with the
 * lines that declare devices and connections, so that all pages, one behind the other, are a trace.
 */
export const pageSize = 10_000;
/** Most lines told at once to an editor that asks where breakpoints can be. */
const linesMax = 10_000;

/** `firstLine`: the number that the editor gives the first line, 0 or 1. */
export function sourcesOf(trace: Trace, program: string, firstLine: 0 | 1): Sources {
  const sources = trace.kind === "text" ? fileSources(trace, program) : listingSources(trace);
  return firstLine === 1 ? sources : fromZero(sources);
}

/** The same for an editor that counts lines from 0. */
function fromZero(sources: Sources): Sources {
  return {
    ...sources,
    placeOf: (event) => {
      const { source, line } = sources.placeOf(event);
      return { source, line: line - 1 };
    },
    eventAt: (source, line) => {
      const found = sources.eventAt(source, line + 1);
      return found && { event: found.event, line: found.line - 1 };
    },
    linesWithin: (source, from, to) => sources.linesWithin(source, from + 1, to + 1).map((line) => line - 1),
  };
}

/** A trace file: events know their lines. */
function fileSources(trace: Trace, program: string): Sources {
  const source: Source = { name: trace.name, path: program };
  const lines = trace.events.line.values.subarray(0, trace.events.count);
  const isOurs = ({ path }: SourceName) => path !== undefined && normalised(path) === normalised(program);
  return {
    placeOf: (event) => ({ source, line: lines[event]! }),
    eventAt: (given, line) => {
      const event = isOurs(given) ? firstAtLeast(lines, line) : lines.length;
      return event < lines.length ? { event, line: lines[event]! } : null;
    },
    eventsOf: (given) => [0, isOurs(given) ? lines.length : 0],
    linesWithin: (given, from, to) => {
      if (!isOurs(given)) return [];
      return [...lines.subarray(firstAtLeast(lines, from), firstAtLeast(lines, to + 1))].slice(0, linesMax);
    },
    all: () => [source],
    text: () => {
      throw new UserError(`${program} is a file: open it`);
    },
  };
}

/** Windows editors differ in the drive letter's case and in slashes. */
const normalised = (path: string) =>
  path.replace(/\\/g, "/").replace(/^[A-Z]:/, (drive) => drive.toLowerCase());

/** A capture: its events as stable pages of text, printed when somebody looks. */
function listingSources(trace: Trace): Sources {
  const count = trace.events.count;
  const head = printDeclarations(trace, "masked");
  /** Lines of the page above its first event. */
  const above = (first: number) => (first === 0 ? head.length : 0);
  const pages = Array.from({ length: Math.ceil(count / pageSize) }, (_, page) => pageSource(trace, page));
  /** First event of the page that the editor means; editors that forget references keep the name. */
  const firstEventOf = ({ sourceReference, path, name }: SourceName): number => {
    const known = sourceReference
      ? sourceReference - 1
      : pages.findIndex((page) => page.name === (path ?? name));
    return known >= 0 && known < pages.length ? known * pageSize : count;
  };
  const endOf = (first: number) => Math.min(first + pageSize, count);
  return {
    placeOf: (event) => {
      const first = event - (event % pageSize);
      return { source: pages[first / pageSize]!, line: event - first + above(first) + 1 };
    },
    eventAt: (given, line) => {
      const first = firstEventOf(given);
      const event = first + Math.max(line - above(first), 1) - 1;
      return event < endOf(first) ? { event, line: event - first + above(first) + 1 } : null;
    },
    eventsOf: (given) => [firstEventOf(given), endOf(firstEventOf(given))],
    linesWithin: (given, from, to) => {
      const first = firstEventOf(given);
      const begin = Math.max(from, above(first) + 1);
      const last = Math.min(to, endOf(first) - first + above(first), begin + linesMax - 1);
      return Array.from({ length: Math.max(0, last - begin + 1) }, (_, i) => begin + i);
    },
    all: () => pages,
    text: (sourceReference) => {
      if (!pages[sourceReference - 1]) throw new UserError(`there is no listing page ${sourceReference}`);
      const first = (sourceReference - 1) * pageSize;
      const lines = Array.from({ length: endOf(first) - first }, (_, i) => printEvent(trace, first + i));
      return `${[...(first === 0 ? head : []), ...lines].join("\n")}\n`;
    },
  };
}

function pageSource(trace: Trace, page: number): Source {
  const last = Math.min((page + 1) * pageSize, trace.events.count);
  const name = `${trace.name} [${page * pageSize + 1}-${last}].tlstrace`;
  return { name, path: name, sourceReference: page + 1, origin: "listing of the capture's events" };
}
