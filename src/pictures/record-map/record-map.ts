// pictures/record-map: sequence space around a place of the session.

import { firstThat } from "../../core/base/columns.ts";
import { headerSize, tagSize } from "../../core/base/record.ts";
import { advance, type Seq, seq } from "../../core/base/seq.ts";
import { getRecord } from "../../core/kernel/record-map.ts";
import { RecordKind } from "../../core/machine/record-log.ts";
import { nicExpectedSeq } from "../../core/nic/nic.ts";
import { Kind } from "../../core/words/event.ts";
import type { Judged } from "../../replay/findings.ts";
import type { Position } from "../../replay/timeline.ts";
import { hasAcked, hasContext, hasSent } from "../../replay/view/facts.ts";
import { judgedView, recordName, type View } from "../../replay/view/view.ts";
import { eventPlace } from "../../trace/trace.ts";
import { counted } from "../../trace/visible.ts";
import type { Area } from "../kind.ts";
import type { Asked, Model } from "../model.ts";
import type { Rare, RareAsked } from "../rare.ts";
import { byteLabel } from "../scene.ts";
import { nextPlace, startOf } from "./places.ts";
import type { MapCursor, MapRange, MapRecord, RecordMapView } from "./view.ts";
import { mapWords } from "./view.ts";

/** More records than these nobody tells apart: several stand together, those of one kind and one fate. */
const recordsMax = 384;
/** Records on each side of what the driver expects, where the picture follows the session. */
const aroundRecords = 6;

/** The record map of a stream where the debugger stands. */
export class RecordMap implements Model {
  private readonly judged: Judged;
  private readonly connection: number;

  constructor(judged: Judged, connection: number) {
    this.judged = judged;
    this.connection = connection;
  }

  view({ area, position }: Pick<Asked, "area" | "position">): RecordMapView {
    const view = this.viewOf(position);
    const packet = packetOf(view);
    const end = Math.max(1, at(view, view.socket.writeSeq) + view.state.openLength, packet?.to ?? 0);
    const whole = { from: Math.min(0, packet?.from ?? 0), to: end, low: 0, high: 1 };
    const shown = area ?? around(view, packet, whole);
    const { timeline } = this.judged;
    const { records, count } = recordsIn(view, shown);
    const place = eventPlace(timeline.trace, position.event);
    return {
      ...{ whole, area: shown, isComplete: true },
      title: `${view.connection.name} at ${place}: ${inMap(view)}`,
      records,
      recordCount: count,
      ranges: rangesOf(view),
      packet,
      cursors: cursorsOf(view),
    };
  }

  rare(rare: RareAsked, { position }: Pick<Asked, "position">): Rare | null {
    const view = this.viewOf(position);
    const { log, state } = view;
    const from = startOf(rare);
    const behind = firstThat(0, state.tail, (row) => at(view, log.start(row)) > from);
    const before = firstThat(0, state.tail, (row) => at(view, log.start(row)) >= from) - 1;
    const ends = rare.step > 0 ? [behind, 0] : [before, state.tail - 1];
    const rows = ends.filter((row) => row >= 0 && row < state.tail);
    const records = rows.map((row) => recordOf(view, row));
    return nextPlace(
      { records, ranges: rangesOf(view), packet: packetOf(view), cursors: cursorsOf(view) },
      rare,
    );
  }

  /** What tls_get_record() of a byte returns there. */
  byte(byte: number, position: Position): string {
    const view = this.viewOf(position);
    return `tls_get_record(${byte}): ${lookup(view, advance(view.connection.startSeq, byte))}`;
  }

  private viewOf(position: Position): View {
    return judgedView(this.judged, position, this.connection);
  }
}

const at = ({ connection }: View, seq: number): number => seq - connection.startSeq;

const rangeText = (from: number, to: number): string => `${byteLabel(from)} to ${byteLabel(to)}`;

function inMap({ state }: View): string {
  const count = state.tail - state.head;
  return count === 0 ? "no record in the map" : `${counted(count, "record")} in the map`;
}

/** The bytes of the event, if it is this stream's packet. */
function packetOf(view: View): RecordMapView["packet"] {
  const { events } = view.timeline.trace;
  const { event } = view.position;
  if (events.kind.at(event) !== Kind.transmit || events.connection.at(event) !== view.index) return null;
  const from = at(view, events.seq.at(event));
  const to = from + events.length.at(event);
  return { role: "packet", from, to, says: `this packet: ${rangeText(from, to)}`, event };
}

/** What lies around all that the event is about, as far as that is a few records. */
function around(view: View, packet: RecordMapView["packet"], whole: Area): Area {
  const { log, state, connection } = view;
  const middle = hasContext(view) ? at(view, state.expectedSeq) : hasSent(view) ? at(view, state.sndNxt) : 0;
  const row = Math.max(0, log.rowOf(advance(connection.startSeq, middle), state.tail));
  const [first, last] = [Math.max(0, row - aroundRecords), Math.min(state.tail - 1, row + aroundRecords)];
  const places = [...cursorsOf(view).map((cursor) => cursor.at), ...(packet ? [packet.from, packet.to] : [])];
  const [low, high] = state.tail === 0 ? [0, 0] : [at(view, log.start(first)), at(view, log.end(last))];
  const inside = places.filter((place) => place >= low && place <= high);
  const [from, to] = [Math.min(middle, ...inside), Math.max(middle + 1, ...inside)];
  const air = Math.max(512, (to - from) * 0.15);
  return { ...whole, from: Math.max(whole.from, from - air), to: Math.min(whole.to, to + air) };
}

/** The records that are pushed and lie in an area, one by one or several together. */
function recordsIn(view: View, { from, to }: Area): { records: MapRecord[]; count: number } {
  const { log, state, connection } = view;
  const rowAt = (byte: number) => log.rowOf(advance(connection.startSeq, byte), state.tail);
  const first = Math.max(0, rowAt(Math.max(0, Math.floor(from))));
  const behind = rowAt(Math.ceil(to));
  const end = behind < 0 ? state.tail : behind + 1;
  const step = Math.ceil(Math.max(1, end - first) / recordsMax);
  const cuts = step === 1 ? new Set<number>() : cutsOf(view);
  const records: MapRecord[] = [];
  for (let row = first, behind = row; row < end; row = behind) {
    const kind = log.kind.at(row);
    do behind++;
    while (behind < end && behind - row < step && !cuts.has(behind) && log.kind.at(behind) === kind);
    records.push(behind - row === 1 ? recordOf(view, row) : together(view, row, behind - 1));
  }
  return { records, count: end - first };
}

/** Rows that have another fate than the one before. */
function cutsOf(view: View): Set<number> {
  const { log, state } = view;
  const within = [hasAcked(view) ? state.sndUna : null, hasSent(view) ? state.sndNxt : null];
  const rows = within.flatMap((byte) => (byte === null ? [] : [log.rowOf(seq(byte), state.tail)]));
  return new Set([state.head, ...[...rows, state.hint].flatMap((row) => [row, row + 1])]);
}

function recordOf(view: View, row: number): MapRecord {
  const { log } = view;
  const [from, to] = [at(view, log.start(row)), at(view, log.end(row))];
  const pushedBy = log.pushedBy.at(row);
  return {
    name: recordName(log, row),
    from,
    to,
    parts: partsOf(view, row),
    says: `${recordName(log, row)}: ${rangeText(from, to)}, ${fateOf(view, row)}`,
    lookup: lookup(view, log.start(row)),
    event: pushedBy < 0 ? null : pushedBy,
  };
}

function together(view: View, first: number, last: number): MapRecord {
  const { log } = view;
  const name = `${recordName(log, first)} to ${recordName(log, last)}`;
  const [from, to] = [at(view, log.start(first)), at(view, log.end(last))];
  const says = `${name}: ${rangeText(from, to)}, ${fateOf(view, first)}`;
  const parts = log.kind.at(first) === RecordKind.gap ? [{ role: "gap", from, to, says: mapWords.gap }] : [];
  return { name, from, to, parts, says, lookup: lookup(view, log.start(first)), event: null };
}

/** Where a record's parts lie. */
function partsOf(view: View, row: number): MapRange[] {
  const { log, socket } = view;
  const [from, to] = [at(view, log.start(row)), at(view, log.end(row))];
  if (to === from) return [];
  if (log.kind.at(row) === RecordKind.gap) return [{ role: "gap", from, to, says: mapWords.gap }];
  const { prepend, tail } = socket.layout;
  const bounds = [
    ["byte-header", from, from + headerSize],
    ["byte-nonce", from + headerSize, from + prepend],
    ["map-payload", from + prepend, to - tagSize - tail],
    ["byte-type", to - tagSize - tail, to - tagSize],
    ["byte-tag", to - tagSize, to],
  ] as const;
  return bounds
    .filter(([, start, end]) => end > start)
    .map(([role, start, end]) => ({
      ...{ role, from: start, to: end },
      says: `${mapWords[role]} of ${recordName(log, row)}: ${rangeText(start, end)}`,
    }));
}

/** What has become of a record's bytes. */
function fateOf(view: View, row: number): string {
  const { log, state } = view;
  const [from, to] = [log.start(row), log.end(row)];
  if (row < state.head) return "released from the map";
  const una = hasAcked(view) ? state.sndUna : view.connection.startSeq;
  const sent = hasSent(view) ? state.sndNxt : view.connection.startSeq;
  const words = [
    una >= to ? "acknowledged" : una > from ? "partly acknowledged" : "",
    sent >= to ? (una >= to ? "" : "in flight") : sent > from ? "partly in flight" : "not sent yet",
    state.hint === row ? "the hint" : "",
  ];
  return words.filter((word) => word !== "").join(", ");
}

/** What tls_get_record() would answer; asked of a copy, as a look-up moves the hint. */
function lookup(view: View, seq: Seq): string {
  const { socket, state, log } = view;
  const row = getRecord(socket.at(state.copy(), view.position.event), seq);
  return row < 0 ? "NULL, no record" : recordName(log, row);
}

function rangesOf(view: View): MapRange[] {
  const { state, socket } = view;
  const end = at(view, socket.writeSeq);
  const una = hasAcked(view) ? Math.max(0, at(view, state.sndUna)) : 0;
  const next = Math.max(una, hasSent(view) ? at(view, state.sndNxt) : 0);
  const bounds = [
    ["acknowledged", 0, Math.min(una, end)],
    ["in-flight", una, next],
    ["unsent", next, end],
    ["open", end, end + state.openLength],
  ] as const;
  const ranges: MapRange[] = bounds
    .filter(([, from, to]) => to > from)
    .map(([role, from, to]) => ({ role, from, to, says: `${mapWords[role]}: ${rangeText(from, to)}` }));
  return [...ranges, ...sackedIn(view, una)];
}

/** What the last acknowledgement said beside its number (RFC 2018). */
function sackedIn(view: View, una: number): MapRange[] {
  const blocks = lastSacks(view);
  const ranges: MapRange[] = [];
  for (let i = 0; i + 1 < blocks.length; i += 2) {
    const [from, to] = [at(view, blocks[i]!), at(view, blocks[i + 1]!)];
    if (to > una)
      ranges.push({ role: "sacked", from, to, says: `${mapWords.sacked}: ${rangeText(from, to)}` });
  }
  return ranges;
}

/** SACK blocks of the last acknowledgement, which may be none of the events. */
function lastSacks({ timeline, position, index }: View): readonly Seq[] {
  const { events, sacks, sacksBetween: between } = timeline.trace;
  const own = timeline.eventsOf(index);
  const ordinal = timeline.ordinalOf(index, position.event + (position.stage < 0 ? 0 : 1));
  const last = own.subarray(0, ordinal).findLast((event) => events.kind.values[event] === Kind.ack) ?? -1;
  const behind = firstThat(0, between.after.length, (row) => between.after[row]! >= position.event);
  const isOwn = (row: number) => between.connection[row] === index;
  const blocks: Seq[] = [];
  let time: number | null = null;
  for (let row = behind - 1; row >= 0 && between.after[row]! >= last; row--) {
    if (!isOwn(row)) continue;
    if (time !== null && between.timeNs[row] !== time) break;
    time = between.timeNs[row]!;
    blocks.unshift(between.from[row]!, between.to[row]!);
  }
  return time === null ? (sacks.get(last) ?? []) : blocks;
}

function cursorsOf(view: View): MapCursor[] {
  const { state, log, socket } = view;
  const cursors: MapCursor[] = [];
  const add = (role: keyof typeof mapWords, byte: number, more = "") =>
    cursors.push({ role, at: byte, says: `${mapWords[role]}: ${byteLabel(byte)}${more}` });
  for (let row = state.head; row < Math.min(state.tail, state.head + 1); row++)
    if (log.kind.at(row) === RecordKind.startMarker) add("marker", at(view, log.end(row)));
  if (state.markerRow > 0) add("marker", at(view, log.end(state.markerRow)));
  if (state.hint >= 0) add("hint", at(view, log.start(state.hint)), ` (${recordName(log, state.hint)})`);
  if (hasContext(view)) add("driver", at(view, state.expectedSeq));
  const nic = nicExpectedSeq(socket);
  if (nic !== null) add("nic", at(view, nic));
  return cursors;
}
