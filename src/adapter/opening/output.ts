// adapter/opening: what a session says and where it stands when it begins.

import type { DebugProtocol } from "@vscode/debugprotocol";
import { firstAtLeast } from "../../core/base/columns.ts";
import { countsOf } from "../../judge/counts.ts";
import { type Place, placesOf, placeTitle, wordPlace } from "../../judge/places.ts";
import type { FileVerdict, VerdictWord } from "../../judge/verdict.ts";
import { firstLine } from "../../study/verdict.ts";
import { Sign } from "../../trace/signs.ts";
import { eventPlace, type Trace } from "../../trace/trace.ts";
import { bugsOf } from "../../trace/variant.ts";
import { counted } from "../../trace/visible.ts";
import type { Debuggee } from "../launch.ts";
import type { Sources } from "../sources.ts";

/** How much a line wants to be seen: editors show `console` as a warning, `stderr` as an error. */
type Category = "stdout" | "console" | "stderr";

/** The line of the trace or listing that something leads to. */
type Link = Pick<DebugProtocol.OutputEvent["body"], "source" | "line">;

/** A line for the debug console. */
interface Line extends Link {
  category: Category;
  output: string;
}

/** More than this of one kind nobody reads in a console. */
const linesMax = 50;

/** What opening the trace has to say: the verdict, what is wrong, the counts, and what reading it had to say. */
export function openingOutput(debuggee: Debuggee, sources: Sources, verdict: FileVerdict): Line[] {
  return [
    { category: categoryOf(debuggee.trace, verdict), output: `${firstLine(debuggee.trace, verdict)}\n` },
    ...bugLines(debuggee),
    ...bounded(foundLines(debuggee, sources)),
    ...countLines(debuggee, sources),
    ...bounded(overlayLines(debuggee)),
    ...bounded(diagnosticLines(debuggee, sources)),
    ...bounded(noteLines(debuggee)),
  ];
}

const verdictCategory: Readonly<Record<VerdictWord, Category>> = {
  right: "stdout",
  unchecked: "console",
  wrong: "stderr",
  unreadable: "stderr",
};

/** That a trace which somebody wrote has nothing to compare is no warning. */
function categoryOf({ verdicts }: Trace, { verdict }: FileVerdict): Category {
  return verdict === "unchecked" && verdicts === null ? "stdout" : verdictCategory[verdict];
}

function bounded(lines: Iterable<Line>): Line[] {
  const shown: Line[] = [];
  for (const line of lines) {
    if (shown.length === linesMax) return [...shown, { category: "console", output: "… and more\n" }];
    shown.push(line);
  }
  return shown;
}

/** All that is wrong, each with a link to where it shows. */
function* foundLines(debuggee: Debuggee, sources: Sources): Generator<Line> {
  for (const place of placesOf(debuggee)) {
    const output = `${placeTitle(place)} ${wordPlace(debuggee, place)}\n`;
    yield { category: "stderr", output, ...linkOf(debuggee, sources, place) };
  }
}

/** A trace about a bug whose devices have none shows that all is right: how it shows the bug. */
function* bugLines({ trace }: Debuggee): Generator<Line> {
  const isBroken = trace.devices.some(({ profile }) => profile.faults.length > 0);
  const [bug, ...others] = isBroken ? [] : bugsOf(trace);
  if (bug === undefined) return;
  const more = others.length > 0 ? ` (or ${others.join(", ")})` : "";
  const output = `This trace is about a bug, and its devices have none: type debug-as ${bug}${more} to see it, or use Debug As….\n`;
  yield { category: "stdout", output };
}

/** Where a place shows: of a failed expectation its own line. */
export function linkOf({ findings, trace }: Debuggee, sources: Sources, { event, kind }: Place): Link {
  const failed = Sign["expectation-failed"];
  const line = kind === failed ? findings.of(event).find((found) => found.kind === failed)!.a : null;
  return line === null ? sources.placeOf(event) : linkTo(trace, sources, line);
}

/** The line of a trace file, or of the listing's first event from a frame on. */
function linkTo(trace: Trace, sources: Sources, line: number): Link {
  const lines = trace.events.line.values;
  const event = Math.min(firstAtLeast(lines, line, trace.events.count), trace.events.count - 1);
  const place = sources.placeOf(event);
  return trace.kind === "text" ? { ...place, line: place.line + line - lines[event]! } : place;
}

/** What happened how often, each with a link to the first of it; what never did in one line. */
function countLines(debuggee: Debuggee, sources: Sources): Line[] {
  const counts = countsOf(debuggee);
  const { trace } = debuggee;
  const lines = counts.flatMap(({ what, one, count, bytes, first }): Line[] => {
    if (count === 0) return [];
    const told = [counted(count, one, what), bytes, `the first in ${eventPlace(trace, first)}`];
    const output = `${told.filter((part) => part !== "").join(", ")}\n`;
    return [{ category: "stdout", output, ...sources.placeOf(first) }];
  });
  const none = counts.filter(({ count }) => count === 0).map(({ what }) => `no ${what}`);
  const head = `${counted(trace.streams.length, "stream")}, ${counted(trace.events.count, "event")}`;
  return [...lines, { category: "stdout", output: `${[head, ...none].join(", ")}\n` }];
}

/** What a kernel's reports come to, and what of them could not be read. */
function* overlayLines({ overlay, evidenceDiagnostics }: Debuggee): Generator<Line> {
  for (const line of overlay?.summary ?? []) yield { category: "stdout", output: `evidence: ${line}\n` };
  for (const { severity, file, line, message } of evidenceDiagnostics)
    yield { category: categories[severity], output: `${severity}: ${file}:${line ?? 1}: ${message}\n` };
}

const categories = { error: "stderr", warning: "console", note: "stdout" } as const;

function* diagnosticLines({ trace }: Debuggee, sources: Sources): Generator<Line> {
  for (const { severity, message, line, frame } of trace.diagnostics) {
    const at = line ?? frame;
    const place = line !== undefined ? `line ${line}: ` : frame !== undefined ? `frame ${frame}: ` : "";
    const output = `${severity}: ${place}${message}\n`;
    yield { category: categories[severity], output, ...(at !== undefined && linkTo(trace, sources, at)) };
  }
}

/** Streams named in a note that is one of several of them. */
const namedMax = 3;

/** Notes of streams, each once however many streams have it. */
function* noteLines({ trace }: Debuggee): Generator<Line> {
  const streams = new Map<string, string[]>();
  for (const { name, note } of trace.streams)
    if (note !== null) streams.set(note, [...(streams.get(note) ?? []), name]);
  for (const [note, names] of streams) {
    const left = names.length - namedMax;
    const shown = names.slice(0, namedMax).join(", ");
    yield {
      category: "stdout",
      output: `note: ${shown}${left > 0 ? ` and ${counted(left, "more stream")}` : ""}: ${note}\n`,
    };
  }
}

/** For who does not debug: how many events were looked at, and how many places are wrong. */
export function sumLine({ timeline }: Debuggee, found: number): Line {
  const wrong = found === 0 ? "nothing" : String(found);
  return {
    category: "stdout",
    output: `${counted(timeline.eventCount, "event")} replayed, ${wrong} found wrong\n`,
  };
}
