// trace/evidence: what a running kernel told: tracepoints and counters.

import { finished, UserError } from "../platform.ts";
import type { Diagnostic } from "../trace.ts";
import {
  type CounterChange,
  type CounterSample,
  compareSamples,
  type FileDiagnostic,
  isCounterLine,
  readingCounters,
} from "./counters.ts";
import { isFtraceLine, readingFtrace } from "./ftrace.ts";
import { linesOf } from "./lines.ts";
import type { Tracepoint } from "./tracepoints.ts";

/** One kernel trace, and how much of what happened is in it. */
export interface TraceFile {
  name: string;
  /** Trace clock of its first and its last event of any kind, in ns. */
  firstNs: number;
  lastNs: number;
  /** False where events of that time are missing: lost, overwritten, unreadable, too many. */
  isWhole: boolean;
}

/** What a running kernel itself told of its offload, beside a capture of what it sent. */
export interface Evidence {
  /** In the order of time. */
  tracepoints: Tracepoint[];
  /** The kernel traces that have any event. */
  traces: TraceFile[];
  counters: CounterChange[];
  diagnostics: FileDiagnostic[];
}

export type EvidenceKind = "ftrace" | "counters";

/** Larger files are not read: a string holds no more. */
export const evidenceSizeMax = 400 * 1024 * 1024;
/** What is said of them, behind their name. */
export const evidenceTooLarge = "is too large for evidence: record a shorter time";

/** Characters looked at to tell what a file is. */
const headSize = 2 ** 20;

/** What a file is, by its first line that only one kind has; null if it has none. */
export function evidenceKind(text: string): EvidenceKind | null {
  for (const line of linesOf(text.slice(0, headSize))) {
    if (isFtraceLine(line.text)) return "ftrace";
    if (isCounterLine(line.text)) return "counters";
  }
  return null;
}

/**
 * Reads what was saved of a kernel: traces, and counters from before and after in that order, from one file or several.
 * Never throws: what cannot be read becomes a diagnostic.
 */
export const readEvidence = (files: readonly EvidenceText[]): Evidence => finished(readingEvidence(files));

/** The text of a file, and the name that it is told by. */
interface EvidenceText {
  name: string;
  text: string;
}

/** The same with a pause behind each line. */
function* readingEvidence(files: readonly EvidenceText[]): Generator<number, Evidence> {
  const evidence: Evidence = { tracepoints: [], traces: [], counters: [], diagnostics: [] };
  const samples: CounterSample[] = [];
  for (const { name, text } of files) {
    for (const diagnostic of yield* readingFile(name, text, evidence, samples))
      evidence.diagnostics.push({ ...diagnostic, file: name });
  }
  // Each file is in order already; several are not.
  evidence.tracepoints.sort((a, b) => a.timeNs - b.timeNs);
  const { counters, diagnostics } = compareSamples(samples);
  evidence.counters = counters;
  for (const diagnostic of diagnostics) evidence.diagnostics.push(diagnostic);
  return evidence;
}

/** The same for files that somebody named. Throws UserError for one that is no evidence. */
export function* usableEvidence(files: readonly EvidenceText[]): Generator<number, Evidence> {
  const evidence = yield* readingEvidence(files);
  const wrong = evidence.diagnostics.find(({ severity }) => severity === "error");
  if (wrong) throw new UserError(`${wrong.file} is no evidence: ${wrong.message}`);
  return evidence;
}

/** Adds what a file holds to what is known. */
function* readingFile(
  name: string,
  text: string,
  evidence: Evidence,
  samples: CounterSample[],
): Generator<number, Diagnostic[]> {
  switch (evidenceKind(text)) {
    case "ftrace": {
      const ftrace = yield* readingFtrace(name, text);
      for (const tracepoint of ftrace.tracepoints) {
        evidence.tracepoints.push(tracepoint);
        yield 1;
      }
      const isWhole = ftrace.diagnostics.every(({ severity }) => severity === "note");
      if (ftrace.span) evidence.traces.push({ name, ...ftrace.span, isWhole });
      return ftrace.diagnostics;
    }
    case "counters": {
      const counters = yield* readingCounters(name, text);
      samples.push(...counters.samples);
      return counters.diagnostics;
    }
    case null: {
      const message =
        "neither a kernel trace with events nor TLS counters; save /sys/kernel/tracing/trace or `trace-cmd report`, `ethtool -S` or /proc/net/tls_stat";
      return [{ severity: "error", message, line: 1, start: 0, end: 0 }];
    }
  }
}
