import type { Diagnostic } from "./trace.ts";
import { counted } from "./visible.ts";

/** Diagnostics kept of one file; a file that is something else would give one a line. */
const diagnosticsMax = 1000;

/** Where in a line something stands: columns from 0, end exclusive. */
export interface Columns {
  start: number;
  end: number;
  /** As of a token. */
  instead?: string;
}

/** The diagnostics of a file being read, as many as somebody would look at. */
export class DiagnosticList {
  readonly list: Diagnostic[];
  private leftOut = 0;

  constructor(list: Diagnostic[]) {
    this.list = list;
  }

  report(severity: Diagnostic["severity"], place: Columns, message: string, line: number): void {
    const { start, end, instead } = place;
    const more = instead === undefined ? {} : { instead };
    if (this.list.length >= diagnosticsMax) this.leftOut++;
    else this.list.push({ severity, message, line, start, end, ...more });
  }

  /** Says how many diagnostics did not fit, once the file is read to its last `line`. */
  finish(line: number): void {
    if (this.leftOut === 0) return;
    const message = `${counted(this.leftOut, "more problem is", "more problems are")} not shown; correct the first ones and read the file again`;
    this.list.push({ severity: "note", message, line, start: 0, end: 0 });
  }
}
