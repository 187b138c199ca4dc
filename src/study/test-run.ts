import { type Outcome, speaksHere } from "../judge/expectations.ts";
import { Timeline } from "../replay/timeline.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { printExpected } from "../trace/language/print.ts";
import { textOf } from "../trace/open.ts";
import { isPacketdrill } from "../trace/packetdrill/script.ts";
import { captureFormat } from "../trace/pcap/capture-file.ts";
import { internalError, noProgress, UserError } from "../trace/platform.ts";
import type { ProfileFinder } from "../trace/profiles/finder.ts";
import type { Diagnostic, Trace } from "../trace/trace.ts";
import type { Variant } from "../trace/variant.ts";
import { visible, visiblePath } from "../trace/visible.ts";
import { type Covered, coveredBy, StageSink } from "./coverage.ts";
import type { Environment } from "./environment.ts";
import { study } from "./study.ts";
import { profilesBeside } from "./subject.ts";
import { type Place, placesOf } from "./test-places.ts";

/** Kinds of failures, as reports name their rules. */
export const caseRules = {
  "expectation-failed": "An expect line of the trace does not hold.",
  "trace-error": "A line of the trace cannot be read.",
  "file-unreadable": "The file cannot be read as a trace.",
  "internal-error": "The program failed at it, which is a defect of the program.",
} as const;
export type CaseRule = keyof typeof caseRules;

/** One thing that was checked: an expect line, or a line that could not be read. */
export interface Case {
  name: string;
  rule: CaseRule;
  /** Line from 1, null for the file as a whole. */
  line: number | null;
  /** Columns from 0, end exclusive, in UTF-16 units; null = the whole line. */
  columns: { start: number; end: number } | null;
  /** What is wrong; null = it holds. */
  failure: string | null;
  /** What the line wants and what happened instead; null where it holds, or is no expect line. */
  differs: { expected: string; actual: string } | null;
  /** Line of the event that an expect line speaks of; null = the whole file, or no expect line. */
  eventLine: number | null;
  /** Where what happened comes from, innermost first, as far as it was asked for. */
  places: Place[];
}

/** One trace replayed under one variant. */
export interface TestRun {
  /** As the user named it. */
  file: string;
  /** Variant that all devices had (a profile, a kernel, or both); null = those of the trace. */
  profile: string | null;
  cases: Case[];
  /** What it came by; null where that was not asked for, or the trace could not be read. */
  covered: Covered | null;
  /** What reading had to say besides errors. */
  remarks: Diagnostic[];
}

/** Name of a run in reports. */
export const runName = ({ file, profile }: TestRun): string =>
  profile === null ? file : `${file} under ${profile}`;

export const failuresOf = ({ cases }: TestRun): (Case & { failure: string })[] =>
  cases.filter((one): one is Case & { failure: string } => one.failure !== null);

/** Failures of a run of which it is told where they come from: a trace of which more fails is read from its beginning. */
const placedMax = 100;

/** What else a run is to tell. */
export interface Telling {
  /** Where failures come from. */
  places: boolean;
  coverage: boolean;
}

/**
 * Runs a trace as a test. What cannot be read is a failing case, never an exception; so is an error of the program's
 * own, which must not take the other files' results with it.
 */
export const runTest = (
  environment: Environment,
  file: string,
  variant: Variant | null,
  telling: Telling = { places: false, coverage: false },
): Promise<TestRun> =>
  runOf(environment, file, variant, async (trace) => {
    const sink = telling.coverage ? new StageSink() : undefined;
    const { timeline, outcomes } = await study({ trace, contest: null, evidence: null }, noProgress, sink);
    let left = telling.places ? placedMax : 0;
    const placed = ({ actual }: Outcome) => (actual !== null && left-- > 0 ? timeline : null);
    return {
      cases: outcomes.map((outcome) => expectationCase(trace, outcome, placed(outcome))),
      covered: sink ? coveredBy(timeline, sink) : null,
    };
  });

/** The same without replaying: what would be checked. */
export const listTest = (environment: Environment, file: string, variant: Variant | null): Promise<TestRun> =>
  runOf(environment, file, variant, async (trace) => {
    const timeline = new Timeline(trace);
    const speaking = trace.expectations.filter((expectation) => speaksHere(timeline, expectation));
    const outcomes = speaking.map((expectation) => ({
      expectation,
      expected: printExpected(expectation),
      actual: null,
    }));
    return { cases: outcomes.map((outcome) => expectationCase(trace, outcome, null)), covered: null };
  });

async function runOf(
  environment: Environment,
  file: string,
  variant: Variant | null,
  check: (trace: Trace) => Promise<Pick<TestRun, "cases" | "covered">>,
): Promise<TestRun> {
  const run = { file, profile: variant?.id ?? null };
  try {
    const trace = traceUnder(readTraceFile(environment, file), variant);
    const { cases, covered } = await check(trace);
    const errors = trace.diagnostics.filter(({ severity }) => severity === "error");
    const remarks = trace.diagnostics.filter(({ severity }) => severity !== "error");
    return { ...run, cases: [...errors.map(errorCase), ...cases], covered, remarks };
  } catch (error) {
    return { ...run, cases: [brokenCase(error)], covered: null, remarks: [] };
  }
}

/** A trace file as it was when it was read. */
export interface TraceFile {
  /** As messages and reports name it. */
  name: string;
  bytes: Uint8Array;
  text: string;
  /** Finds the profiles that it names. */
  profiles: ProfileFinder;
}

/** Reads a trace file. Throws UserError if it is not text, a capture or a script. */
export function readTraceFile(environment: Environment, fileName: string): TraceFile {
  const file = environment.openFile(fileName);
  try {
    if (captureFormat(file) !== null)
      throw new UserError(
        `${visiblePath(fileName)} is a capture: expect lines stand in trace files (.tlstrace)`,
      );
    const bytes = file.read(0, file.size);
    const text = textOf(file);
    if (isPacketdrill(file.name, text))
      throw new UserError(
        `${visiblePath(fileName)} is a packetdrill script: \`export\` makes a trace file of it, in which expect lines stand`,
      );
    return { name: file.name, bytes, text, profiles: profilesBeside(environment, fileName) };
  } finally {
    file.close?.();
  }
}

/** The trace with its devices' own profiles, or under a variant, however much of its text can be read. */
export const traceUnder = ({ name, text, profiles }: TraceFile, variant: Variant | null): Trace =>
  parseTrace(name, text, profiles, variant?.profileOf);

/** What a case that is no expect line has not. */
const noExpectation = { differs: null, eventLine: null, places: [] };

/** What kept a file from being tested, or changed. */
export const brokenCase = (error: unknown, name = "the file is read"): Case => ({
  name,
  rule: error instanceof UserError ? "file-unreadable" : "internal-error",
  line: null,
  columns: null,
  failure: visible(error instanceof UserError ? error.message : internalError(error)),
  ...noExpectation,
});

const errorCase = ({ message, line = 1, start, end }: Diagnostic): Case => ({
  name: `line ${line} is read`,
  rule: "trace-error",
  line,
  columns: start !== undefined && end !== undefined && end > start ? { start, end } : null,
  failure: visible(message),
  ...noExpectation,
});

/** An expect line and what came of it; `timeline`: the replay in which to look for where a failure comes from. */
function expectationCase(trace: Trace, outcome: Outcome, timeline: Timeline | null): Case {
  const { expectation, expected, actual } = outcome;
  const { line, event } = expectation;
  return {
    name: `line ${line}: expect ${expected}`,
    rule: "expectation-failed",
    line,
    columns: null,
    failure: actual === null ? null : `expected ${expected}, got ${actual}`,
    differs: actual === null ? null : { expected, actual },
    eventLine: event < 0 ? null : trace.events.line.at(event),
    places: timeline === null || actual === null || event < 0 ? [] : placesOf(timeline, event),
  };
}
