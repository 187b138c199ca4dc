import { Effect } from "../core/effect.ts";
import { effectSet } from "../core/effect-set.ts";
import { refusals } from "../core/effect-words.ts";
import { Kind } from "../core/event.ts";
import { kernelOf, profileOf, refusalOf } from "../core/machine.ts";
import { advance, before, type Seq, seq } from "../core/seq.ts";
import { Stage } from "../core/stage.ts";
import type { TracepointName } from "../trace/tracepoints.ts";
import type { EffectRecord } from "./recording.ts";
import type { Timeline } from "./timeline.ts";

/** What a field must be; null = the model does not know, `failure` = any number but 0. */
export type FieldValue = number | bigint | "failure" | null;

/** A tracepoint that the kernel hits if what the model says is true (net/tls/trace.h, domain.md section 6.3). */
export interface Expected {
  event: number;
  /** The stage of the event; −1 = before its first. */
  stage: number;
  connection: number;
  name: TracepointName;
  fields: Readonly<Record<string, FieldValue>>;
  /** Trace clock in ns. */
  timeNs: number;
  /** What the model calls it, as `resync-requested`. */
  effect: string;
  /** False: evidence without it is no disagreement, because not every kernel reports it. */
  isRequired: boolean;
  /** True for an offload that was there before the first event: when it was installed is not known. */
  isEarlier: boolean;
}

/** What the model says that /proc/net/tls_stat counts, of one connection. */
export interface SocketCounts {
  device: number;
  software: number;
  closed: number;
  rekeyOk: number;
  rekeyError: number;
  rekeyFallback: number;
  rekeyAborted: number;
}

const noCounts = (): SocketCounts => ({
  device: 0,
  software: 0,
  closed: 0,
  rekeyOk: 0,
  rekeyError: 0,
  rekeyFallback: 0,
  rekeyAborted: 0,
});

/** All that the model says and a kernel reports, by connection. */
export interface ModelReports {
  /** In the order of events. */
  expected: Expected[][];
  counts: SocketCounts[];
  /** Why a connection is not offloaded, null if it is. */
  refusals: (string | null)[];
}

const reported = effectSet(
  "offload-installed",
  "offload-refused",
  "resync-requested",
  "resync-sent",
  "resync-failed",
  "rekey-started",
  "rekey-done",
  "rekey-failed",
  "rekey-aborted",
);

/** Goes through all effects that tracepoints or tls_stat tell of. Valid once the first pass is done. */
export function modelReports(timeline: Timeline): ModelReports {
  const { connections } = timeline.machine;
  const reports: ModelReports = {
    expected: connections.map(() => []),
    counts: connections.map(noCounts),
    refusals: connections.map(() => null),
  };
  for (let c = 0; c < connections.length; c++)
    if (connections[c]!.installed) addInstalled(timeline, c, reports);
  for (
    let event = timeline.nextHit(0, 1, reported);
    event >= 0;
    event = timeline.nextHit(event + 1, 1, reported)
  )
    for (const [stage, { effects, connection }] of timeline.record(event).stages.entries())
      for (const effect of effects) addEffect(timeline, { event, stage, connection }, effect, reports);
  const { events } = timeline.trace;
  for (let event = 0; event < events.count; event++)
    if (events.kind.at(event) === Kind.close) reports.counts[events.connection.at(event)]!.closed++;
  return reports;
}

/** An offload from before the first event. */
function addInstalled(timeline: Timeline, connection: number, reports: ModelReports): void {
  const event = timeline.eventsOf(connection)[0] ?? -1;
  const { contexts } = timeline.stateBefore(connection, 0);
  const effect = contexts > 0 ? Effect["offload-installed"] : Effect["offload-refused"];
  const reason = refusalOf(timeline.machine, connection, timeline.stateBefore(connection, 0));
  const place = { event, stage: -1, connection };
  addInstall(timeline, place, effect, reason, true, reports);
}

type Place = Pick<Expected, "event" | "stage" | "connection">;

/** tls_set_device_offload(): the tracepoint tells what the driver answered, so what is refused before has none. */
function addInstall(
  timeline: Timeline,
  place: Place,
  effect: number,
  reason: number,
  isEarlier: boolean,
  reports: ModelReports,
): void {
  const { connection } = place;
  const installed = effect === Effect["offload-installed"];
  reports.counts[connection]![installed ? "device" : "software"]++;
  if (!installed) reports.refusals[connection] = refusals[reason]!;
  const { startSeq, recSeq0, version, epochs, cipher } = timeline.machine.connections[connection]!;
  const kernel = kernelOf(timeline.machine, connection);
  const byKernel =
    !kernel.versions.includes(version) ||
    (kernel.strict && cipher !== null && !kernel.ciphers.includes(cipher));
  const isKnown = version === 0x0303 || (epochs[0] ?? null) !== null;
  const fields = {
    tcp_seq: startSeq,
    rec_no: isKnown ? recSeq0 : null,
    ret: installed ? 0 : "failure",
  } as const;
  if (!byKernel || installed)
    add(
      timeline,
      place,
      "tls_device_offload_set",
      fields,
      installed ? "offload-installed" : "offload-refused",
      reports,
      {
        isEarlier,
      },
    );
}

function add(
  timeline: Timeline,
  { event, stage, connection }: Place,
  name: TracepointName,
  fields: Expected["fields"],
  effect: string,
  reports: ModelReports,
  { isRequired = true, isEarlier = false }: Partial<Pick<Expected, "isRequired" | "isEarlier">> = {},
): void {
  if (!tracesOffload(timeline, connection)) return;
  const timeNs = event < 0 ? 0 : timeline.trace.events.timeNs.at(event);
  reports.expected[connection]!.push({
    event,
    stage,
    connection,
    name,
    fields,
    timeNs,
    effect,
    isRequired,
    isEarlier,
  });
}

/** True if the connection's kernel has these tracepoints; FreeBSD, where records come from the packets, has none. */
const tracesOffload = ({ machine }: Timeline, connection: number): boolean =>
  kernelOf(machine, connection).hasTracepoints && profileOf(machine, connection).recordsFrom === "map";

/** What one effect is to the kernel's tracepoints and counters. */
function addEffect(
  timeline: Timeline,
  place: Place,
  { kind, a, b }: EffectRecord,
  reports: ModelReports,
): void {
  const { connection } = place;
  const log = timeline.machine.records[connection]!;
  const counts = reports.counts[connection]!;
  switch (kind) {
    case Effect["offload-installed"]:
    case Effect["offload-refused"]:
      return addInstall(timeline, place, kind, a, false, reports);
    case Effect["resync-requested"]: {
      const fields = { tcp_seq: seq(a), exp_tcp_seq: seq(b) };
      return add(timeline, place, "tls_device_tx_resync_req", fields, "resync-requested", reports);
    }
    case Effect["resync-sent"]:
    case Effect["resync-failed"]: {
      // tls_device_resync_tx() reports before it asks the driver, so one that fails is reported as well.
      const fields = { tcp_seq: seq(a), rec_no: log.knownSn(b) };
      const effect = kind === Effect["resync-sent"] ? "resync-sent" : "resync-failed";
      return add(timeline, place, "tls_device_tx_resync_send", fields, effect, reports);
    }
    case Effect["rekey-started"]:
      return add(timeline, place, "tls_device_rekey_start", {}, "rekey-started", reports, {
        isRequired: false,
      });
    case Effect["rekey-done"]: {
      counts.rekeyOk++;
      add(timeline, place, "tls_device_rekey_done", {}, "rekey-done", reports, { isRequired: false });
      const fields = { tcp_seq: seq(a), rec_no: null, ret: 0 };
      return add(timeline, place, "tls_device_offload_set", fields, "rekey-done", reports, {
        isRequired: false,
      });
    }
    case Effect["rekey-failed"]: {
      const atCompletion = timeline.record(place.event).stages[place.stage]!.stage === Stage["tls.rekeyDone"];
      counts[atCompletion ? "rekeyFallback" : "rekeyError"]++;
      if (!atCompletion) return;
      return add(
        timeline,
        place,
        "tls_device_complete_rekey_fail",
        { rc: "failure" },
        "rekey-failed",
        reports,
      );
    }
    case Effect["rekey-aborted"]:
      counts.rekeyAborted++;
      return;
  }
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
    const isAgain = highest !== null && before(from, highest);
    if (highest === null || before(highest, to)) highest = to;
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
