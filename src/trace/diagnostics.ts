import type { Diagnostic } from "./trace.ts";

/** Diagnostics kept of one file; a file that is something else would give one a line. */
const diagnosticsMax = 1000;

/** Where in a line something stands: columns from 0, end exclusive. */
export interface Columns {
  start: number;
  end: number;
}

/** The diagnostics of a file being read, as many as somebody would look at. */
export class DiagnosticList {
  readonly list: Diagnostic[];
  private leftOut = 0;

  constructor(list: Diagnostic[]) {
    this.list = list;
  }

  report(severity: Diagnostic["severity"], { start, end }: Columns, message: string, line: number): void {
    if (this.list.length >= diagnosticsMax) this.leftOut++;
    else this.list.push({ severity, message, line, start, end });
  }

  /** Says how many diagnostics did not fit, once the file is read to its last `line`. */
  finish(line: number): void {
    if (this.leftOut === 0) return;
    const message = `${this.leftOut} more problems are not shown; correct the first ones and read the file again`;
    this.list.push({ severity: "note", message, line, start: 0, end: 0 });
  }
}

/** The word that somebody may have meant: the nearest one, a third of whose letters differ at most; null if none is near. */
export function nearest(given: string, words: readonly string[]): string | null {
  const near = words
    .map((word) => ({ word, edits: editsBetween(given.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, edits }) => edits * 3 <= word.length)
    .sort((a, b) => a.edits - b.edits);
  return near[0]?.word ?? null;
}

/** Letters longer words are compared by. */
const wordMax = 64;

/** Letters to add, take away or change until one is the other (Levenshtein's distance), a row of his table at a time. */
function editsBetween(a: string, b: string): number {
  const [from, to] = [a.slice(0, wordMax), b.slice(0, wordMax)];
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
