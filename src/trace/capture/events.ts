import { uint8 } from "../../core/base/columns.ts";
import { advance, near, type Seq } from "../../core/base/seq.ts";
import { EventLog, Flag, Kind, packRecord } from "../../core/words/event.ts";
import { Marks } from "../marks.ts";
import { type SegmentLog, TcpFlag } from "../pcap/segments.ts";
import type { Progress } from "../platform.ts";
import { Positions, payloadSeq } from "../tls/assembly.ts";
import { gapType } from "../tls/record-table.ts";
import { noSacksBetween, type SacksBetween, type Trace, type Verdicts, Wire } from "../trace.ts";
import { hasKeys, isReadable } from "./readable.ts";
import { addSacks } from "./sacks-between.ts";
import type { Offload, Sender } from "./senders.ts";

/** What a capture's segments come to. */
export interface CaptureEvents {
  events: EventLog;
  sacks: Trace["sacks"];
  sacksBetween: SacksBetween;
  recordSns: Map<number, bigint>;
  verdicts: Verdicts;
}

/** The events of all senders with an offload start, in capture order, as far as segments have come. */
export class EventList {
  private writer: EventWriter | null = null;

  /** Lists what came since the last time, and once more what may have become another. */
  async list(log: SegmentLog, senders: readonly Sender[], progress: Progress): Promise<CaptureEvents> {
    const offloaded = senders.filter(isOffloaded);
    if (!this.writer?.resume(offloaded)) this.writer = new EventWriter(log, offloaded);
    const { writer } = this;
    writer.reserve();
    for (; writer.row < log.count; writer.row++) {
      if (writer.row % tickEvery === 0) await progress.tick(writer.row, log.count, "listing events");
      writer.take(writer.row);
    }
    for (const { side } of offloaded) side.unlisted = Number.POSITIVE_INFINITY;
    return writer.result();
  }
}

type Offloaded = Sender & { offload: Offload };
const isOffloaded = (sender: Sender): sender is Offloaded => sender.offload !== null;

/** Segments between two questions whether to go on. */
const tickEvery = 1 << 12;

/** How far one sender's events have got. */
interface Cursor {
  offload: Offload;
  stream: number;
  connection: number;
  positions: Positions;
  /** Position behind the last byte sent so far. */
  end: number;
  /** Rows of the record table listed so far. */
  listed: number;
  /** Place in its epoch that the next record has if it follows from the one before; −1 if that is not known. */
  nextIndex: number;
  epoch: number;
  /** Keys of some epoch are known. */
  hasKeys: boolean;
  /** Position up to which all is acknowledged. */
  acked: number;
  /** Position of its FIN, behind its last byte; null if it sent none. */
  fin: number | null;
}

/** The place of a position in the stream. */
const seqAt = ({ offload: { connection, start } }: Cursor, position: number): Seq =>
  advance(connection.startSeq, position - start);

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

/** A segment to go on from once more, with what had been written up to it. */
interface Mark {
  row: number;
  events: number;
  between: number;
  cursors: readonly Cursor[];
  compared: readonly number[];
  differing: readonly number[];
  cut: readonly number[];
}

class EventWriter {
  /** The segment that is next. */
  row = 0;
  private readonly log: SegmentLog;
  private readonly events = new JudgedEvents();
  private readonly sacks: Trace["sacks"] = new Map();
  private readonly between = noSacksBetween();
  private readonly recordSns = new Map<number, bigint>();
  private compared: number[];
  private differing: number[];
  private cut: number[];
  private readonly differences: Verdicts["differences"] = new Map();
  private readonly damage: Verdicts["damage"] = new Map();
  /** By connection. */
  private cursors: Cursor[];
  /** The same by 2 × flow + direction. */
  private readonly byStream: (Cursor | undefined)[];
  private readonly marks = new Marks<Mark>();

  constructor(log: SegmentLog, senders: readonly Offloaded[]) {
    this.log = log;
    this.cursors = senders.map(({ offload, side }, connection) => ({
      offload,
      stream: side.stream,
      connection,
      positions: new Positions(side.assembly.positions.origin),
      end: Number.NEGATIVE_INFINITY,
      listed: 0,
      nextIndex: 0,
      epoch: 0,
      hasKeys: hasKeys(offload.captured),
      acked: 0,
      fin: null,
    }));
    this.byStream = new Array(1 + senders.reduce((highest, { side }) => Math.max(highest, side.stream), 0));
    for (const cursor of this.cursors) this.byStream[cursor.stream] = cursor;
    this.compared = senders.map(() => 0);
    this.differing = senders.map(() => 0);
    this.cut = senders.map(() => 0);
  }

  /** Goes back to the last mark before anything that may have changed; false if these are not the same connections. */
  resume(senders: readonly Offloaded[]): boolean {
    if (senders.length !== this.cursors.length) return false;
    for (const [connection, { side, offload }] of senders.entries()) {
      const { stream, positions, offload: known } = this.cursors[connection]!;
      const isSame = side.stream === stream && offload.start === known.start;
      if (!isSame || side.assembly.positions.origin !== positions.origin) return false;
    }
    this.mark();
    const holds = ({ cursors }: Mark) => cursors.every(({ end }, i) => end <= senders[i]!.side.unlisted);
    const mark = this.marks.back(holds);
    if (mark) this.goTo(mark, senders);
    return mark !== null;
  }

  private mark(): void {
    const cursors = this.cursors.map((cursor) => ({ ...cursor, positions: cursor.positions.copy() }));
    const [compared, differing, cut] = [[...this.compared], [...this.differing], [...this.cut]];
    const [events, between] = [this.events.count, this.between.after.length];
    this.marks.add({ row: this.row, events, between, cursors, compared, differing, cut });
  }

  private goTo(mark: Mark, senders: readonly Offloaded[]): void {
    const { events } = this;
    this.row = mark.row;
    for (const { values } of [events.wire, events.authenticated]) values.fill(0, mark.events, events.count);
    events.count = mark.events;
    this.cursors = mark.cursors.map((cursor, i) => {
      const { positions } = cursor;
      const { offload } = senders[i]!;
      return { ...cursor, positions: positions.copy(), offload, hasKeys: hasKeys(offload.captured) };
    });
    for (const cursor of this.cursors) this.byStream[cursor.stream] = cursor;
    this.compared = [...mark.compared];
    this.differing = [...mark.differing];
    this.cut = [...mark.cut];
    for (const column of Object.values(this.between)) column.length = mark.between;
    for (const found of [this.sacks, this.recordSns, this.differences, this.damage])
      for (const event of found.keys()) if (event >= mark.events) found.delete(event);
  }

  /** Room for about as many events as there will be, so that columns do not end half empty. */
  reserve(): void {
    const { log } = this;
    let rows = this.events.count;
    for (let row = this.row; row < log.count; row++) {
      if (this.cursorOf(row, 0) && log.length.values[row]! > 0) rows++;
      if (this.cursorOf(row, 1) && log.length.values[row]! === 0) rows++;
    }
    for (const { offload, listed } of this.cursors) rows += offload.walked.table.count - listed + 2;
    this.events.reserve(rows);
  }

  result(): CaptureEvents {
    const { wire, authenticated, count } = this.events;
    const verdicts: Verdicts = {
      wire: wire.values.subarray(0, count),
      authenticated: authenticated.values.subarray(0, count),
      compared: this.compared,
      differing: this.differing,
      cut: this.cut,
      ended: this.cursors.map(({ fin }) => fin),
      differences: this.differences,
      damage: this.damage,
    };
    const { sacks, between: sacksBetween, recordSns } = this;
    return { events: this.events, sacks, sacksBetween, recordSns, verdicts };
  }

  /** The cursor of the segment's sender, or (`other` = 1) of its receiver. */
  private cursorOf(row: number, other: number): Cursor | undefined {
    const { log } = this;
    return this.byStream[2 * log.flow.values[row]! + (log.direction.values[row]! ^ other)];
  }

  take(row: number): void {
    const { log } = this;
    const flags = log.flags.values[row]!;
    const receiver = this.cursorOf(row, 1);
    if (receiver && (flags & TcpFlag.ack) !== 0 && (flags & TcpFlag.rst) === 0) this.takeAck(receiver, row);
    const sender = this.cursorOf(row, 0);
    if (!sender) return;
    if (log.length.values[row]! > 0) this.takePayload(sender, row);
    if ((flags & TcpFlag.fin) !== 0)
      sender.fin = sender.positions.at(payloadSeq(log, row)) + log.length.values[row]!;
  }

  private takeAck(cursor: Cursor, row: number): void {
    const { log } = this;
    const acked = cursor.positions.at(log.ack.values[row]!, cursor.acked);
    if (acked <= cursor.acked) return this.noteSacks(cursor, row);
    cursor.acked = acked;
    const at = seqAt(cursor, acked);
    const event = this.push(cursor, row, marker(Kind.ack, at));
    const sacks = log.sacks.get(row)?.map((edge) => near(edge, at));
    if (sacks) this.sacks.set(event, sacks);
  }

  /** What an acknowledgement says beside a number that says nothing new. */
  private noteSacks(cursor: Cursor, row: number): void {
    const { log, between, events } = this;
    const [after, timeNs] = [events.count - 1, log.timeNs.values[row]!];
    const at = seqAt(cursor, cursor.acked);
    addSacks(between, { after, timeNs, connection: cursor.connection, at }, log.sacks.get(row) ?? []);
  }

  private takePayload(cursor: Cursor, row: number): void {
    const { log } = this;
    const { start } = cursor.offload;
    const position = cursor.positions.of(payloadSeq(log, row));
    const end = position + log.length.values[row]!;
    const isBeyond = cursor.positions.isBeyond(position);
    if (!isBeyond && end > cursor.end) cursor.end = end;
    const fin = log.flags.values[row]! & TcpFlag.fin ? Flag.fin : 0;
    if (end <= start) {
      this.transmit(cursor, row, { from: position, to: end, offset: 0, flags: fin });
      return;
    }
    const straddles = position < start;
    if (straddles) this.transmit(cursor, row, { from: position, to: start, offset: 0, flags: 0 });
    const from = straddles ? start : position;
    if (!isBeyond) this.listRecords(cursor, row, end);
    const flags = fin | (straddles ? Flag.straddle : 0);
    const event = this.transmit(cursor, row, { from, to: end, offset: from - position, flags });
    this.judge(cursor, row, event, position);
  }

  private transmit(
    cursor: Cursor,
    row: number,
    part: { from: number; to: number; offset: number; flags: number },
  ): number {
    const { log } = this;
    const held = log.captured.values[row]! > part.offset;
    return this.push(cursor, row, {
      kind: Kind.transmit,
      flags: part.flags | Flag.captured,
      seq: seqAt(cursor, part.from),
      length: part.to - part.from,
      extra: 0,
      offset: held ? log.offset.values[row]! + part.offset : -1,
    });
  }

  /** Lists what the stream has of records and gaps up to `end`; the first of them is preceded by the installation. */
  private listRecords(cursor: Cursor, row: number, end: number): void {
    const { walked, connection } = cursor.offload;
    const { table } = walked;
    while (cursor.listed < table.count && table.start.values[cursor.listed]! < end) {
      if (cursor.listed === 0) this.push(cursor, row, marker(Kind.install, connection.startSeq));
      const record = cursor.listed++;
      if (table.type.values[record] === gapType) this.listGap(cursor, row, record);
      else this.listRecord(cursor, row, record);
    }
  }

  private listGap(cursor: Cursor, row: number, record: number): void {
    const { table } = cursor.offload.walked;
    const at = seqAt(cursor, table.start.values[record]!);
    cursor.nextIndex = -1;
    const event = this.push(cursor, row, { ...marker(Kind.gap, at), length: table.length.values[record]! });
    this.noteDamage(cursor, record, event);
  }

  private listRecord(cursor: Cursor, row: number, record: number): void {
    const { table } = cursor.offload.walked;
    const index = table.index.values[record]!;
    const epoch = table.epoch.values[record]!;
    const startsEpoch = epoch !== cursor.epoch;
    const snUnknown = index < 0;
    const snGiven = !snUnknown && index !== (startsEpoch ? 0 : cursor.nextIndex);
    const type = table.type.values[record]!;
    const unopened = cursor.hasKeys && !isReadable(cursor.offload.captured, record);
    const event = this.push(cursor, row, {
      kind: Kind.record,
      flags: 0,
      seq: seqAt(cursor, table.start.values[record]!),
      length: table.length.values[record]!,
      extra: packRecord({ type, epoch, startsEpoch, snUnknown, snGiven, unopened }),
      offset: -1,
    });
    this.events.authenticated.values[event] = table.authenticated.values[record]!;
    if (snGiven) this.recordSns.set(event, table.snAt(record)!);
    this.noteDamage(cursor, record, event);
    cursor.epoch = epoch;
    cursor.nextIndex = snUnknown ? -1 : index + 1;
  }

  private noteDamage({ offload }: Cursor, record: number, event: number): void {
    const damage = offload.walked.damage.get(record);
    if (damage !== undefined) this.damage.set(event, damage);
  }

  /** Compares the offloaded part of a segment, which stands at `position`, with its right bytes. */
  private judge(cursor: Cursor, row: number, event: number, position: number): void {
    const { log } = this;
    const { start, walked } = cursor.offload;
    const from = Math.max(start, position);
    const held = position + log.captured.values[row]!;
    const whole = position + log.length.values[row]!;
    if (held < whole) this.cut[cursor.connection]! += whole - Math.max(held, from);
    if (held <= from || cursor.positions.isBeyond(position)) return;
    const compared = held - from - overlapOf(walked.unknown, from, held);
    const difference = walked.differences.get(row);
    this.compared[cursor.connection]! += compared;
    if (difference) {
      this.differing[cursor.connection]! += difference.bytes;
      const { bytes, first } = difference;
      this.differences.set(event, { bytes, first: seqAt(cursor, first) });
      this.events.wire.values[event] = Wire.differs;
    } else if (compared === whole - from) this.events.wire.values[event] = Wire.match;
  }

  private push(cursor: Cursor, row: number, entry: Entry): number {
    const { log } = this;
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
