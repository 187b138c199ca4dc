import { uint8 } from "../../core/base/columns.ts";
import { after, type Seq, seq } from "../../core/base/seq.ts";
import { EventLog, Flag, Kind, packRecord } from "../../core/words/event.ts";
import { type SegmentLog, TcpFlag } from "../pcap/segments.ts";
import type { Progress } from "../platform.ts";
import { gapType } from "../tls/record-table.ts";
import { Positions, payloadSeq } from "../tls/stream.ts";
import { type Verdicts, Wire } from "../trace.ts";
import type { Offload, Sender } from "./senders.ts";

/** What a capture's segments come to. */
export interface CaptureEvents {
  events: EventLog;
  sacks: Map<number, readonly number[]>;
  recordSns: Map<number, bigint>;
  verdicts: Verdicts;
}

/** Lists the events of all senders with an offload start, in capture order; `flows` is how many flows there are. */
export async function listEvents(
  log: SegmentLog,
  senders: readonly Sender[],
  flows: number,
  progress: Progress,
): Promise<CaptureEvents> {
  const writer = new EventWriter(senders, flows);
  writer.reserve(log, senders);
  for (let row = 0; row < log.count; row++) {
    if (row % tickEvery === 0) await progress.tick(row, log.count, "listing events");
    writer.take(log, row);
  }
  return writer.result();
}

/** Segments between two questions whether to go on. */
const tickEvery = 1 << 15;

/** How far one sender's events have got. */
interface Cursor {
  offload: Offload;
  connection: number;
  positions: Positions;
  /** Rows of the record table listed so far. */
  listed: number;
  /** Place in its epoch that the next record has if it follows from the one before; −1 if that is not known. */
  nextIndex: number;
  epoch: number;
  acked: Seq;
}

/** What an event does not take from its segment. */
interface Entry {
  kind: number;
  flags: number;
  seq: Seq;
  length: number;
  extra: number;
  offset: number;
}

/** An event that is a point in the stream. */
const marker = (kind: number, at: Seq): Entry => ({
  kind,
  flags: 0,
  seq: at,
  length: 0,
  extra: 0,
  offset: -1,
});

/** Events with what comparing them with whole-record encryption found. */
class JudgedEvents extends EventLog {
  readonly wire = this.column(uint8());
  readonly authenticated = this.column(uint8());
}

class EventWriter {
  private readonly events = new JudgedEvents();
  private readonly sacks = new Map<number, readonly number[]>();
  private readonly recordSns = new Map<number, bigint>();
  private readonly compared: number[] = [];
  private readonly differing: number[] = [];
  private readonly differences: Verdicts["differences"] = new Map();
  private readonly damage: Verdicts["damage"] = new Map();
  /** By 2 × flow + direction. */
  private readonly cursors: (Cursor | undefined)[];

  constructor(senders: readonly Sender[], flows: number) {
    this.cursors = new Array(2 * flows);
    for (const { offload, flow, direction, stream, shown } of senders) {
      if (offload === null) continue;
      this.cursors[2 * flow + direction] = {
        offload,
        connection: shown.connection,
        positions: new Positions(stream.positions.origin),
        listed: 0,
        nextIndex: 0,
        epoch: 0,
        acked: stream.positions.origin,
      };
      this.compared.push(0);
      this.differing.push(0);
    }
  }

  /** Room for about as many events as there will be, so that columns do not end half empty. */
  reserve(log: SegmentLog, senders: readonly Sender[]): void {
    let rows = 0;
    for (let row = 0; row < log.count; row++) {
      if (this.cursorOf(log, row, 0) && log.length.values[row]! > 0) rows++;
      if (this.cursorOf(log, row, 1) && log.length.values[row]! === 0) rows++;
    }
    for (const { offload } of senders) rows += offload ? offload.walked.table.count + 2 : 0;
    this.events.reserve(rows);
  }

  result(): CaptureEvents {
    const { wire, authenticated, count } = this.events;
    const verdicts: Verdicts = {
      wire: wire.values.subarray(0, count),
      authenticated: authenticated.values.subarray(0, count),
      compared: this.compared,
      differing: this.differing,
      differences: this.differences,
      damage: this.damage,
    };
    return { events: this.events, sacks: this.sacks, recordSns: this.recordSns, verdicts };
  }

  /** The cursor of the segment's sender, or (`other` = 1) of its receiver. */
  private cursorOf(log: SegmentLog, row: number, other: number): Cursor | undefined {
    return this.cursors[2 * log.flow.values[row]! + (log.direction.values[row]! ^ other)];
  }

  take(log: SegmentLog, row: number): void {
    const flags = log.flags.values[row]!;
    const receiver = this.cursorOf(log, row, 1);
    if (receiver && (flags & TcpFlag.ack) !== 0 && (flags & TcpFlag.rst) === 0)
      this.takeAck(receiver, log, row);
    const sender = this.cursorOf(log, row, 0);
    if (sender && log.length.values[row]! > 0) this.takePayload(sender, log, row);
  }

  private takeAck(cursor: Cursor, log: SegmentLog, row: number): void {
    const ack = seq(log.ack.values[row]!);
    if (!after(ack, cursor.acked)) return;
    cursor.acked = ack;
    const event = this.push(cursor, log, row, marker(Kind.ack, ack));
    const sacks = log.sacks.get(row);
    if (sacks) this.sacks.set(event, sacks);
  }

  private takePayload(cursor: Cursor, log: SegmentLog, row: number): void {
    const { start } = cursor.offload;
    const position = cursor.positions.of(payloadSeq(log, row));
    const end = position + log.length.values[row]!;
    const fin = log.flags.values[row]! & TcpFlag.fin ? Flag.fin : 0;
    if (end <= start) {
      this.transmit(cursor, log, row, { from: position, to: end, offset: 0, flags: fin });
      return;
    }
    const straddles = position < start;
    if (straddles) this.transmit(cursor, log, row, { from: position, to: start, offset: 0, flags: 0 });
    const from = straddles ? start : position;
    if (!cursor.positions.isBeyond(position)) this.listRecords(cursor, log, row, end);
    const flags = fin | (straddles ? Flag.straddle : 0);
    const event = this.transmit(cursor, log, row, { from, to: end, offset: from - position, flags });
    this.judge(cursor, log, row, event, position);
  }

  private transmit(
    cursor: Cursor,
    log: SegmentLog,
    row: number,
    part: { from: number; to: number; offset: number; flags: number },
  ): number {
    const held = log.captured.values[row]! > part.offset;
    return this.push(cursor, log, row, {
      kind: Kind.transmit,
      flags: part.flags | Flag.captured,
      seq: cursor.positions.seqOf(part.from),
      length: part.to - part.from,
      extra: 0,
      offset: held ? log.offset.values[row]! + part.offset : -1,
    });
  }

  /** Lists what the stream has of records and gaps up to `end`; the first of them is preceded by the installation. */
  private listRecords(cursor: Cursor, log: SegmentLog, row: number, end: number): void {
    const { walked, connection } = cursor.offload;
    const { table } = walked;
    while (cursor.listed < table.count && table.start.values[cursor.listed]! < end) {
      if (cursor.listed === 0) this.push(cursor, log, row, marker(Kind.install, connection.startSeq));
      const record = cursor.listed++;
      if (table.type.values[record] === gapType) this.listGap(cursor, log, row, record);
      else this.listRecord(cursor, log, row, record);
    }
  }

  private listGap(cursor: Cursor, log: SegmentLog, row: number, record: number): void {
    const { table } = cursor.offload.walked;
    const at = cursor.positions.seqOf(table.start.values[record]!);
    cursor.nextIndex = -1;
    this.push(cursor, log, row, { ...marker(Kind.gap, at), length: table.length.values[record]! });
  }

  private listRecord(cursor: Cursor, log: SegmentLog, row: number, record: number): void {
    const { table, damage } = cursor.offload.walked;
    const index = table.index.values[record]!;
    const epoch = table.epoch.values[record]!;
    const startsEpoch = epoch !== cursor.epoch;
    const snUnknown = index < 0;
    const snGiven = !snUnknown && index !== (startsEpoch ? 0 : cursor.nextIndex);
    const event = this.push(cursor, log, row, {
      kind: Kind.record,
      flags: 0,
      seq: cursor.positions.seqOf(table.start.values[record]!),
      length: table.length.values[record]!,
      extra: packRecord({ type: table.type.values[record]!, epoch, startsEpoch, snUnknown, snGiven }),
      offset: -1,
    });
    this.events.authenticated.values[event] = table.authenticated.values[record]!;
    if (snGiven) this.recordSns.set(event, table.snAt(record)!);
    if (damage.size > 0 && damage.has(record)) this.damage.set(event, damage.get(record)!);
    cursor.epoch = epoch;
    cursor.nextIndex = snUnknown ? -1 : index + 1;
  }

  /** Compares the offloaded part of a segment, which stands at `position`, with its right bytes. */
  private judge(cursor: Cursor, log: SegmentLog, row: number, event: number, position: number): void {
    const { start, walked } = cursor.offload;
    const from = Math.max(start, position);
    const held = position + log.captured.values[row]!;
    const whole = position + log.length.values[row]!;
    if (held <= from || cursor.positions.isBeyond(position)) return;
    const compared = held - from - overlapOf(walked.unknown, from, held);
    const difference = walked.differences.get(row);
    this.compared[cursor.connection]! += compared;
    if (difference) {
      this.differing[cursor.connection]! += difference.bytes;
      const firstSeq = cursor.positions.seqOf(difference.first) >>> 0;
      this.differences.set(event, { bytes: difference.bytes, firstSeq });
      this.events.wire.values[event] = Wire.differs;
    } else if (compared === whole - from) this.events.wire.values[event] = Wire.match;
  }

  private push(cursor: Cursor, log: SegmentLog, row: number, entry: Entry): number {
    return this.events.push({
      timeNs: log.timeNs.values[row]!,
      connection: cursor.connection,
      kind: entry.kind,
      flags: entry.flags,
      seq: entry.seq,
      length: entry.length,
      extra: entry.extra,
      line: log.frame.values[row]!,
      offset: entry.offset,
    });
  }
}

/** Bytes of [from, to) that lie in the ranges [start, end, start, end …], which are in order. */
function overlapOf(ranges: readonly number[], from: number, to: number): number {
  let low = 0;
  let high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[2 * middle + 1]! > from) high = middle;
    else low = middle + 1;
  }
  let overlap = 0;
  for (let i = 2 * low; i < ranges.length && ranges[i]! < to; i += 2) {
    overlap += Math.min(to, ranges[i + 1]!) - Math.max(from, ranges[i]!);
  }
  return overlap;
}
