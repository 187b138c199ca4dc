// replay/view/why: the way of a byte: write, record, the packets that carried it, acknowledgement, release.

// replay/view/why: where a byte of the stream comes from and where it went.

import type { Seq } from "../../../core/base/seq.ts";
import { RecordKind } from "../../../core/machine/record-log.ts";
import type { Timeline } from "../../timeline.ts";
import { partOf, type View, viewAt } from "../view.ts";
import { expectedByte } from "../wrong/bytes.ts";
import { packetsIn } from "../wrong/packets.ts";
import { type Copy, copyOf } from "./copy.ts";
import { eventThatBrought } from "./moments.ts";

/** Where a byte lies in the records of its stream. */
export interface RecordPlace {
  /** Row of the record log. */
  row: number;
  /** From the record's first header byte on. */
  offset: number;
  length: number;
  /** header, nonce, payload, type byte or tag; null in a range whose records are not known. */
  part: string | null;
  /** The event that handed the record to TCP; null if it was there from the beginning. */
  pushedBy: number | null;
}

/** The application's write that a byte comes from. */
export interface Written {
  event: number;
  /** Which byte of that write it is, from 0; null for bytes that the TLS layer adds. */
  offset: number | null;
}

/** One byte of a stream, from the application to its release, in events: what nobody knows or what never comes is null. */
export interface Story {
  connection: number;
  seq: Seq;
  record: RecordPlace | null;
  written: Written | null;
  /** The packets that carried it, the first `copiesMax` of them, in order. */
  copies: Copy[];
  copyCount: number;
  /** −1 = before the first event. */
  acknowledged: number | null;
  released: number | null;
}

/** Copies of a byte that are looked at closely. */
export const copiesMax = 100;

/** The whole story of a byte, whatever position the debugger stands at. */
export function storyOf(timeline: Timeline, connection: number, at: Seq): Story {
  const { trace, machine } = timeline;
  const { startSeq } = trace.connections[connection]!;
  const socket = machine.sockets[connection]!;
  const row = socket.records.rowOf(at, socket.records.count);
  const carriers = packetsIn(trace, connection).carriersOf(at - startSeq);
  const end = viewAt(timeline, lastOf(timeline, connection), connection);
  const record = row < 1 ? null : recordPlace(end, row, at);
  const right = trace.verdicts === null ? null : expectedByte(end, at);
  return {
    connection,
    seq: at,
    record,
    written: record && writtenBy(end, record),
    copies: carriers
      .slice(0, copiesMax)
      .map((event, nth) => copyOf(timeline, { connection, event, nth, seq: at, right })),
    copyCount: carriers.length,
    acknowledged: eventThatBrought(timeline, connection, ({ acked, sndUna }) => acked === 1 && sndUna > at),
    released: record && eventThatBrought(timeline, connection, (state) => state.head > record.row),
  };
}

/** Behind the connection's last event: all its records are pushed there. */
function lastOf(timeline: Timeline, connection: number) {
  const event = timeline.eventsOf(connection).at(-1) ?? 0;
  return { event, stage: timeline.record(event).stages.length - 1 };
}

function recordPlace(view: View, row: number, at: Seq): RecordPlace {
  const { log } = view;
  const offset = at - log.start(row);
  const pushedBy = log.pushedBy.at(row);
  return {
    row,
    offset,
    length: log.length.at(row),
    part: log.kind.at(row) === RecordKind.gap ? null : partOf(view, row, offset),
    pushedBy: pushedBy < 0 ? null : pushedBy,
  };
}

/**
 * The write that a byte of the payload was in; of the other bytes that which opened the record. A capture shows records,
 * never the writes that they were made of.
 */
function writtenBy(
  { timeline, log, socket, index, connection }: View,
  { row, offset, part }: RecordPlace,
): Written | null {
  const openedBy = log.openedBy.at(row);
  const payloadAt = log.payloadAt.at(row);
  if (connection.source?.kind === "captured" || openedBy < 0) return null;
  if (part !== "payload" || payloadAt < 0) return { event: openedBy, offset: null };
  const at = payloadAt + offset - socket.layout.prepend;
  const event = eventThatBrought(timeline, index, ({ written }) => written > at);
  if (event === null || event < 0) return { event: openedBy, offset: null };
  return { event, offset: at - timeline.stateBefore(index, event).written };
}
