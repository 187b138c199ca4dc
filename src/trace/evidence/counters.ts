import { DiagnosticList } from "../diagnostics.ts";
import { list } from "../lexer.ts";
import { finished } from "../platform.ts";
import type { Diagnostic } from "../trace.ts";
import { lineLengthMax, linesOf } from "./lines.ts";
import { u64Of } from "./tracepoints.ts";

/** Who counted: the driver (`ethtool -S`, FreeBSD's sysctl), or the kernel's TLS (/proc/net/tls_stat). */
export type CounterSource = "ethtool" | "tls_stat";

/** The counters of one source at one moment. */
export interface CounterSample {
  source: CounterSource;
  file: string;
  /** What a heading in the file or the file's name says of the moment. */
  moment: "before" | "after" | null;
  counters: Map<string, { value: bigint; line: number }>;
}

/** What became of one counter. */
export interface CounterChange {
  source: CounterSource;
  name: string;
  /** Of a counter of one queue (`tx0_tls_ooo`); null for those of a whole device or namespace. */
  queue: number | null;
  /** Null where the sample before has not got it, or where there is only one sample. */
  before: bigint | null;
  after: bigint | null;
  /**
   * The change modulo 2^64, so that a counter may wrap; negative for a gauge that fell (and for a counter that was
   * reset, which is reported). Null where either value is missing.
   */
  delta: bigint | null;
  /** Where the later one of the two values stands. */
  file: string;
  line: number;
}

/** A diagnostic of one of several files. */
export interface FileDiagnostic extends Diagnostic {
  file: string;
}

/** Samples kept of one file: one a second for more than an hour. */
const samplesMax = 4096;

/** What `ethtool -S` prints first; grep takes it away. */
const ethtoolHeading = "NIC statistics:";
/** A line between samples that somebody's script printed: `== before`. */
const headingPattern = /^==/;
const tlsStatPattern = /^(Tls[A-Z]\w{0,60})[ \t]+(\S{1,64})/;
/** `name: value` with `tls` in the name, whatever the vendor; FreeBSD's own (mlx5_en_hw_tls.c) where it is cut short. */
const ethtoolNamePattern = /tls|^(?:tx_packets_ooo|tx_bytes_ooo)$/i;
/** The adapter's counters that Chelsio's debugfs prints as phrases (chcr_stats_show()), by their names in the driver. */
const debugfsNames: Readonly<Record<string, string>> = {
  "Tx partial start of records": "ktls_tx_start_pkts",
  "Tx partial middle of records": "ktls_tx_middle_pkts",
  "Tx partial end of record": "ktls_tx_end_pkts",
  "Tx complete records": "ktls_tx_complete_pkts",
  "TX trim pkts": "ktls_tx_trimmed_pkts",
};
/** Counters of one queue, by the ways that drivers name them: `tx0_…`, `ptp_tx0_…`, `tx_queue_0_…`, `[0]: …`. */
const queuePattern = /^(?:\[(\d{1,5})\]: |(?:[a-z]{1,20}_)?(?:[rt]xq?|queue|rvec)_?(\d{1,5})_)/;

/** True for a line that only counters have. */
export function isCounterLine(text: string): boolean {
  if (text === ethtoolHeading) return true;
  const counter = counterOf(text);
  return counter !== null && u64Of(counter.text) !== undefined;
}

/**
 * Reads counters of both sources. A new sample begins at a heading (`NIC statistics:`, `== …`) and wherever a name comes
 * again. Never throws: a counter that cannot be read becomes a diagnostic.
 */
export const readCounters = (file: string, text: string): CountersRead =>
  finished(readingCounters(file, text));

/** What a file of counters says. */
interface CountersRead {
  samples: CounterSample[];
  diagnostics: Diagnostic[];
}

/** The same with a pause behind each line. */
export function* readingCounters(file: string, text: string): Generator<number, CountersRead> {
  const reading = new CounterReading(file);
  const diagnostics = new DiagnosticList([]);
  let last = 1;
  for (const line of linesOf(text)) {
    last = line.number;
    const problem = reading.read(line.text, line.number);
    if (problem !== null)
      diagnostics.report("warning", { start: 0, end: line.text.length }, problem, line.number);
    if (reading.isFull) break;
    yield line.end / text.length;
  }
  if (reading.samples.length === 0) {
    const message = "no counter has `tls` in its name; see with `ethtool -k` whether the device offloads TLS";
    diagnostics.report("note", { start: 0, end: 0 }, message, 1);
  }
  diagnostics.finish(last);
  return { samples: reading.samples, diagnostics: diagnostics.list };
}

/** A file of counters being read: its samples so far, and which of them further lines belong to. */
class CounterReading {
  readonly samples: CounterSample[] = [];
  isFull = false;
  private readonly file: string;
  private moment: CounterSample["moment"];
  private readonly open = new Map<CounterSource, CounterSample>();

  constructor(file: string) {
    this.file = file;
    this.moment = momentOf(file.replace(/^.*[\\/]/, ""));
  }

  /** A string says what is wrong with the line. */
  read(text: string, line: number): string | null {
    if (text.length > lineLengthMax) return null;
    if (headingPattern.test(text)) {
      this.moment = momentOf(text) ?? this.moment;
      this.open.clear();
      return null;
    }
    if (text === ethtoolHeading) this.open.delete("ethtool");
    const counter = counterOf(text);
    if (counter === null) return null;
    const value = u64Of(counter.text);
    if (value === undefined)
      return `${counter.name} is not a whole number below 2^64; save the counters again, unchanged`;
    const sample = this.sampleFor(counter);
    if (sample === null)
      return `only the first ${samplesMax} samples are read; keep one from before and one from after`;
    sample.counters.set(counter.name, { value, line });
    return null;
  }

  /** The sample that the counter belongs to, a new one if it must be; null once there are too many. */
  private sampleFor({ source, name }: { source: CounterSource; name: string }): CounterSample | null {
    const open = this.open.get(source);
    if (open !== undefined && !open.counters.has(name)) return open;
    this.isFull = this.samples.length >= samplesMax;
    if (this.isFull) return null;
    const { file, moment } = this;
    const sample: CounterSample = { source, file, moment, counters: new Map() };
    this.samples.push(sample);
    this.open.set(source, sample);
    return sample;
  }
}

/** The words of a line that names a counter which is kept; null for any other line. */
function counterOf(text: string): { source: CounterSource; name: string; text: string } | null {
  if (text.length > lineLengthMax) return null;
  const tlsStat = tlsStatPattern.exec(text);
  if (tlsStat !== null) return { source: "tls_stat", name: tlsStat[1]!, text: tlsStat[2]! };
  const colon = text.lastIndexOf(":");
  const words = text.slice(0, Math.max(0, colon)).trim();
  const name = Object.hasOwn(debugfsNames, words) ? debugfsNames[words]! : words;
  const value = text.slice(colon + 1).trim();
  // Behind a name without a value come more lines; `on` and `off` are what `ethtool -k` says of features.
  if (!ethtoolNamePattern.test(name) || value === "" || /^o(?:n|ff)\b/.test(value)) return null;
  return { source: "ethtool", name, text: value };
}

function momentOf(text: string): CounterSample["moment"] {
  const isBefore = /before/i.test(text);
  if (isBefore === /after/i.test(text)) return null;
  return isBefore ? "before" : "after";
}

/** Whose queue a counter is, by its name; null for a whole device's. */
function queueOf(name: string): number | null {
  const [, bracketed, named] = queuePattern.exec(name) ?? [];
  const digits = bracketed ?? named;
  return digits === undefined ? null : Number(digits);
}

/** Connections that are open now, and rekeys under way: these may fall. */
const isGauge = (name: string): boolean => name.startsWith("TlsCurr");

/**
 * Compares each source's first sample with its last. Samples that say which moment they are of come in that order,
 * others as they are given.
 */
export function compareSamples(samples: readonly CounterSample[]): {
  counters: CounterChange[];
  diagnostics: FileDiagnostic[];
} {
  const counters: CounterChange[] = [];
  const diagnostics: FileDiagnostic[] = [];
  for (const source of ["ethtool", "tls_stat"] as const) {
    const rank = ({ moment }: CounterSample) => (moment === "before" ? 0 : moment === "after" ? 2 : 1);
    const series = samples.filter((sample) => sample.source === source).sort((a, b) => rank(a) - rank(b));
    const after = series.at(-1);
    if (after === undefined) continue;
    const before = series.length > 1 ? series[0]! : null;
    const changes = changesOf(before, after);
    // Not push(...changes): a file may hold more counters than a call takes arguments.
    for (const change of changes) counters.push(change);
    diagnostics.push(...remarks(before, after, series.length, changes));
  }
  return { counters, diagnostics };
}

/** The counters of both samples, in the first one's order, then those that only the last one has. */
function changesOf(before: CounterSample | null, after: CounterSample): CounterChange[] {
  const names = new Set([...(before?.counters.keys() ?? []), ...after.counters.keys()]);
  return Array.from(names, (name): CounterChange => {
    const earlier = before?.counters.get(name);
    const later = after.counters.get(name);
    return {
      source: after.source,
      name,
      queue: queueOf(name),
      before: earlier?.value ?? null,
      after: later?.value ?? null,
      delta: earlier && later ? BigInt.asIntN(64, later.value - earlier.value) : null,
      file: later || before === null ? after.file : before.file,
      line: (later ?? earlier)!.line,
    };
  });
}

/** What to know before trusting the changes. */
function remarks(
  before: CounterSample | null,
  after: CounterSample,
  samples: number,
  changes: readonly CounterChange[],
): FileDiagnostic[] {
  const found: FileDiagnostic[] = [];
  const remark = (severity: "warning" | "note", { file, line }: CounterChange, message: string) =>
    found.push({ severity, message, file, line, start: 0, end: 0 });
  const namesOf = (some: readonly CounterChange[]) => list(some.map(({ name }) => name));
  const first = changes[0]!;
  if (before === null) {
    const how = `the ${after.source} counters were taken only once; take them before and after for what they changed by`;
    remark("note", first, how);
    return found;
  }
  if (samples > 2)
    remark(
      "note",
      first,
      `there are ${samples} samples of ${after.source} counters; the first is compared with the last`,
    );
  const gone = changes.filter((change) => change.after === null);
  const come = changes.filter((change) => change.before === null);
  const fallen = changes.filter(({ name, delta }) => delta !== null && delta < 0n && !isGauge(name));
  if (gone.length > 0)
    remark("note", gone[0]!, `only before: ${namesOf(gone)}; take both from one interface and driver`);
  if (come.length > 0)
    remark("note", come[0]!, `only after: ${namesOf(come)}; take both from one interface and driver`);
  if (fallen.length > 0)
    remark(
      "warning",
      fallen[0]!,
      `less after than before: ${namesOf(fallen)}; the driver was reset, or the samples are in the wrong order`,
    );
  return found;
}
