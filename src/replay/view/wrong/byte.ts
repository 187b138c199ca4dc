// replay/view/wrong: the first wrong byte of an event: place, values, copies, cause; bytes as captured and as
// they must be.

import { headerSize, tagSize } from "../../../core/base/record.ts";
import { advance, type Seq, seq } from "../../../core/base/seq.ts";
import { Kind } from "../../../core/words/event.ts";
import { signsNamed } from "../../../trace/signs.ts";
import type { Damage, Trace } from "../../../trace/trace.ts";
import type { EffectRecord } from "../../recording.ts";
import type { View } from "../view.ts";
import { capturedBytes, expectedByte, expectedRecords } from "./bytes.ts";
import { packetsIn } from "./packets.ts";

/** What is wrong with the captured bytes of an event, which is a packet or a record, by the first byte that is. */
export interface WrongByte {
  seq: Seq;
  /** The row of the record log that holds it, 0 or less if none does. */
  row: number;
  /** As captured, and as it must be; null where that is not known, or nothing says that just this byte is wrong. */
  is: number | null;
  must: number | null;
  /** Bytes that are wrong, of which it is the first; null where it is not known which they are: it is its record's first. */
  count: number | null;
  /** Packets that carry the byte, by their events and in their order. */
  carriers: readonly number[];
  /** Frames that carry what is wrong. */
  frames: readonly number[];
  /** What is wrong with its record; null where the record itself is right, and a copy of it is not. */
  damage: Damage | null;
}

/** Bytes of an explicit nonce (RFC 5288 §3). */
const nonceSize = 8;

/** What was found of a trace, by event: everything that shows a stop asks for it. */
const known = new WeakMap<Trace, Map<number, WrongByte | null>>();

/** Signs that say of a capture's own bytes that they are wrong. */
export const wrongSigns: readonly number[] = signsNamed(
  "wire-differs",
  "authentication-failed",
  "not-as-plaintext",
  "record-leaked",
  "explicit-nonce-reused",
  "foreign-bytes",
);

/** The wrong byte that a sign is about; null where it is about something else. */
export const wrongByteAt = (view: View, { kind }: EffectRecord): WrongByte | null =>
  wrongSigns.includes(kind) ? wrongByteOf(view) : null;

/** The first wrong byte of the view's event; null where nothing captured is wrong with it. */
export function wrongByteOf(view: View): WrongByte | null {
  const { trace } = view.timeline;
  const { event } = view.position;
  const { verdicts, events } = trace;
  if (verdicts === null || events.connection.at(event) !== view.index) return null;
  if (!verdicts.differences.has(event) && !verdicts.damage.has(event)) return null;
  const bytes = known.get(trace) ?? new Map<number, WrongByte | null>();
  known.set(trace, bytes);
  if (!bytes.has(event)) bytes.set(event, lookedFor(view));
  return bytes.get(event)!;
}

function lookedFor(view: View): WrongByte {
  const { trace } = view.timeline;
  const { event } = view.position;
  const difference = trace.verdicts!.differences.get(event);
  if (difference) return wrongAt(view, difference.first, difference.bytes);
  const from = seq(trace.events.seq.at(event));
  const { first, count } = firstOf(view, from, trace.verdicts!.damage.get(event)!);
  return wrongAt(view, advance(from, first), count);
}

function wrongAt(view: View, at: Seq, count: number | null): WrongByte {
  const { log, timeline, position, connection } = view;
  const { trace } = timeline;
  const row = log.rowOf(at, log.count);
  const packets = packetsIn(trace, view.index);
  const [is, must] =
    count === null ? [null, null] : [capturedBytes(view, at, 1)[0] ?? null, expectedByte(view, at)];
  const isPacket = trace.events.kind.at(position.event) === Kind.transmit;
  return {
    seq: at,
    row,
    is,
    must: must === is ? null : must,
    count,
    carriers: packets.carriersOf(at - connection.startSeq),
    frames: isPacket ? [trace.events.line.at(position.event)] : packets.framesOf(position.event),
    damage: row < 1 ? null : (trace.verdicts!.damage.get(log.pushedBy.at(row)) ?? null),
  };
}

/** How far into a damaged record, which begins at `from`, the first wrong byte stands, and how many there are. */
function firstOf(view: View, from: Seq, damage: Damage): { first: number; count: number | null } {
  switch (damage.part) {
    case "header":
    case "nonce":
    case "ciphertext":
    case "tag":
      return { first: damage.wrong[0]?.offset ?? 0, count: damage.wrong.length };
    case "clear":
      return {
        first: Math.min(...damage.faults.map(({ from }) => from)),
        count: damage.faults.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    case "tag-of":
      return { first: advance(view.connection.startSeq, damage.at) - from, count: tagSize };
    case "nonce-reuse":
      return { first: headerSize, count: nonceSize };
    case "foreign":
      return { first: 0, count: damage.length };
    default:
      return compared(view, from) ?? { first: 0, count: null };
  }
}

/** The captured record beside the right one; null where one of them is not known. */
function compared(view: View, from: Seq): { first: number; count: number } | null {
  const row = view.log.rowOf(from, view.log.count);
  const right = row < 1 ? null : expectedRecords(view.timeline.trace)(view.socket, row);
  const captured = capturedBytes(view, from, right?.length ?? 0);
  if (!right || captured.length < right.length) return null;
  const wrong = Array.from(right.keys()).filter((i) => captured[i] !== right[i]);
  return wrong.length === 0 ? null : { first: wrong[0]!, count: wrong.length };
}
