import { advance } from "../../../core/base/seq.ts";
import type { Damage } from "../../../trace/trace.ts";
import { SeqValue } from "../value.ts";
import { partOf, recordName, type View } from "../view.ts";
import type { WrongByte } from "./byte.ts";
import { capturedBytes, expectedRecords } from "./bytes.ts";
import { wordDamage, wordPart } from "./damage-text.ts";
import { wordFrames } from "./packets.ts";

/** One line: `frame 58: byte 45978 (1262305290) is 62, must be 126: record 3, byte 13152 of 16413 (payload); …`. */
export function wordWrongByte(view: View, wrong: WrongByte): string {
  const { copy, count, cause } = wrongWords(view, wrong);
  const { damage } = wrong;
  const frames = wordFrames(wrong.frames);
  if (wrong.count === null) return `${frames}: ${wordWhole(view, wrong)}; ${cause}`;
  // Which bytes of a located damage are wrong stands here already.
  const briefly = damage && "wrong" in damage ? wordPart(damage.part) : cause;
  const told = [copy, wrong.count === 1 ? "" : count, briefly].filter((word) => word !== "");
  return `${frames}: byte ${wordPlace(view, wrong)}${wordValues(wrong)}: ${[wordRecord(view, wrong), ...told].join("; ")}`;
}

const wordPlace = (view: View, { seq }: WrongByte): string => String(new SeqValue(view.connection, seq));

/** ` is 62, must be 126`. */
function wordValues({ is, must }: WrongByte): string {
  if (is === null) return " is wrong";
  return must === null ? ` is ${is}` : ` is ${is}, must be ${must}`;
}

/** `record 3, byte 13152 of 16413 (payload)`. */
export function wordRecord(view: View, { row, seq }: WrongByte): string {
  if (row < 1) return "in no record";
  const { log } = view;
  const offset = seq - log.start(row);
  return `${recordName(log, row)}, byte ${offset} of ${log.length.at(row)} (${partOf(view, row, offset)})`;
}

/** `record 3 (32826:49239)`. */
function wordWhole({ log, connection }: View, { row, seq }: WrongByte): string {
  const { startSeq } = connection;
  return row < 1
    ? `byte ${seq - startSeq}`
    : `${recordName(log, row)} (${log.start(row) - startSeq}:${log.end(row) - startSeq})`;
}

/** What else is to be said of a wrong byte; empty where there is nothing. */
export interface WrongWords {
  /** The first of how many. */
  count: string;
  /** In which copy of it. */
  copy: string;
  cause: string;
}

export function wrongWords(view: View, wrong: WrongByte): WrongWords {
  const { count } = wrong;
  return {
    count: count === null ? "it is not known which" : `the first of ${count} wrong`,
    copy: copyOf(view, wrong),
    cause: causeOf(wrong),
  };
}

function copyOf({ position }: View, { carriers }: WrongByte): string {
  const place = carriers.indexOf(position.event);
  const again = carriers.length - 1;
  if (place < 0) return again > 0 ? `sent ${carriers.length} times` : "";
  if (again === 0) return "sent once";
  return place === 0
    ? `the original, sent again ${again === 1 ? "once" : `${again} times`}`
    : `retransmission ${place} of ${again}`;
}

const causeOf = ({ row, damage }: WrongByte): string => {
  if (damage !== null) return wordDamage(damage);
  return row < 1 ? "" : "its record is right by other copies";
};

/** Bytes shown before and behind a wrong one. */
const around = 8;

/** What of a leak or of cleartext stands there is the application's, which is not shown. */
const isOfContent = (damage: Damage | null): boolean =>
  damage !== null && ["plaintext", "clear", "sealed"].includes(damage.part);

/** The captured bytes around a wrong one and the right ones, as hex digits with the byte in brackets; null where they are not known or not shown. */
export function hexAround(
  view: View,
  { seq, row, count, damage }: WrongByte,
): { is: string; must: string } | null {
  const { log, socket, timeline } = view;
  if (row < 1 || count === null || isOfContent(damage)) return null;
  const right = expectedRecords(timeline.trace)(socket, row);
  const offset = seq - log.start(row);
  const before = Math.min(around, offset);
  const length = Math.min(before + around + 1, log.length.at(row) - offset + before);
  const captured = capturedBytes(view, advance(seq, -before), length);
  if (!right || captured.length < length) return null;
  return {
    is: wordHex(captured, before),
    must: wordHex(right.subarray(offset - before, offset - before + length), before),
  };
}

const wordHex = (bytes: Uint8Array, marked: number): string =>
  Array.from(bytes, (byte, i) => {
    const digits = byte.toString(16).padStart(2, "0");
    return i === marked ? `[${digits}]` : digits;
  }).join(" ");
