import type { Outcome } from "../judge/expectations.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { textOf } from "../trace/open.ts";
import { captureFormat } from "../trace/pcap/capture-file.ts";
import { internalError, noProgress, UserError } from "../trace/platform.ts";
import type { ProfileFinder } from "../trace/profiles/finder.ts";
import type { Diagnostic, Trace } from "../trace/trace.ts";
import type { Variant } from "../trace/variant.ts";
import { visible, visiblePath } from "../trace/visible.ts";
import type { Environment } from "./environment.ts";
import { study } from "./study.ts";
import { profilesBeside } from "./subject.ts";

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
}

/** One trace replayed under one variant. */
export interface TestRun {
  /** As the user named it. */
  file: string;
  /** Variant that all devices had (a profile, a kernel, or both); null = those of the trace. */
  profile: string | null;
  cases: Case[];
  /** What reading had to say besides errors. */
  remarks: Diagnostic[];
}

/** Name of a run in reports. */
export const runName = ({ file, profile }: TestRun): string =>
  profile === null ? file : `${file} under ${profile}`;

export const failuresOf = ({ cases }: TestRun): (Case & { failure: string })[] =>
  cases.filter((one): one is Case & { failure: string } => one.failure !== null);

/**
 * Runs a trace as a test. What cannot be read is a failing case, never an exception; so is an error of the program's
 * own, which must not take the other files' results with it.
 */
export async function runTest(
  environment: Environment,
  file: string,
  variant: Variant | null,
): Promise<TestRun> {
  const run = { file, profile: variant?.id ?? null };
  try {
    const trace = traceUnder(readTraceFile(environment, file), variant);
    const { outcomes } = await study({ trace, contest: null, evidence: null }, noProgress);
    const errors = trace.diagnostics.filter(({ severity }) => severity === "error");
    const remarks = trace.diagnostics.filter(({ severity }) => severity !== "error");
    return { ...run, cases: [...errors.map(errorCase), ...outcomes.map(expectationCase)], remarks };
  } catch (error) {
    return { ...run, cases: [brokenCase(error)], remarks: [] };
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

/** Reads a trace file. Throws UserError if it is not text or a capture. */
export function readTraceFile(environment: Environment, fileName: string): TraceFile {
  const file = environment.openFile(fileName);
  try {
    if (captureFormat(file) !== null)
      throw new UserError(
        `${visiblePath(fileName)} is a capture: expect lines stand in trace files (.tlstrace)`,
      );
    const bytes = file.read(0, file.size);
    return { name: file.name, bytes, text: textOf(file), profiles: profilesBeside(environment, fileName) };
  } finally {
    file.close?.();
  }
}

/** The trace with its devices' own profiles, or under a variant, however much of its text can be read. */
export const traceUnder = ({ name, text, profiles }: TraceFile, variant: Variant | null): Trace =>
  parseTrace(name, text, profiles, variant?.profileOf);

/** What kept a file from being tested, or changed. */
export const brokenCase = (error: unknown, name = "the file is read"): Case => ({
  name,
  rule: error instanceof UserError ? "file-unreadable" : "internal-error",
  line: null,
  columns: null,
  failure: visible(error instanceof UserError ? error.message : internalError(error)),
});

const errorCase = ({ message, line = 1, start, end }: Diagnostic): Case => ({
  name: `line ${line} is read`,
  rule: "trace-error",
  line,
  columns: start !== undefined && end !== undefined && end > start ? { start, end } : null,
  failure: visible(message),
});

const expectationCase = ({ expectation, expected, actual }: Outcome): Case => ({
  name: `line ${expectation.line}: expect ${expected}`,
  rule: "expectation-failed",
  line: expectation.line,
  columns: null,
  failure: actual === null ? null : `expected ${expected}, got ${actual}`,
});
