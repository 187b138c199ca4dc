// cli/fleet: verify of many files: worker processes, rows, going on where a run ended.

import { statusOf, type VerdictWord, verdictWords } from "../../judge/verdict.ts";
import { addTo, countedOf, noTotal, rowsOf, totalRow } from "../../report/rows.ts";
import type { FileReport, VerifyJob } from "../../report/verified.ts";
import { noProgress } from "../../trace/platform.ts";
import { counted } from "../../trace/visible.ts";
import { exitStatus, print } from "../output.ts";
import { tool } from "../version.ts";
import { linesAmong, totalText } from "./lines.ts";
import { verifyAll } from "./pool.ts";
import { Results } from "./results.ts";
import { broken, stateOf, verifyFile } from "./verify-file.ts";

export interface RunFlags {
  json?: true;
  /** A file of rows that is gone on with. */
  resume?: string;
  /** Unchecked ends with 0. */
  allowUnchecked?: true;
}

/** The status of who was ended by a signal, as a shell tells it: 128 and the signal's number. */
const interrupted: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Verifies many files: rows or lines in the order of the input, then the total. */
export async function run(
  jobs: readonly VerifyJob[],
  workers: number,
  flags: RunFlags,
  asked: string,
): Promise<void> {
  const started = performance.now();
  const results = flags.resume === undefined ? null : new Results(flags.resume);
  const total = noTotal();
  const due = jobs.filter((job) => {
    const known = results?.of(job.file, { ...stateOf(job.request.program), tool, asked });
    if (known) addTo(total, known);
    return !known;
  });
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => stop.abort(signal);
  // A run of one file has no rows to keep before its end: there a signal ends the process as it ends any other.
  if (due.length > 1) process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  const printer = new Printer(due.length, flags.json === true);
  let hasDefect = false;
  const done = async (index: number, report: FileReport) => {
    hasDefect ||= report.isDefect;
    addTo(total, countedOf(report));
    const rows = flags.json || results ? [...rowsOf(report, tool, asked)] : [];
    results?.add(report.file, rows);
    await printer.take(index, report, results && flags.json ? [] : rows);
  };
  if (due.length === 1) await done(0, await verifyFile(due[0]!, noProgress).catch((e) => broken(due[0]!, e)));
  else if (due.length > 1) await verifyAll(due, Math.min(workers, due.length), stop.signal, done);
  process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  await printer.end();
  if (stop.signal.aborted) {
    process.exitCode = interrupted[stop.signal.reason as NodeJS.Signals]!;
    return;
  }
  const status = hasDefect ? exitStatus.internal : statusAmong(total.verdicts, flags.allowUnchecked === true);
  const last = totalRow(total, tool, status, Math.round(performance.now() - started));
  results?.finish(
    jobs.map(({ file }) => file),
    last,
  );
  if (!flags.json) await print([totalText(total)]);
  else if (!results) await print([last]);
  process.exitCode = status;
}

function statusAmong(counts: Record<VerdictWord, number>, isUncheckedAllowed: boolean): number {
  const worst = verdictWords.find((word) => counts[word] > 0) ?? "right";
  return worst === "unchecked" && isUncheckedAllowed ? statusOf.right : statusOf[worst];
}

/** Prints what is done in the order of the input; on a terminal tells how far it is. */
class Printer {
  private readonly waiting = new Map<number, string[]>();
  private readonly files: number;
  private readonly isJson: boolean;
  private readonly started = performance.now();
  private next = 0;
  private done = 0;
  private shown = false;
  private printing: Promise<void> = Promise.resolve();

  constructor(files: number, isJson: boolean) {
    this.files = files;
    this.isJson = isJson;
  }

  async take(index: number, report: FileReport, rows: string[]): Promise<void> {
    this.done++;
    if (!this.isJson && report.verdict !== "unreadable")
      for (const line of report.complaints) this.complain(line);
    this.waiting.set(index, this.isJson ? rows : [...linesAmong(report)]);
    const lines: string[] = [];
    for (let ready = this.waiting.get(this.next); ready; ready = this.waiting.get(this.next)) {
      for (const line of ready) lines.push(line);
      this.waiting.delete(this.next++);
    }
    await this.print(lines);
    this.tell();
  }

  /** What is done behind a file that is not. */
  async end(): Promise<void> {
    await this.print([...this.waiting].sort(([a], [b]) => a - b).flatMap(([, lines]) => lines));
    this.clear();
  }

  private async print(lines: string[]): Promise<void> {
    if (lines.length === 0) return;
    this.clear();
    this.printing = this.printing.then(() => print(lines));
    await this.printing;
  }

  private complain(line: string): void {
    this.clear();
    process.stderr.write(`${line}\n`);
  }

  private tell(): void {
    const seconds = (performance.now() - this.started) / 1000;
    if (!process.stderr.isTTY || seconds < 1) return;
    const rate = this.done / seconds;
    const left = Math.ceil((this.files - this.done) / rate);
    this.shown = true;
    process.stderr.write(
      `\r\x1b[K${this.done} of ${counted(this.files, "file")}, ${rate.toFixed(1)}/s, ${left} s left`,
    );
  }

  private clear(): void {
    if (this.shown) process.stderr.write("\r\x1b[K");
    this.shown = false;
  }
}
