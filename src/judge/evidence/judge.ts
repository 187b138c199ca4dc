import type { Connection } from "../../core/machine/connection.ts";
import type { Finding, Report } from "../../replay/findings.ts";
import type { Timeline } from "../../replay/timeline.ts";
import type { Evidence, TraceFile } from "../../trace/evidence/evidence.ts";
import type { Tracepoint } from "../../trace/evidence/tracepoints.ts";
import { Sign } from "../../trace/signs.ts";
import type { CounterComparison } from "./counters.ts";
import { burstsOf, type Expected, type ModelReports, type Moment, momentAt } from "./expected.ts";
import { listIn } from "./lists.ts";
import { differing, type Pair, type RetransmitPair } from "./match.ts";
import { addressNames, hasAddresses, isRetransmit, type Socket, tupleOf } from "./sockets.ts";
import { expectedText, placeOf, rangeText, signed, toldText, wordField } from "./words.ts";

/** What belongs together in one kernel trace, by connection. */
export interface Matching {
  file: TraceFile;
  /** Trace clock minus the file's clock; null where nothing tells. */
  offsetNs: number | null;
  /** False: it may be off by as long as the connection was silent in the beginning. */
  isExact: boolean;
  pairs: ReadonlyMap<number, readonly Pair[]>;
  retransmits: readonly (RetransmitPair & { connection: number })[];
}

/** More disagreements than this are counted, not kept: the evidence is then of something else. */
const findingsMax = 10_000;

/** A capture shows records when they are first sent; the application may have written on long before. */
const laterRecords = " (a capture does not show what the application had written already)";

/** Finds where evidence and model disagree, and keeps a sentence for each. */
export class Judge {
  readonly findings: Finding[] = [];
  /** What the kernel reported of events, by event. */
  readonly reports = new Map<number, Report[]>();
  /** Findings beyond those kept. */
  left = 0;
  /** Tracepoints that belong to an event. */
  matched = 0;
  private readonly timeline: Timeline;
  private readonly refusals: ModelReports["refusals"];
  /** What of the model's some trace reports: expected tracepoints, and retransmissions by their first event. */
  private readonly told = new Set<Expected | number>();
  /** Traces that have tracepoints of the kind at all. */
  private readonly traced = { tls: new Set<string>(), tcp: new Set<string>() };

  constructor(timeline: Timeline, { tracepoints }: Evidence, { refusals }: ModelReports) {
    this.timeline = timeline;
    this.refusals = refusals;
    for (const tracepoint of tracepoints) {
      if (tracepoint.event.startsWith("tls_")) this.traced.tls.add(tracepoint.file);
      if (isRetransmit(tracepoint)) this.traced.tcp.add(tracepoint.file);
    }
  }

  private add(finding: Omit<Finding, "kind" | "a" | "b">): void {
    if (this.findings.length >= findingsMax) this.left++;
    else this.findings.push({ kind: Sign["evidence-differs"], a: 0, b: 0, ...finding });
  }

  private connection(c: number): Connection {
    return this.timeline.trace.connections[c]!;
  }

  /** A socket is one object in memory, with one pair of addresses. `known`: sockets that are connections of the replay. */
  *sockets(known: readonly Socket[]): Generator<number> {
    const owners = new Map<string, Socket>();
    for (const socket of known) {
      const key = `${socket.connection} ${socket.file}`;
      if (!socket.isStray && !owners.has(key)) owners.set(key, socket);
    }
    for (const socket of known) {
      this.socket(socket, owners.get(`${socket.connection} ${socket.file}`));
      yield 1;
    }
  }

  private socket({ connection, sk, isStray, tracepoints }: Socket, owner: Socket | undefined): void {
    const { flow: name } = this.connection(connection);
    const event = this.nearestEvent(connection, null);
    const first = tracepoints[0]!;
    if (isStray) {
      const text = `the kernel reported ${first.event} of the socket ${sk}; the model says that it is of ${name}, which is the socket ${owner?.sk}`;
      this.add({ event, stage: -1, place: placeOf(first), text });
    }
    for (const tracepoint of hasAddresses(name) ? tracepoints : []) {
      const names = addressNames(tracepoint);
      if (names.length === 0 || names.includes(tupleOf(name))) continue;
      const text = `the kernel reported ${tracepoint.event} of ${names[0]}; the model says that the socket is ${name}`;
      this.add({ event, stage: -1, place: placeOf(tracepoint), text });
    }
  }

  /** What belongs together in one kernel trace; pauses behind each pair. */
  *matching({ offsetNs, pairs, retransmits }: Matching): Generator<number> {
    for (const [connection, own] of pairs) {
      for (const { expected, tracepoint } of own) {
        yield 1;
        if (tracepoint === null) continue;
        if (expected === null) this.extra(connection, tracepoint, offsetNs);
        else this.fields(expected, tracepoint);
      }
      this.order(own);
    }
    for (const { connection, burst, tracepoint } of retransmits) {
      yield 1;
      if (tracepoint === null) continue;
      if (burst === null) this.extra(connection, tracepoint, offsetNs);
      else {
        this.told.add(burst.events[0]!);
        const { startSeq } = this.connection(connection);
        this.report({ event: burst.events[0]!, startSeq, at: burst.from }, tracepoint);
      }
    }
  }

  private report(moment: Moment & { event: number }, tracepoint: Tracepoint): void {
    this.matched++;
    if (moment.event < 0) return;
    const text = toldText(moment, tracepoint);
    listIn(this.reports, moment.event).push({ place: placeOf(tracepoint), text });
  }

  private fields(expected: Expected, tracepoint: Tracepoint): void {
    const { event, stage } = expected;
    this.told.add(expected);
    this.report(expected, tracepoint);
    for (const { name, wanted, told } of differing(expected, tracepoint)) {
      const why = this.isLater(expected, wanted, told) ? laterRecords : "";
      const text = `the kernel reported ${tracepoint.event} with ${wordField(expected, name, told)}; the model says ${wordField(expected, name, wanted)}${why}`;
      this.add({ event, stage, place: placeOf(tracepoint), text });
    }
  }

  private isLater({ name }: Expected, wanted: unknown, told: unknown): boolean {
    if (this.timeline.trace.kind !== "capture" || name !== "tls_device_tx_resync_send") return false;
    if (typeof told === "bigint" && typeof wanted === "bigint") return told > wanted;
    return typeof told === "number" && typeof wanted === "number" && ((told - wanted) | 0) > 0;
  }

  /** A tracepoint that the model has no reason for. */
  private extra(connection: number, tracepoint: Tracepoint, offsetNs: number | null): void {
    // Beyond those that are kept none is put into words.
    if (this.findings.length >= findingsMax) {
      this.left++;
      return;
    }
    const event = this.nearestEvent(connection, offsetNs === null ? null : tracepoint.timeNs + offsetNs);
    const says = this.denial(connection, tracepoint);
    const text = `the kernel reported ${toldText(momentAt(this.timeline, { event, stage: -1, connection }), tracepoint)}; the model says ${says}`;
    this.add({ event, stage: -1, place: placeOf(tracepoint), text });
  }

  /** What the model says instead of a tracepoint that it has no reason for. */
  private denial(connection: number, { event }: Tracepoint): string {
    const { recovery, title } = this.timeline.machine.sockets[connection]!.profile;
    const refusal = this.refusals[connection];
    const otherFamily = recovery === "next-record" ? "" : `, which ${title} never asks for`;
    switch (event) {
      case "tcp_retransmit_skb":
        return "that no byte was sent again then (it may have been lost before the trace saw it)";
      case "tls_device_offload_set":
        return refusal
          ? `that the kernel refuses it by ${refusal} and asks no driver`
          : "that no offload was installed then";
      case "tls_device_tx_resync_req":
        return `that no resync was asked for${otherFamily}`;
      case "tls_device_tx_resync_send":
        return `that no resync was sent${otherFamily}`;
      default:
        return "that no rekey failed";
    }
  }

  /** The connection's last event up to that time, its first one if there is none or the time is not known. */
  private nearestEvent(connection: number, timeNs: number | null): number {
    const own = this.timeline.eventsOf(connection);
    const { timeNs: times } = this.timeline.trace.events;
    let [low, high] = [0, timeNs === null ? 0 : own.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times.at(own[middle]!) <= timeNs!) low = middle + 1;
      else high = middle;
    }
    return own[Math.max(0, low - 1)] ?? -1;
  }

  /** Tracepoints of one socket come in the order of the events that caused them. */
  private order(pairs: readonly Pair[]): void {
    const both = pairs.flatMap(({ expected, tracepoint }) =>
      expected && tracepoint ? [{ expected, tracepoint }] : [],
    );
    both.sort((a, b) => a.tracepoint.timeNs - b.tracepoint.timeNs || a.tracepoint.line - b.tracepoint.line);
    let last = both[0];
    for (const pair of both) {
      const { expected, tracepoint } = pair;
      if (!isBefore(expected, last!.expected)) last = pair;
      else {
        const text = `the kernel reported ${tracepoint.event} after the ${last!.tracepoint.event} of line ${last!.tracepoint.line}; the model says before it`;
        this.add({ event: expected.event, stage: expected.stage, place: placeOf(tracepoint), text });
      }
    }
  }

  /** Once all traces are matched: what the model says of a connection and none of them has, where one that lost nothing covers the time. */
  missing(connection: number, expected: readonly Expected[], matchings: readonly Matching[]): void {
    const { startSeq, flow: name } = this.connection(connection);
    for (const each of expected) {
      if (this.told.has(each) || !this.isCovered(matchings, each.timeNs, "tls")) continue;
      const text = `the kernel reported no ${each.name} of ${name}; the model says ${expectedText(each)}`;
      this.add({ event: each.event, stage: each.stage, place: "", text });
    }
    if (this.traced.tcp.size === 0) return;
    for (const burst of burstsOf(this.timeline, connection)) {
      if (this.told.has(burst.events[0]!) || !this.isCovered(matchings, burst.timeNs, "tcp")) continue;
      const text = `the kernel reported no tcp_retransmit_skb of ${name}; the model says that ${rangeText(startSeq, burst)} was sent again`;
      this.add({ event: burst.events[0]!, stage: -1, place: "", text });
    }
  }

  /** True if a trace has such tracepoints at all, has all of them, and was recorded at that time. */
  private isCovered(matchings: readonly Matching[], timeNs: number, kind: "tls" | "tcp"): boolean {
    return matchings.some(({ file, offsetNs, isExact }) => {
      if (kind === "tcp" && !isExact) return false;
      if (offsetNs === null || !file.isWhole || !this.traced[kind].has(file.name)) return false;
      return file.firstNs + offsetNs <= timeNs && timeNs <= file.lastNs + offsetNs;
    });
  }

  counter({ name, place, told, model, because }: CounterComparison): void {
    if (told === model) return;
    const text = `the kernel reported ${name} ${signed(told)}; the model says ${signed(model)} (${because})`;
    this.add({ event: this.timeline.eventCount - 1, stage: -1, place, text });
  }
}

const isBefore = (a: Expected, b: Expected): boolean =>
  a.event < b.event || (a.event === b.event && a.stage < b.stage);
