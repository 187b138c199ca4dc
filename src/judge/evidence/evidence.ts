// judge/evidence: a kernel's reports, laid over a replay.

import type { Finding, Report } from "../../replay/findings.ts";
import type { Timeline } from "../../replay/timeline.ts";
import type { Evidence, TraceFile } from "../../trace/evidence/evidence.ts";
import type { Tracepoint } from "../../trace/evidence/tracepoints.ts";
import { finished } from "../../trace/platform.ts";
import { counted, noun } from "../../trace/visible.ts";
import { compareCounters } from "./counters.ts";
import { burstsOf, type Expected, type ModelReports, modelReports } from "./expected.ts";
import { hasBothDirections, hostConnections, verdictOf } from "./installed.ts";
import { Judge, type Matching } from "./judge.ts";
import { listIn } from "./lists.ts";
import { align, alignRetransmits, offsetOf, type Pair, type RetransmitPair, votedOffset } from "./match.ts";
import { isRetransmit, type Socket, socketsOf } from "./sockets.ts";

/** Evidence laid over a replay, in words. */
export interface Overlay {
  /** Whether the offload is on at all; null where no evidence tells. */
  isInstalled: boolean | null;
  /** The answer to that first, then what was compared and what was left out. */
  summary: string[];
  /** Tracepoints of the transmit side that belong to an event, and all of connections of the replay. */
  matched: number;
  tracepoints: number;
  /** Counters that are as the model says, and all that both have. */
  agreeing: number;
  counters: number;
  /** What the kernel reported otherwise, in the order of events. */
  findings: Finding[];
  /** What the kernel reported of events, by event. */
  reports: ReadonlyMap<number, readonly Report[]>;
}

/** Lays a kernel's evidence over a replay whose first pass is done: what it reports of events, and where the two differ. */
export const layEvidence = (timeline: Timeline, evidence: Evidence): Overlay =>
  finished(layingEvidence(timeline, evidence));

/** The same with a pause behind each thing that is looked at. */
export function* layingEvidence(timeline: Timeline, evidence: Evidence): Generator<number, Overlay> {
  const model = yield* modelReports(timeline);
  const sockets = yield* socketsOf(timeline, evidence.tracepoints, model.expected);
  const known = sockets.filter(({ connection }) => connection >= 0);
  const host = hostConnections(timeline, known);
  const matchings: Matching[] = [];
  for (const file of evidence.traces) matchings.push(yield* matchFile(timeline, model, file, known));
  const counters = compareCounters(timeline, evidence.counters, model, host);

  const judge = new Judge(timeline, evidence, model);
  yield* judge.sockets(known);
  for (const matching of matchings) yield* judge.matching(matching);
  const unsure = unsureAmong(sockets);
  for (const connection of host) {
    if (!unsure.has(connection)) judge.missing(connection, model.expected[connection]!, matchings);
    yield 1;
  }
  for (const counter of counters) judge.counter(counter);
  judge.findings.sort((a, b) => a.event - b.event);

  const { isInstalled, lines } = verdictOf(timeline, evidence, known, model, host);
  const overlay = {
    isInstalled,
    matched: judge.matched,
    tracepoints: known.reduce((sum, socket) => sum + socket.tracepoints.length, 0),
    agreeing: counters.filter((counter) => counter.told === counter.model).length,
    counters: counters.length,
    findings: judge.findings,
    reports: judge.reports,
  };
  const summary = [
    ...lines,
    ...sums(overlay, evidence, matchings),
    ...(counters.length > 0 && hasBothDirections(timeline, host) ? [bothDirections] : []),
    ...leftOut(timeline, evidence, sockets),
    ...(judge.left > 0
      ? [`${counted(judge.left, "more disagreement is", "more disagreements are")} not listed`]
      : []),
  ];
  return { ...overlay, summary };
}

/** Connections that sockets may be which are not told apart; many of these share one list. */
function unsureAmong(sockets: readonly Socket[]): ReadonlySet<number> {
  const lists = new Set(sockets.flatMap(({ connection, fits }) => (connection < 0 ? [fits] : [])));
  const unsure = new Set<number>();
  for (const fits of lists) for (const connection of fits) unsure.add(connection);
  return unsure;
}

const bothDirections =
  "the counters are compared with both directions of a connection: select the host's own stream";

/** One kernel trace has one clock: what is sure gives its offset, by which retransmissions are found. */
function* matchFile(
  timeline: Timeline,
  model: ModelReports,
  file: TraceFile,
  known: readonly Socket[],
): Generator<number, Matching> {
  const told = new Map<number, Tracepoint[]>();
  for (const { connection, tracepoints, file: name } of known)
    for (const tracepoint of name === file.name ? tracepoints : []) {
      listIn(told, connection).push(tracepoint);
      yield 0;
    }
  const pairs = new Map<number, Pair[]>();
  for (const [connection, tracepoints] of told) {
    tracepoints.sort((a, b) => a.timeNs - b.timeNs);
    const offloads = tracepoints.filter((tracepoint) => !isRetransmit(tracepoint));
    pairs.set(connection, yield* pairsOf(model.expected[connection]!, offloads));
  }
  const retransmits = new Map(
    [...told].map(([connection, tracepoints]) => [connection, tracepoints.filter(isRetransmit)]),
  );
  const { offsetNs, isExact } = clockOf(timeline, [...pairs.values()].flat(), retransmits);
  const aligned: (RetransmitPair & { connection: number })[] = [];
  for (const [connection, own] of retransmits) {
    const bursts = own.length === 0 ? [] : burstsOf(timeline, connection);
    for (const pair of yield* alignRetransmits(bursts, own, isExact ? offsetNs : null))
      aligned.push({ ...pair, connection });
  }
  return { file, offsetNs, isExact, pairs, retransmits: aligned };
}

/** When a capture's offload was installed is not known to the millisecond, so other tracepoints tell the time where there are any. */
function clockOf(
  timeline: Timeline,
  pairs: readonly Pair[],
  retransmits: ReadonlyMap<number, readonly Tracepoint[]>,
): Pick<Matching, "offsetNs" | "isExact"> {
  const exact = offsetOf(pairs.filter(({ expected }) => expected?.name !== "tls_device_offload_set"));
  if (exact !== null) return { offsetNs: exact, isExact: true };
  const groups = [...retransmits].map(([connection, tracepoints]) => ({
    bursts: tracepoints.length === 0 ? [] : burstsOf(timeline, connection),
    tracepoints,
  }));
  const voted = timeline.trace.kind === "capture" ? votedOffset(groups) : null;
  if (voted !== null) return { offsetNs: voted, isExact: true };
  return { offsetNs: offsetOf(pairs), isExact: timeline.trace.kind === "text" };
}

/** Each kind of tracepoint beside what the model expects of it. */
function* pairsOf(
  expected: readonly Expected[],
  tracepoints: readonly Tracepoint[],
): Generator<number, Pair[]> {
  const wanted = new Map<string, Expected[]>();
  const told = new Map<string, Tracepoint[]>();
  for (const each of expected) listIn(wanted, each.name).push(each);
  for (const tracepoint of tracepoints) {
    listIn(told, tracepoint.event).push(tracepoint);
    yield 0;
  }
  const names = new Set([...wanted.keys(), ...told.keys()]);
  const pairs: Pair[] = [];
  for (const name of names)
    for (const pair of yield* align(wanted.get(name) ?? [], told.get(name) ?? [])) pairs.push(pair);
  return pairs;
}

function sums(
  { matched, tracepoints, agreeing, counters }: Omit<Overlay, "summary">,
  evidence: Evidence,
  matchings: readonly Matching[],
): string[] {
  const lines: string[] = [];
  const clocks = matchings.flatMap(({ file, offsetNs }) =>
    offsetNs === null
      ? []
      : [`; the clock of ${file.name} plus ${(offsetNs / 1e9).toFixed(6)} s is the trace's`],
  );
  if (evidence.traces.length > 0)
    lines.push(
      `${matched} of ${counted(tracepoints, "tracepoint")} ${noun(matched, "belongs", "belong")} to an event${clocks.join("")}`,
    );
  if (evidence.counters.length > 0)
    lines.push(
      `${agreeing} of ${counted(counters, "counter")} ${noun(agreeing, "is", "are")} as the model says`,
    );
  return lines;
}

/** What was not compared, and why. */
function leftOut(timeline: Timeline, { traces }: Evidence, sockets: readonly Socket[]): string[] {
  const { connections } = timeline.trace;
  const unknown = sockets.filter(({ connection }) => connection < 0);
  const unclear = unknown.filter(({ fits }) => fits.length > 1);
  const lines = unclear.slice(0, linesMax).map(({ sk, file, fits, tracepoints }) => {
    const names = fits.slice(0, linesMax).map((c) => connections[c]!.flow);
    return `socket ${sk} of ${file} may be ${names.join(" or ")}: its ${counted(tracepoints.length, "tracepoint is", "tracepoints are")} left out`;
  });
  const foreign = unknown.length - unclear.length;
  if (foreign > 0)
    lines.push(
      `${foreign} socket${foreign > 1 ? "s" : ""} of the evidence, no connection of the replay: left out`,
    );
  for (const { name, isWhole } of traces)
    if (!isWhole)
      lines.push(`${name} lacks events, so what it does not report is not held against the model`);
  return lines;
}

/** Sockets and connections named one by one. */
const linesMax = 5;
