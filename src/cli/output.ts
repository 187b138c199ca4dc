import { setImmediate } from "node:timers/promises";
import { complaint, diagnosticLine } from "../report/complaints.ts";
import type { FileDiagnostic } from "../trace/evidence/counters.ts";
import { internalError, UserError } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";
import { visible } from "../trace/visible.ts";

/**
 * Exit statuses: 1 = something in the input is wrong, 2 = bad usage, unreadable input or output that cannot be written,
 * 70 = a defect of the program (EX_SOFTWARE of sysexits.h). `verify` has its own of verdicts.
 */
export const exitStatus = { wrong: 1, unusable: 2, internal: 70 } as const;

/** Says on stderr what ended the command, and gives its exit status; a defect in clear words and without code. */
export function failure(error: unknown): number {
  const isUsers = error instanceof UserError;
  complainLine("tlstrace", isUsers ? error.message : internalError(error));
  return isUsers ? exitStatus.unusable : exitStatus.internal;
}

/**
 * Writes lines to stdout in chunks and waits for a slow reader, so that a pipe neither overflows memory nor loses its end.
 * In between signals are heard, also where a file takes all at once.
 */
export async function print(lines: Iterable<string>): Promise<void> {
  let chunk = "";
  const flush = async () => {
    if (!process.stdout.write(chunk)) await new Promise((resume) => process.stdout.once("drain", resume));
    else await setImmediate();
    chunk = "";
  };
  for (const line of lines) {
    chunk += `${visible(line)}\n`;
    if (chunk.length > 1 << 16) await flush();
  }
  await flush();
}

/** Diagnostics go to stderr. No error goes with status 0. */
export function complain(file: string, { diagnostics }: Pick<Trace, "diagnostics">): void {
  for (const diagnostic of diagnostics) {
    if (diagnostic.severity === "error") process.exitCode = exitStatus.unusable;
    process.stderr.write(`${diagnosticLine(file, diagnostic)}\n`);
  }
}

/** The same on stderr. */
export function complainLine(place: string, message: string): void {
  process.stderr.write(`${complaint(place, message)}\n`);
}

/** The same for what could not be read of evidence. */
export function complainOfEvidence(diagnostics: readonly FileDiagnostic[]): void {
  for (const { file, ...diagnostic } of diagnostics)
    complain(file, { diagnostics: [{ ...diagnostic, line: diagnostic.line ?? 1 }] });
}
