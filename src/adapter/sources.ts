import type { DebugProtocol } from "@vscode/debugprotocol";
import { firstAtLeast } from "../core/base/columns.ts";
import type { Environment } from "../study/environment.ts";
import { printDeclarations, printEvent, printTrace } from "../trace/language/print.ts";
import { UserError } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";
import type { Client } from "./capabilities.ts";
import type { Arguments } from "./requests.ts";
import { pathOfUri, uriOfPath } from "./uris.ts";

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

/** What else decides on the sources of a trace. */
export interface Asked {
  /** Path of the trace or capture. */
  program: string;
  client: Pick<Client, "firstLine" | "uris">;
  /** Writes a page of a capture's listing into a file of that name, and gives its path; null: the editor asks for pages by reference. */
  keep: Environment["keepListing"] | null;
  /** What a fork is called, whose file says something else; null: the trace is as its file says. */
  fork: string | null;
}

export function sourcesOf(own: Trace, { program, client, keep, fork }: Asked): Sources {
  const trace = fork === null ? own : { ...own, name: `${own.name} ${fork}` };
  const sources =
    trace.kind === "capture"
      ? listingSources(trace, keep === null ? virtualPages(trace) : filePages(trace, keep))
      : fork === null
        ? lineSources(trace, { name: trace.name, path: program }, () => null)
        : forkSources(trace, keep);
  const counted = client.firstLine === 1 ? sources : fromZero(sources);
  return client.uris ? byUris(counted) : counted;
}

/** The same for an editor that calls files by URIs. A listing that it asks for has none. */
function byUris(sources: Sources): Sources {
  const told = ({ path, ...source }: Source): Source =>
    source.sourceReference || path === undefined ? source : { ...source, path: uriOfPath(path) };
  const meant = ({ path, ...source }: SourceName): SourceName =>
    path === undefined ? source : { ...source, path: pathOfUri(path) };
  return {
    ...sources,
    placeOf: (event) => {
      const { source, line } = sources.placeOf(event);
      return { source: told(source), line };
    },
    eventAt: (source, line) => sources.eventAt(meant(source), line),
    eventsOf: (source) => sources.eventsOf(meant(source)),
    linesWithin: (source, from, to) => sources.linesWithin(meant(source), from, to),
    all: () => sources.all().map(told),
  };
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

/** A fork of a trace file: a text of its own. */
function forkSources(trace: Trace, keep: Asked["keep"]): Sources {
  const text = printTrace(trace, "masked");
  const name = `${keep === null ? trace.name : fileStem(trace.name)}.tlstrace`;
  const made = { name, origin: "a fork of the trace" };
  if (keep !== null) return lineSources(trace, { ...made, path: keep(name, text) }, () => null);
  return lineSources(trace, { ...made, path: name, sourceReference: 1 }, (reference) =>
    reference === 1 ? text : null,
  );
}

/** One text, whose lines the events know: a file, or what `textOf` gives. */
function lineSources(trace: Trace, source: Source, textOf: (reference: number) => string | null): Sources {
  const lines = trace.events.line.values.subarray(0, trace.events.count);
  const isOurs = ({ path, name, sourceReference }: SourceName) =>
    sourceReference
      ? sourceReference === source.sourceReference
      : normalised(path ?? (source.sourceReference ? (name ?? "") : "")) === normalised(source.path!);
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
    text: (reference) => {
      const text = textOf(reference);
      if (text === null) throw new UserError(`${source.path} is a file: open it`);
      return text;
    },
  };
}

/** Windows editors differ in the drive letter's case and in slashes. */
const normalised = (path: string) =>
  path.replace(/\\/g, "/").replace(/^[A-Z]:/, (drive) => drive.toLowerCase());

/** The pages of a capture's listing, counted from 0, as the editor knows them. */
interface Pages {
  source(page: number): Source;
  /** The page that the editor means; -1 if it is none of these. */
  meant(given: SourceName): number;
  /** Those that the editor can open. */
  all(): Source[];
  text(sourceReference: number): string;
}

/** A capture: its events as stable pages of text, printed when somebody looks. */
function listingSources(trace: Trace, pages: Pages): Sources {
  const count = trace.events.count;
  const { length: headLines } = headOf(trace);
  /** Lines of the page above its first event. */
  const above = (first: number) => (first === 0 ? headLines : 0);
  const endOf = (first: number) => Math.min(first + pageSize, count);
  const firstEventOf = (given: SourceName): number => {
    const page = pages.meant(given);
    return page < 0 ? count : page * pageSize;
  };
  return {
    placeOf: (event) => {
      const first = event - (event % pageSize);
      return { source: pages.source(first / pageSize), line: event - first + above(first) + 1 };
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
    all: () => pages.all(),
    text: (sourceReference) => pages.text(sourceReference),
  };
}

const origin = "listing of the capture's events";
const pageCount = (trace: Trace): number => Math.ceil(trace.events.count / pageSize);
const headOf = (trace: Trace): string[] => printDeclarations(trace, "masked");

/** The page's events, counted from 1, both included. */
function rangeOf(trace: Trace, page: number): string {
  return `${page * pageSize + 1}-${Math.min((page + 1) * pageSize, trace.events.count)}`;
}

function pageText(trace: Trace, page: number): string {
  const first = page * pageSize;
  const { length } = trace.events.kind.values.subarray(first, Math.min(first + pageSize, trace.events.count));
  const lines = Array.from({ length }, (_, i) => printEvent(trace, first + i));
  return `${[...(first === 0 ? headOf(trace) : []), ...lines].join("\n")}\n`;
}

/** Documents that the editor asks for by reference. */
function virtualPages(trace: Trace): Pages {
  const sources = Array.from({ length: pageCount(trace) }, (_, page) => {
    const name = `${trace.name} [${rangeOf(trace, page)}].tlstrace`;
    return { name, path: name, sourceReference: page + 1, origin };
  });
  return {
    source: (page) => sources[page]!,
    meant: ({ sourceReference, path, name }) =>
      sources.findIndex((source) =>
        // Editors that forget references keep the name.
        sourceReference ? source.sourceReference === sourceReference : source.name === (path ?? name),
      ),
    all: () => sources,
    text: (sourceReference) => {
      if (!sources[sourceReference - 1]) throw new UserError(`there is no listing page ${sourceReference}`);
      return pageText(trace, sourceReference - 1);
    },
  };
}

/** Files, each written when the editor first hears of it. */
function filePages(trace: Trace, keep: Environment["keepListing"]): Pages {
  const stem = fileStem(trace.name);
  const names = Array.from(
    { length: pageCount(trace) },
    (_, page) => `${stem}.${rangeOf(trace, page)}.tlstrace`,
  );
  const written = new Map<number, Source>();
  const source = (page: number): Source => {
    let known = written.get(page);
    if (!known) {
      known = { name: names[page]!, path: keep(names[page]!, pageText(trace, page)), origin };
      written.set(page, known);
    }
    return known;
  };
  // What cannot be written is refused before the session begins, not in its midst.
  source(0);
  return {
    source,
    // By the folder that holds the file and its name: above them an editor may have followed links.
    meant: ({ path }) => {
      const [folder, name] = tailOf(path ?? "");
      const page = names.indexOf(name ?? "");
      return page >= 0 && tailOf(source(page).path!)[0] === folder ? page : -1;
    },
    all: () => [...written.values()],
    text: () => {
      throw new UserError("the listing is a file: open it");
    },
  };
}

/** A capture's name without what a file system or an editor's command line takes for something else. */
const fileStem = (name: string): string => name.replace(/[^\p{L}\p{N}._+-]/gu, "_").slice(-stemMax);
/** So that every file system takes the name, whatever its letters. */
const stemMax = 50;

/** The last two parts of a path. */
const tailOf = (path: string): string[] => path.split(/[\\/]/).slice(-2);
