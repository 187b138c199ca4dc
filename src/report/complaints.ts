import type { Diagnostic } from "../trace/trace.ts";
import { visible, visibleLine } from "../trace/visible.ts";

/** A diagnostic with its place, in the form that problem matchers read. */
export function diagnosticLine(file: string, { severity, message, line, frame }: Diagnostic): string {
  const place = line !== undefined ? `:${line}` : frame ? `: frame ${frame}` : "";
  return complaint(`${file}${place}`, `${severity}: ${message}`);
}

/** What is wrong somewhere, with its place. A name cannot forge another's line. */
export const complaint = (place: string, message: string): string =>
  `${visibleLine(place)}: ${visible(message)}`;
