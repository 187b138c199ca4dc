import { maskOf } from "../core/effect.ts";
import { Kind } from "../core/event.ts";
import { RecordKind } from "../core/records.ts";
import { distance, type Seq, seq } from "../core/seq.ts";
import { wordEffect } from "../replay/effect-text.ts";
import type { Timeline } from "../replay/timeline.ts";
import { partOf, recordName, viewAt } from "../replay/view.ts";
import { Authenticated, type Stream } from "../trace/trace.ts";

/** What `verify` prints, and whether anything was wrong. */
export interface Report {
  lines: string[];
  wrong: boolean;
}

/** More findings than this of one stream are counted, not listed. */
const findingsMax = 20;

/** A capture's bytes in words: each stream's sums, then every failed record and every differing transmit. */
export function reportOf(timeline: Timeline, streams: readonly Stream[]): Report {
  const lines: string[] = [];
  let wrong = false;
  for (const stream of streams) {
    lines.push(...sumsOf(timeline, stream));
    const findings = stream.connection < 0 ? [] : findingsOf(timeline, stream.connection);
    lines.push(...findings.slice(0, findingsMax).map((finding) => `  WRONG ${finding}`));
    if (findings.length > findingsMax) lines.push(`  … and ${findings.length - findingsMax} more`);
    wrong ||= findings.length > 0;
  }
  const checked = streams.some(({ connection }) => connection >= 0 && wasChecked(timeline, connection));
  const right = checked ? "Everything that could be checked is right." : "Nothing could be checked.";
  lines.push(wrong ? "Something is wrong." : right);
  return { lines, wrong };
}

const wasChecked = ({ trace }: Timeline, connection: number): boolean =>
  trace.verdicts === null || (trace.verdicts.compared[connection] ?? 0) > 0;

function sumsOf(timeline: Timeline, stream: Stream): string[] {
  const note = stream.note === null ? [] : [`  note: ${stream.note}`];
  if (stream.connection < 0) return [`${stream.name}: not offloaded`, ...note];
  const { trace, machine } = timeline;
  const log = machine.records[stream.connection]!;
  const count = { records: 0, yes: 0, no: 0 };
  for (let row = 1; row < log.count; row++) {
    if (log.kind.at(row) !== RecordKind.record) continue;
    const verdict = trace.verdicts?.authenticated[log.pushedBy.at(row)] ?? Authenticated.yes;
    count.records++;
    if (verdict === Authenticated.yes) count.yes++;
    if (verdict === Authenticated.no) count.no++;
  }
  const state = timeline.stateBefore(stream.connection, timeline.eventCount);
  const { compared, differing } = trace.verdicts ?? { compared: [], differing: [] };
  const wire = trace.verdicts
    ? `${compared[stream.connection]} wire bytes compared, ${differing[stream.connection]} differ`
    : "a trace file has no captured bytes to compare";
  return [
    `${stream.name}: ${count.records} records, ${count.yes} authenticated, ${count.no} failed; ` +
      `${state.outOfOrder} out-of-order transmits; ${wire}`,
    ...note,
  ];
}

/** In a capture only its own bytes can be wrong; a trace file has none, there the model's bytes are judged. */
const wrongIn = {
  capture: maskOf("wire-differs", "authentication-failed"),
  text: maskOf("plaintext", "placeholder", "wrong-tag", "wrong-ciphertext"),
} as const;

/** Each failed record and each differing packet, with its frame, its record and the first wrong byte. */
function findingsOf(timeline: Timeline, connection: number): string[] {
  const wrong = wrongIn[timeline.trace.kind];
  const findings: string[] = [];
  for (let event = timeline.nextHit(0, 1, wrong); event >= 0; event = timeline.nextHit(event + 1, 1, wrong)) {
    if (timeline.trace.events.connection.at(event) === connection)
      findings.push(...findingsAt(timeline, event));
  }
  return findings;
}

function findingsAt(timeline: Timeline, event: number): string[] {
  const { events, verdicts, kind } = timeline.trace;
  const place = `${kind === "capture" ? "frame" : "line"} ${events.line.at(event)}`;
  if (events.kind.at(event) === Kind.record) {
    const { log, connection, state } = viewAt(timeline, { event, stage: 0 });
    const row = state.tail - 1;
    const range = `${distance(connection.startSeq, log.start(row))}:${distance(connection.startSeq, log.end(row))}`;
    return [
      `${place}: ${recordName(log, row)} (${range}) does not authenticate; ${verdicts?.damage.get(event) ?? `the wrong byte is somewhere in ${range}`}`,
    ];
  }
  const difference = verdicts?.differences.get(event);
  if (difference)
    return [
      `${place}: ${difference.bytes} bytes differ, ${wherein(timeline, event, seq(difference.firstSeq))}`,
    ];
  return timeline
    .record(event)
    .stages.flatMap(({ effects }, stage) =>
      effects
        .filter((effect) => (wrongIn[kind] & (1 << effect.kind)) !== 0)
        .map((effect) => `${place}: ${wordEffect(viewAt(timeline, { event, stage }), effect)}`),
    );
}

/** The first wrong byte by its record and the part of it. */
function wherein(timeline: Timeline, event: number, first: Seq): string {
  const view = viewAt(timeline, { event, stage: 0 });
  const relative = distance(view.connection.startSeq, first);
  const row = view.log.rowOf(first, view.log.count);
  if (row < 1) return `the first at ${relative}`;
  const offset = distance(view.log.start(row), first);
  return `the first at ${relative}: ${recordName(view.log, row)}, byte ${offset} (${partOf(view, row, offset)})`;
}
