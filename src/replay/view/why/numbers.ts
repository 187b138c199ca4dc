import { advance, near, type Seq, toU32 } from "../../../core/base/seq.ts";
import type { Timeline } from "../../timeline.ts";
import type { View } from "../view.ts";
import { packetsIn } from "../wrong/packets.ts";

/** Bytes of a stream that somebody names. */
export interface NamedBytes {
  from: Seq;
  length: number;
  /** The number was taken as one of the wire. */
  isAbsolute: boolean;
}

/** The number that the trace's file gives a byte: from the offload start on, in a packetdrill script from the SYN on. */
export const numberOf = ({ trace }: Timeline, connection: number, at: Seq): number =>
  at - trace.connections[connection]!.startSeq + (trace.firstNumber ?? 0);

/** A byte by that number, and as on the wire where that is another: `4344 (4294964344)`. */
export function byteText(timeline: Timeline, connection: number, at: Seq): string {
  const number = numberOf(timeline, connection, at);
  return number === toU32(at) ? `${number}` : `${number} (${toU32(at)})`;
}

/** `1448:2896(1448)` by the same numbers. */
export function rangeText(timeline: Timeline, connection: number, from: Seq, length: number): string {
  const number = numberOf(timeline, connection, from);
  return `${number}:${number + length}(${length})`;
}

/**
 * Bytes as `4344`, `1448:2896` or `1448:2896(1448)`, by the file's numbers; a number that no packet and no record of
 * the stream holds is taken as one of the wire if one does by that, the nearest to `here`. Null for anything else.
 */
export function bytesNamed(
  timeline: Timeline,
  { connection, here }: { connection: number; here: Seq },
  text: string,
): NamedBytes | null {
  const match = /^(-?\d{1,16})(?::(-?\d{1,16})(?:\((\d+)\))?| \(\d+\))?$/.exec(text.trim());
  if (!match) return null;
  const [first, end] = [Number(match[1]), match[2] === undefined ? Number(match[1]) + 1 : Number(match[2])];
  const length = Math.max(1, end - first);
  const { startSeq } = timeline.trace.connections[connection]!;
  const from = advance(startSeq, first - (timeline.trace.firstNumber ?? 0));
  if (isHeld(timeline, connection, from)) return { from, length, isAbsolute: false };
  const onWire = first >= 0 && first < 2 ** 32 ? onRing(timeline, connection, near(first, here)) : null;
  return onWire === null ? { from, length, isAbsolute: false } : { from: onWire, length, isAbsolute: true };
}

/**
 * The same, with the stream before it where it is another than the one looked at: `4344`, `web 1448:2896(1448)`. Null
 * for anything else.
 */
export function bytesIn(view: View, text: string): { connection: number; bytes: NamedBytes } | null {
  const { timeline, index, socket } = view;
  const [, name, written] = /^\s*(?:(\S+)\s+)?(-?\d+(?::\S+)?(?: \(\d+\))?)\s*$/.exec(text) ?? [];
  if (written === undefined) return null;
  const named = timeline.trace.connections.findIndex((connection) => connection.name === name);
  const connection = name === undefined ? index : named;
  if (connection < 0) return null;
  const here = connection === index ? socket.writeSeq : timeline.trace.connections[connection]!.startSeq;
  const bytes = bytesNamed(timeline, { connection, here }, written);
  return bytes && { connection, bytes };
}

/** A packet or a record holds it. */
function isHeld({ trace, machine }: Timeline, connection: number, at: Seq): boolean {
  const { records } = machine.sockets[connection]!;
  if (records.rowOf(at, records.count) >= 1) return true;
  return packetsIn(trace, connection).carriersOf(at - trace.connections[connection]!.startSeq).length > 0;
}

/** The nearest place to the one given that is the same on the wire and is held; null if none of the stream is. */
export function onRing(timeline: Timeline, connection: number, at: Seq): Seq | null {
  const { trace, machine } = timeline;
  const { records } = machine.sockets[connection]!;
  const { startSeq } = trace.connections[connection]!;
  const end = records.count > 0 ? records.end(records.count - 1) : startSeq;
  const turns = 1 + Math.ceil(Math.abs(end - startSeq) / 2 ** 32);
  for (let turn = 0; turn <= turns; turn++)
    for (const each of [advance(at, -turn * 2 ** 32), advance(at, turn * 2 ** 32)])
      if (isHeld(timeline, connection, each)) return each;
  return null;
}
