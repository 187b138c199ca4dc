import type { Outcome } from "../judge/expectations.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { textOf } from "../trace/open.ts";
import { captureFormat } from "../trace/pcap/capture-file.ts";
import { noProgress, UserError } from "../trace/platform.ts";
import type { Diagnostic, Trace } from "../trace/trace.ts";
import type { Variant } from "../trace/variant.ts";
import type { Environment } from "./environment.ts";
import { study } from "./study.ts";
import { profilesBeside } from "./subject.ts";

/** Kinds of failures, as reports name their rules. */
export const caseRules = {
  "expectation-failed": "An expect line of the trace does not hold.",
  "trace-error": "A line of the trace cannot be read.",
  "file-unreadable": "The file cannot be read as a trace.",
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

/** Runs a trace as a test; what cannot be read is a failing case, never an exception. */
export async function runTest(
  environment: Environment,
  file: string,
  variant: Variant | null,
): Promise<TestRun> {
  const run = { file, profile: variant?.id ?? null };
  try {
    const trace = readTraceFile(environment, file, variant);
    const { outcomes } = await study({ trace, contest: null, evidence: null }, noProgress);
    const errors = trace.diagnostics.filter(({ severity }) => severity === "error");
    const remarks = trace.diagnostics.filter(({ severity }) => severity !== "error");
    return { ...run, cases: [...errors.map(errorCase), ...outcomes.map(expectationCase)], remarks };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const unreadable: Case = {
      name: "the file is read",
      rule: "file-unreadable",
      line: null,
      columns: null,
      failure: error.message,
    };
    return { ...run, cases: [unreadable], remarks: [] };
  }
}

/**
 * A trace file with its devices' own profiles, or under a variant, however much of it can be read. Throws UserError if
 * it is not text or a capture.
 */
export function readTraceFile(
  environment: Environment,
  fileName: string,
  variant: Variant | null,
  profiles = profilesBeside(environment, fileName),
): Trace {
  const file = environment.openFile(fileName);
  try {
    if (captureFormat(file) !== null)
      throw new UserError(`${fileName} is a capture: expect lines stand in trace files (.tlstrace)`);
    return parseTrace(file.name, textOf(file), profiles, variant?.profileOf);
  } finally {
    file.close?.();
  }
}

const errorCase = ({ message, line = 1, start, end }: Diagnostic): Case => ({
  name: `line ${line} is read`,
  rule: "trace-error",
  line,
  columns: start !== undefined && end !== undefined && end > start ? { start, end } : null,
  failure: message,
});

const expectationCase = ({ expectation, expected, actual }: Outcome): Case => ({
  name: `line ${expectation.line}: expect ${expected}`,
  rule: "expectation-failed",
  line: expectation.line,
  columns: null,
  failure: actual === null ? null : `expected ${expected}, got ${actual}`,
});
