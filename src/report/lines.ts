// report: a study as text: golden, NDJSON, TAP, JUnit, SARIF.

import { tagSize, versionName } from "../core/base/record.ts";
import { advance, seq, toU32 } from "../core/base/seq.ts";
import { countersOf } from "../core/machine/count.ts";
import { RecordKind } from "../core/machine/record-log.ts";
import type { Socket } from "../core/machine/socket.ts";
import { ConnectionState } from "../core/machine/state.ts";
import { placeholderRecord, streamBytes, wireRecord } from "../core/nic/bytes.ts";
import { wireBytes } from "../core/nic/wire-bytes.ts";
import { Effect } from "../core/words/effect.ts";
import { Flag, Kind } from "../core/words/event.ts";
import { departuresOf } from "../judge/departures.ts";
import type { Overlay } from "../judge/evidence/evidence.ts";
import type { EffectRecord, Recording } from "../replay/recording.ts";
import type { Timeline } from "../replay/timeline.ts";
import { wordDamage } from "../replay/view/wrong/damage-text.ts";
import { signs } from "../trace/signs.ts";
import { innerOf } from "../trace/tls/decrypt.ts";
import { Authenticated, placeWord, type Stream, type WireName, wireNameOf } from "../trace/trace.ts";

/** One line of `replay --json`; the field names and their meaning are a contract with scripts. */
export type Line = Readonly<Record<string, unknown>>;

/** Record numbers that a JSON number cannot hold are decimal strings. */
export const snOf = (sn: bigint | null) =>
  sn === null ? null : sn <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sn) : String(sn);

/** Names bytes by their SHA-256 in hexadecimal digits; the platform's own is much faster than a portable one. */
export type Digest = (bytes: Uint8Array) => string;

/** All lines of one stream: itself, its records, its transmits, the summary; digests of contents only where asked for. */
export function* linesOf(timeline: Timeline, stream: Stream, digest: Digest | null): Generator<Line> {
  yield streamLine(timeline, stream);
  const sums = new Sums();
  if (stream.connection >= 0) {
    yield* recordLines(timeline, stream, sums, digest);
    yield* transmitLines(timeline, stream, sums);
  }
  yield summaryLine(timeline, stream, sums);
}

/** What the summary adds up. */
class Sums {
  records = 0;
  authenticated = 0;
  failed = 0;
  transmits = 0;
  outOfOrder = 0;
  replayedBytes = 0;
  compared = 0;
  differing = 0;
}

function streamLine({ machine, trace }: Timeline, stream: Stream): Line {
  const connection = trace.connections[stream.connection];
  const log = machine.sockets[stream.connection]?.records;
  const version = stream.version && versionName(stream.version);
  // Bytes missing at the start do not hide its number: TLS 1.2 fixes it, in TLS 1.3 the keys do.
  const hasSn = connection && (connection.version === 0x0303 || connection.epochs[0]);
  const isGap = log && log.count > 1 && log.kind.at(1) === RecordKind.gap;
  const recSeq0 = connection && (hasSn || !isGap) ? connection.recSeq0 : null;
  const firstSn = log && log.count > 1 && !isGap ? log.knownSn(1) : recSeq0;
  return {
    kind: "stream",
    stream: stream.name,
    version,
    cipher: stream.cipherName,
    offloadStartSeq: connection ? toU32(connection.startSeq) : null,
    offloadStartRecordSn: snOf(firstSn),
    tap: stream.tap,
    note: stream.note,
  };
}

/** What the application gave the record, without the inner type and padding of TLS 1.3 (RFC 8446 §5.4). */
function contentOf(socket: Socket, row: number): Uint8Array | null {
  const inner = placeholderRecord(socket, row)?.subarray(socket.layout.prepend, -tagSize);
  if (!inner) return null;
  const { version } = socket.connection;
  return inner.subarray(0, innerOf(version, socket.records.type.at(row), inner).size);
}

function* recordLines(
  { machine, trace }: Timeline,
  stream: Stream,
  sums: Sums,
  digest: Digest | null,
): Generator<Line> {
  const socket = machine.sockets[stream.connection]!;
  const log = socket.records;
  for (let row = 1; row < log.count; row++) {
    if (log.kind.at(row) !== RecordKind.record) continue;
    const verdict = trace.verdicts ? trace.verdicts.authenticated[log.pushedBy.at(row)] : Authenticated.yes;
    const damage = trace.verdicts?.damage.get(log.pushedBy.at(row));
    const content = digest === null || verdict === Authenticated.no ? null : contentOf(socket, row);
    sums.records++;
    if (verdict === Authenticated.yes) sums.authenticated++;
    if (verdict === Authenticated.no) sums.failed++;
    yield {
      kind: "record",
      stream: stream.name,
      seq: toU32(log.start(row)),
      length: log.length.at(row),
      type: log.type.at(row),
      recordSn: snOf(log.knownSn(row)),
      epoch: log.epoch.at(row),
      authenticated: verdict === Authenticated.yes ? true : verdict === Authenticated.no ? false : null,
      ...(digest && { plaintextSha256: content && digest(content) }),
      ...(damage && { wrong: wordDamage(damage) }),
    };
  }
}

function* transmitLines(timeline: Timeline, stream: Stream, sums: Sums): Generator<Line> {
  const { events } = timeline.trace;
  const { startSeq } = timeline.trace.connections[stream.connection]!;
  for (const event of timeline.eventsOf(stream.connection)) {
    if (events.kind.at(event) !== Kind.transmit || (events.flags.at(event) & Flag.qdiscDrop) !== 0) continue;
    const end = events.seq.at(event) + events.length.at(event);
    if (events.length.at(event) === 0 || end <= startSeq) continue;
    yield transmitLine(timeline, stream, event, sums);
  }
}

function transmitLine(timeline: Timeline, stream: Stream, event: number, sums: Sums): Line {
  const { events, connections } = timeline.trace;
  const { startSeq } = connections[stream.connection]!;
  const log = timeline.machine.sockets[stream.connection]!.records;
  const { contexts, expectedSeq } = timeline.stateBefore(stream.connection, event);
  const { effects, wire } = outcomeOf(timeline, event, sums);
  const first = seq(events.seq.at(event));
  const skipped = Math.max(0, startSeq - first);
  const from = advance(first, skipped);
  const length = events.length.at(event) - skipped;
  const row = log.rowOf(from, log.count);
  const outOfOrder = effects.some(({ kind }) => kind === Effect["out-of-order"]);
  const replayedBytes = effects.find(({ kind }) => kind === Effect.resync)?.b ?? 0;
  sums.transmits++;
  if (outOfOrder) sums.outOfOrder++;
  sums.replayedBytes += replayedBytes;
  return {
    kind: "transmit",
    stream: stream.name,
    [placeWord(timeline.trace)]: events.line.at(event),
    seq: toU32(from),
    length,
    outOfOrder,
    expectedSeq: contexts === 0 ? null : toU32(seq(expectedSeq)),
    recordSn: row < 1 ? null : snOf(log.knownSn(row)),
    replayedBytes,
    wire,
  };
}

/** What a transmit says, and how its bytes compare with whole-record encryption: the captured ones were judged before. */
function outcomeOf(
  timeline: Timeline,
  event: number,
  sums: Sums,
): { effects: EffectRecord[]; wire: WireName } {
  const { verdicts } = timeline.trace;
  if (verdicts) return { effects: timeline.effectsIn(event), wire: wireNameOf(verdicts, event) };
  const recording = timeline.record(event);
  const effects = recording.stages.flatMap((stage) => stage.effects);
  return { effects, wire: verdictOf(timeline, recording, sums) };
}

/** How the bytes that the model sends compare. */
function verdictOf(timeline: Timeline, recording: Recording, sums: Sums): WireName {
  let verdict: WireName = "unknown";
  for (const departure of departuresOf(recording)) {
    const { state, connection, seq: from, length } = departure;
    const socket = timeline.machine.sockets[connection]!.at(state);
    const actual = wireBytes(socket, departure);
    const right = streamBytes(socket, from, length, wireRecord);
    if (!actual || !right) continue;
    const differing = actual.reduce((sum, byte, i) => sum + (byte === right[i] ? 0 : 1), 0);
    sums.compared += actual.length;
    sums.differing += differing;
    if (verdict !== "differs") verdict = differing === 0 ? "match" : "differs";
  }
  return verdict;
}

/** What the evidence says: whether the offload is on, what was compared, and each disagreement. */
export function* overlayLines({ trace }: Timeline, overlay: Overlay): Generator<Line> {
  const { isInstalled, summary, matched, tracepoints, agreeing, counters, findings } = overlay;
  yield {
    kind: "evidence",
    isInstalled,
    summary,
    matched,
    tracepoints,
    agreeing,
    counters,
    differing: findings.length,
  };
  const { events, connections } = trace;
  for (const { kind, event, place, text } of findings) {
    const connection = event < 0 ? -1 : events.connection.at(event);
    yield {
      kind: "finding",
      rule: signs[kind]!.name,
      stream: connections[connection]?.flow ?? null,
      [placeWord(trace)]: event < 0 ? null : events.line.at(event),
      evidence: place === "" ? null : place,
      text,
    };
  }
}

function summaryLine(timeline: Timeline, stream: Stream, sums: Sums): Line {
  const { trace } = timeline;
  const c = stream.connection;
  return {
    kind: "summary",
    stream: stream.name,
    records: sums.records,
    authenticated: sums.authenticated,
    failed: sums.failed,
    transmits: sums.transmits,
    outOfOrder: sums.outOfOrder,
    replayedBytes: sums.replayedBytes,
    wireBytesCompared: trace.verdicts ? (trace.verdicts.compared[c] ?? 0) : sums.compared,
    wireBytesDiffering: trace.verdicts ? (trace.verdicts.differing[c] ?? 0) : sums.differing,
    counters: countersOf(c < 0 ? new ConnectionState() : timeline.stateBefore(c, timeline.eventCount)),
  };
}
