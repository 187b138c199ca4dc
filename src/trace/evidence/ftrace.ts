import { DiagnosticList } from "../diagnostics.ts";
import { finished } from "../platform.ts";
import type { Diagnostic } from "../trace.ts";
import { noun } from "../visible.ts";
import { lineLengthMax, linesOf } from "./lines.ts";
import {
  type Hit,
  isTracepoint,
  type Told,
  type Tracepoint,
  type TracepointName,
  tellOf,
  tracepointNames,
} from "./tracepoints.ts";

/** What a kernel trace tells of TLS offload. */
export interface Ftrace {
  tracepoints: Tracepoint[];
  /** Trace clock of the first and of the last event of any kind, in ns; null without any. */
  span: { firstNs: number; lastNs: number } | null;
  diagnostics: Diagnostic[];
}

/** Rows kept of one file: some hundred megabytes of text. */
const tracepointsMax = 2 ** 19;

/**
 * `task-pid [cpu] flags seconds.fraction: `, as trace_print_context() in kernel/trace/trace_output.c and
 * `trace-cmd report` print it: flags are missing where irq-info is off and in older reports, the thread group stands
 * behind the pid with record-tgid, and `perf script` has a space before the pid. A task's name may hold spaces, dashes
 * and digits, so it ends at the last dash that fits; the kernel keeps 15 characters of it.
 */
const headPattern =
  /^(.{0,40}?)[- ] {0,20}(\d{1,10}) {1,20}(?:\([ \d-]{1,12}\) {1,8})?\[(\d{1,5})\] {1,20}(?:[^\s:]{4,8} {1,20})?(\d{1,12})\.(\d{1,9}): {1,99}/;
/** `event:` or `system:event:`. */
const eventPattern = /^(?:(\w{1,64}):)?(\w{1,64}):(?= |$)/;
/** As the `trace` file and as `trace-cmd report` say it, with a number or without. */
const lostPattern = /^CPU:(\d{1,5}) \[(?:LOST (?:(\d{1,20}) )?EVENTS|(?:(\d{1,20}) )?EVENTS DROPPED)\]$/;
/** The `trace` file's own count of entries; more written than there are means that old ones were overwritten. */
const entriesPattern = /^# entries-in-buffer\/entries-written: (\d{1,15})\/(\d{1,15})/;
/** What begins the files. */
const openingPattern = /^(?:# tracer: |cpus=\d+$|version = \d+$)/;
/** A tracepoint's name anywhere in a line, for lines whose head is not what it should be. */
const namePattern = new RegExp(`(?:^|[ :])(${tracepointNames.join("|")}): `);

/** The same as other programs print it, too: `perf trace` with parentheses, scripts of bpftrace without a colon. */
const calledPattern = new RegExp(
  `(?<=^|[\\s:])(?:(\\w{1,64}):)?(${tracepointNames.join("|")})(:\\s|\\(|\\s+(?=\\w+[=:]))`,
);

/** What a tracepoint tells in a line of a terminal, and where in it its name begins. */
export interface TracepointFound {
  start: number;
  told: Told<TracepointName>;
}

/** The tracepoint of a line that may have anything ahead of it; null where none is, or none that can be read. */
export function tracepointIn(text: string): TracepointFound | null {
  if (text.length > lineLengthMax) return null;
  const found = calledPattern.exec(text);
  if (found === null) return null;
  const [all, system, name = "", behind] = found;
  if (!isTracepoint(system ?? null, name)) return null;
  const rest = text.slice(found.index + all.length);
  const payload = behind === "(" ? rest.replace(/[,)]+(?=\s|$)/g, "") : rest;
  const told = tellOf(name, payload.trim());
  return typeof told === "string" ? null : { start: found.index, told };
}

/** True for a line that only a kernel trace has. */
export const isFtraceLine = (text: string): boolean =>
  headPattern.test(text) || openingPattern.test(text) || lostPattern.test(text);

/**
 * Reads the kernel's `trace` file, `trace-cmd report` and `perf script`. Never throws: a tracepoint that cannot be read
 * becomes a diagnostic.
 */
export const readFtrace = (file: string, text: string): Ftrace => finished(readingFtrace(file, text));

/** The same with a pause behind each line. */
export function* readingFtrace(file: string, text: string): Generator<number, Ftrace> {
  const ftrace: Ftrace = { tracepoints: [], span: null, diagnostics: [] };
  const diagnostics = new DiagnosticList(ftrace.diagnostics);
  let last = 1;
  for (const line of linesOf(text)) {
    last = line.number;
    const columns = { start: 0, end: line.text.length };
    if (ftrace.tracepoints.length >= tracepointsMax) {
      const message = `only the first ${tracepointsMax} tracepoints are read; record fewer events or a shorter time`;
      diagnostics.report("warning", columns, message, last);
      break;
    }
    const problem = readLine(ftrace, file, line.number, line.text);
    if (problem !== null) diagnostics.report("warning", columns, problem, last);
    yield line.end / text.length;
  }
  if (ftrace.tracepoints.length === 0) {
    const message =
      "no tracepoint of TLS offload is in it; record with `trace-cmd record -e tls -e tcp_retransmit_skb`";
    diagnostics.report("note", { start: 0, end: 0 }, message, 1);
  }
  diagnostics.finish(last);
  return ftrace;
}

/** Adds what a line says to the trace; a string says what is wrong with it. */
function readLine(ftrace: Ftrace, file: string, line: number, text: string): string | null {
  if (text === "" || openingPattern.test(text)) return null;
  if (text.length > lineLengthMax)
    return `the line is longer than ${lineLengthMax} characters and was skipped; save the trace as text again`;
  if (text.startsWith("#")) return overwritten(text);
  const lost = lostPattern.exec(text);
  if (lost !== null) return wordLost(lost);
  const head = headPattern.exec(text);
  if (head === null) return misplaced(text);
  const hit = hitOf(file, line, head);
  spread(ftrace, hit.timeNs);
  const behind = text.slice(head[0].length);
  const event = eventPattern.exec(behind);
  const name = event?.[2] ?? "";
  // Other events, or what a task wrote: of no use here.
  if (event === null || !isTracepoint(event[1] ?? null, name)) return null;
  const told = tellOf(name, behind.slice(event[0].length).trim());
  if (typeof told === "string")
    return `${name} ${told}; save the kernel's trace file whole, or \`trace-cmd report\` without -R`;
  ftrace.tracepoints.push({ ...hit, ...told } as Tracepoint);
  return null;
}

/** CPUs are not printed in strict order of time. */
function spread(ftrace: Ftrace, timeNs: number): void {
  const { firstNs, lastNs } = ftrace.span ?? { firstNs: timeNs, lastNs: timeNs };
  ftrace.span = { firstNs: Math.min(firstNs, timeNs), lastNs: Math.max(lastNs, timeNs) };
}

function hitOf(file: string, line: number, head: RegExpExecArray): Hit {
  const [, task = "", pid, cpu, seconds, fraction = ""] = head;
  const timeNs = Number(seconds) * 1e9 + Number(fraction.padEnd(9, "0"));
  return { file, line, timeNs, cpu: Number(cpu), task: task.trim(), pid: Number(pid) };
}

/** A stack trace or whatever else, unless a tracepoint's name is in it. */
function misplaced(text: string): string | null {
  const name = namePattern.exec(text)?.[1];
  return name === undefined
    ? null
    : `${name} does not stand behind "task-pid [cpu] seconds.microseconds:"; trace without the latency-format option and with a trace_clock in seconds`;
}

/** Events that the kernel could not keep, on one CPU, before the line that says so; not every kernel counts them. */
function wordLost([, cpu, lost, dropped]: RegExpExecArray): string {
  const count = lost ?? dropped ?? "some";
  const events = noun(Number(count), "event");
  return `${count} ${events} of CPU ${cpu} ${noun(Number(count), "was", "were")} lost before this line; trace fewer events or with a larger buffer (\`trace-cmd record -b\`, buffer_size_kb)`;
}

function overwritten(comment: string): string | null {
  const [, kept, written] = entriesPattern.exec(comment) ?? [];
  const gone = Number(written) - Number(kept);
  return gone > 0
    ? `the first ${gone} of ${written} ${noun(Number(written), "event")} ${noun(gone, "was", "were")} overwritten; trace fewer events or with a larger buffer (buffer_size_kb)`
    : null;
}
