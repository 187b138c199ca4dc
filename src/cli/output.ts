import type { FileDiagnostic } from "../trace/evidence/counters.ts";
import type { Trace } from "../trace/trace.ts";
import { visible, visibleLine } from "../trace/visible.ts";

/**
 * Exit statuses: 1 = something in the input is wrong, 2 = bad usage or unreadable input, 70 = a defect of the program
 * (EX_SOFTWARE of sysexits.h). `verify` has its own of verdicts.
 */
export const exitStatus = { wrong: 1, unusable: 2, internal: 70 } as const;

/** Writes lines to stdout in chunks and waits for a slow reader, so that a pipe neither overflows memory nor loses its end. */
export async function print(lines: Iterable<string>): Promise<void> {
  let chunk = "";
  const flush = async () => {
    if (!process.stdout.write(chunk)) await new Promise((resume) => process.stdout.once("drain", resume));
    chunk = "";
  };
  for (const line of lines) {
    chunk += `${visible(line)}\n`;
    if (chunk.length > 1 << 16) await flush();
  }
  await flush();
}

/** Diagnostics go to stderr, with their place, in the form that problem matchers read. No error goes with status 0. */
export function complain(file: string, { diagnostics }: Trace): void {
  for (const { severity, message, line, frame } of diagnostics) {
    if (severity === "error") process.exitCode = exitStatus.unusable;
    const place = line !== undefined ? `:${line}` : frame ? `: frame ${frame}` : "";
    complainLine(`${file}${place}`, `${severity}: ${message}`);
  }
}

/** One line on stderr, with its place. A name cannot forge another's line. */
export function complainLine(place: string, message: string): void {
  process.stderr.write(`${visibleLine(place)}: ${visible(message)}\n`);
}

/** The same for what could not be read of evidence. */
export function complainOfEvidence(diagnostics: readonly FileDiagnostic[]): void {
  for (const { severity, message, file, line } of diagnostics) {
    if (severity === "error") process.exitCode = exitStatus.unusable;
    complainLine(`${file}:${line ?? 1}`, `${severity}: ${message}`);
  }
}
