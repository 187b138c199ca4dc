import { type Diagnostic, DiagnosticSeverity, type Range } from "vscode-languageserver-types";
import { parseProfile } from "../trace/profiles/file.ts";
import type { Diagnostic as Told } from "../trace/trace.ts";
import type { TraceDocument } from "./document.ts";

const severities = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  note: DiagnosticSeverity.Information,
} as const;

/** Who says it. */
const source = "tlstrace";

/** What is wrong with a document, as its reader tells it. */
export const diagnosticsOf = (document: TraceDocument): Diagnostic[] =>
  document.trace.diagnostics.map((told) => diagnosticOf(document, told));

export const diagnosticOf = (document: TraceDocument, told: Told): Diagnostic => ({
  severity: severities[told.severity],
  range: rangeOf(document, told),
  message: told.message,
  source,
});

/** What is wrong with a profile file, by the reader that replays read it by. */
export const profileDiagnostics = (name: string, text: string): Diagnostic[] =>
  parseProfile(name, text).diagnostics.map(({ severity, message, line = 1, start = 0, end = 0 }) => ({
    severity: severities[severity],
    range: {
      start: { line: line - 1, character: start },
      end: { line: line - 1, character: Math.max(start, end) },
    },
    message,
    source,
  }));

/** The place of a diagnostic; one that has no line is the whole file's, and stands at its begin. */
export function rangeOf(document: TraceDocument, { line = 1, start = 0, end = 0 }: Told): Range {
  const at = Math.min(line, document.lines.length) - 1;
  const { length } = document.lines[at]!;
  const from = Math.min(start, length);
  return document.range(at, from, Math.max(from, Math.min(end, length)));
}
