import { addU64 } from "../../core/base/record.ts";
import { advance, type Seq, seq } from "../../core/base/seq.ts";
import { refusalOf } from "../../core/kernel/install.ts";
import { Effect, effects } from "../../core/words/effect.ts";
import { RefusalCode, refusals } from "../../core/words/effect-words.ts";
import { Kind } from "../../core/words/event.ts";
import { Stage } from "../../core/words/stage.ts";
import type { EffectRecord } from "../../replay/recording.ts";
import type { Timeline } from "../../replay/timeline.ts";
import type { Tracepoint, TracepointName } from "../../trace/evidence/tracepoints.ts";
import { signsNamed } from "../../trace/signs.ts";

/** What a field must be; null = the model does not know, `failure` = any number but 0. */
export type FieldValue = number | bigint | "failure" | null;

type NamesOf<Fields> = Fields extends unknown ? keyof Fields : never;
/** The fields that tracepoints have, all kinds together. */
export type FieldName = NamesOf<Tracepoint["fields"]>;

/** Where the stream stands when something happens: a kernel prints 32 bits of the sequence numbers near it. */
export interface Moment {
  startSeq: Seq;
  /** The end of what TCP has. */
  at: Seq;
}

/** A tracepoint that the kernel hits if what the model says is true (net/tls/trace.h, kernel.md section 6.3). */
export interface Expected extends Moment {
  event: number;
  /** The stage of the event; −1 = before its first. */
  stage: number;
  connection: number;
  name: TracepointName;
  fields: Readonly<Partial<Record<FieldName, FieldValue>>>;
  /** Trace clock in ns. */
  timeNs: number;
  /** What the model calls it, as `resync-requested`. */
  effect: string;
}

/** What the model says that /proc/net/tls_stat counts, of one connection, by the kernel's names (kernel.md sections 6.2 and 8). */
const noCounts = () => ({
  TlsTxDevice: 0,
  TlsTxSw: 0,
  TlsCurrTxDevice: 0,
  TlsCurrTxSw: 0,
  TlsTxRekeyOk: 0,
  TlsTxRekeyError: 0,
  TlsTxRekeyFallback: 0,
  TlsTxRekeyAborted: 0,
  TlsCurrTxRekey: 0,
});
export type SocketCounts = ReturnType<typeof noCounts>;

/** All that the model says and a kernel reports, by connection. */
export interface ModelReports {
  /** In the order of events. */
  expected: Expected[][];
  counts: SocketCounts[];
  /** Why a connection is not offloaded, null if it is. */
  refusals: (string | null)[];
}

const reported = signsNamed(
  "offload-installed",
  "offload-refused",
  "resync-requested",
  "resync-sent",
  "resync-failed",
  "rekey-superseded",
  "rekey-started",
  "rekey-done",
  "rekey-failed",
  "rekey-aborted",
);

/** Goes through all effects that tracepoints or tls_stat tell of. Valid once the first pass is done; pauses behind each event. */
export function* modelReports(timeline: Timeline): Generator<number, ModelReports> {
  const reporter = new Reporter(timeline);
  for (const [c, { installed }] of timeline.trace.connections.entries()) if (installed) reporter.installed(c);
  const next = (from: number) => timeline.effects.next(from, 1, reported);
  for (let event = next(0); event >= 0; event = next(event + 1)) {
    for (const [stage, { effects, connection }] of timeline.record(event).stages.entries())
      for (const effect of effects) reporter.effect({ event, stage, connection }, effect);
    yield event / timeline.eventCount;
  }
  const { events } = timeline.trace;
  for (let event = 0; event < events.count; event++)
    if (events.kind.at(event) === Kind.close) reporter.closed(events.connection.at(event));
  return reporter.reports;
}

type Place = Pick<Expected, "event" | "stage" | "connection">;

/** How the stream stands in a place of the replay. */
export function momentAt(timeline: Timeline, { event, stage, connection }: Place): Moment {
  const socket = timeline.machine.sockets[connection]!;
  const { startSeq } = socket.connection;
  if (event < 0) return { startSeq, at: startSeq };
  return { startSeq, at: socket.at(timeline.stateOf(connection, { event, stage })).writeSeq };
}

/** Says of effects what the kernel reports of them. */
class Reporter {
  readonly reports: ModelReports;
  private readonly timeline: Timeline;

  constructor(timeline: Timeline) {
    this.timeline = timeline;
    const { connections } = timeline.trace;
    this.reports = {
      expected: connections.map(() => []),
      counts: connections.map(noCounts),
      refusals: connections.map(() => null),
    };
  }

  /** An offload from before the first event. */
  installed(connection: number): void {
    const { timeline } = this;
    const event = timeline.eventsOf(connection)[0] ?? -1;
    const before = timeline.stateBefore(connection, 0);
    const kind = before.contexts > 0 ? Effect["offload-installed"] : Effect["offload-refused"];
    const reason = refusalOf(timeline.machine.sockets[connection]!.at(before));
    this.install({ event, stage: -1, connection }, { kind, a: reason, b: 0 });
  }

  /** What one effect is to the kernel's tracepoints and counters. */
  effect(place: Place, effect: EffectRecord): void {
    const { kind, a, b } = effect;
    const counts = this.reports.counts[place.connection]!;
    switch (kind) {
      case Effect["offload-installed"]:
      case Effect["offload-refused"]:
        return this.install(place, effect);
      case Effect["resync-requested"]:
        return this.add(place, kind, "tls_device_tx_resync_req", { tcp_seq: seq(a), exp_tcp_seq: seq(b) });
      case Effect["resync-sent"]:
      case Effect["resync-failed"]: {
        // tls_device_resync_tx() reports before it asks the driver, so one that fails is reported as well.
        const rec_no = this.timeline.machine.sockets[place.connection]!.records.knownSn(b);
        return this.add(place, kind, "tls_device_tx_resync_send", { tcp_seq: seq(a), rec_no });
      }
      case Effect["rekey-superseded"]:
        counts.TlsTxRekeyOk++;
        counts.TlsCurrTxRekey--;
        return;
      case Effect["rekey-started"]:
        counts.TlsCurrTxRekey++;
        return this.moveSocket(counts, "TlsCurrTxDevice");
      case Effect["rekey-done"]:
        return this.endRekey(place, effect);
      case Effect["rekey-failed"]:
        return this.failRekey(place, effect);
      case Effect["rekey-aborted"]:
        counts.TlsTxRekeyAborted++;
        counts.TlsCurrTxRekey--;
        return;
    }
  }

  /** A socket that was closed is counted nowhere any more. */
  closed(connection: number): void {
    const counts = this.reports.counts[connection]!;
    counts.TlsCurrTxDevice = 0;
    counts.TlsCurrTxSw = 0;
  }

  /** A rekey that failed counts its socket among those in software, until the next one begins. */
  private moveSocket(counts: SocketCounts, to: "TlsCurrTxDevice" | "TlsCurrTxSw"): void {
    const from = to === "TlsCurrTxDevice" ? "TlsCurrTxSw" : "TlsCurrTxDevice";
    counts[to] += counts[from];
    counts[from] = 0;
  }

  /** tls_set_device_offload(): the tracepoint tells what the driver answered, so what is refused before has none. */
  private install(place: Place, { kind, a }: EffectRecord): void {
    const { connection } = place;
    const { kernel, connection: fixed } = this.timeline.machine.sockets[connection]!;
    const { startSeq, recSeq0, version, epochs, cipher } = fixed;
    const installed = kind === Effect["offload-installed"];
    const counts = this.reports.counts[connection]!;
    counts[installed ? "TlsTxDevice" : "TlsTxSw"]++;
    counts[installed ? "TlsCurrTxDevice" : "TlsCurrTxSw"]++;
    if (!installed) this.reports.refusals[connection] = refusals[a]!;
    const { versions, ciphers, strict } = kernel;
    const byKernel = !versions.includes(version) || (strict && cipher !== null && !ciphers.includes(cipher));
    if (byKernel && !installed) return;
    const isKnown = version === 0x0303 || (epochs[0] ?? null) !== null;
    const rec_no = isKnown ? recSeq0 : null;
    this.add(place, kind, "tls_device_offload_set", {
      tcp_seq: startSeq,
      rec_no,
      ret: installed ? 0 : "failure",
    });
  }

  /** The device has the new key: its context is installed as the first one was. A socket in software has it without more. */
  private endRekey(place: Place, { kind }: EffectRecord): void {
    const counts = this.reports.counts[place.connection]!;
    counts.TlsTxRekeyOk++;
    if (!this.isCompletion(place)) return;
    counts.TlsCurrTxRekey--;
    this.installAgain(place, kind, 0);
  }

  /** setsockopt() refuses a rekey at once; one that fails at its completion goes on in software. */
  private failRekey(place: Place, { kind, a }: EffectRecord): void {
    const counts = this.reports.counts[place.connection]!;
    if (!this.isCompletion(place)) {
      counts.TlsTxRekeyError++;
      return;
    }
    counts.TlsTxRekeyFallback++;
    counts.TlsCurrTxRekey--;
    this.moveSocket(counts, "TlsCurrTxSw");
    if (a === RefusalCode.driver) this.installAgain(place, kind, "failure");
    this.add(place, kind, "tls_device_complete_rekey_fail", { rc: "failure" });
  }

  /** tls_device_dev_add_tx() where TCP's data ends, with the number that the software context has got to. */
  private installAgain(place: Place, kind: number, ret: 0 | "failure"): void {
    const { state } = this.timeline.record(place.event).stages[place.stage]!;
    const { records, writeSeq } = this.timeline.machine.sockets[place.connection]!.at(state);
    const last = state.tail - 1;
    const isOfKey = records.epoch.at(last) === state.epoch;
    const rec_no = isOfKey ? addU64(records.sn(last), 1) : 0n;
    this.add(place, kind, "tls_device_offload_set", { tcp_seq: writeSeq, rec_no, ret });
  }

  /** tls_device_complete_rekey(), not setsockopt(). */
  private isCompletion({ event, stage }: Place): boolean {
    return this.timeline.record(event).stages[stage]!.stage === Stage["tls.rekeyDone"];
  }

  private add(place: Place, kind: number, name: TracepointName, fields: Expected["fields"]): void {
    if (!tracesOffload(this.timeline, place.connection)) return;
    const timeNs = place.event < 0 ? 0 : this.timeline.trace.events.timeNs.at(place.event);
    const effect = effects[kind]!.name;
    const what = { name, fields, timeNs, effect };
    this.reports.expected[place.connection]!.push({ ...place, ...momentAt(this.timeline, place), ...what });
  }
}

/** True if the connection's kernel has these tracepoints; FreeBSD, where records come from the packets, has none. */
function tracesOffload({ machine }: Timeline, connection: number): boolean {
  const { kernel, profile } = machine.sockets[connection]!;
  return kernel.hasTracepoints && profile.recovery !== "chain";
}

/** One or more transmits in a row that continue each other and begin with a byte sent before. */
export interface Burst {
  connection: number;
  /** Events first … last. */
  events: number[];
  timeNs: number;
  from: Seq;
  to: Seq;
}

/** Frames of one burst come within this time of each other: one segment that was cut on its way to the capture. */
const burstGapNs = 1e6;

/** What TCP sent again: tcp_retransmit_skb reports a segment, which a capture may show in several frames. */
export function burstsOf(timeline: Timeline, connection: number): Burst[] {
  const { events } = timeline.trace;
  const bursts: Burst[] = [];
  let highest: Seq | null = null;
  for (const event of timeline.eventsOf(connection)) {
    const length = events.length.at(event);
    if (events.kind.at(event) !== Kind.transmit || length === 0) continue;
    const from = seq(events.seq.at(event));
    const to = advance(from, length);
    const isAgain = highest !== null && from < highest;
    if (highest === null || to > highest) highest = to;
    if (!isAgain) continue;
    const timeNs = events.timeNs.at(event);
    const last = bursts.at(-1);
    const continues =
      timeline.trace.kind === "capture" &&
      last !== undefined &&
      last.to === from &&
      timeNs - events.timeNs.at(last.events.at(-1)!) <= burstGapNs;
    if (continues) {
      last.events.push(event);
      last.to = to;
    } else bursts.push({ connection, events: [event], timeNs, from, to });
  }
  return bursts;
}
