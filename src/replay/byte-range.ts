import { firstAtLeast, int32 } from "../core/base/columns.ts";
import { type Seq, seq } from "../core/base/seq.ts";
import { Kind } from "../core/words/event.ts";
import { Stage } from "../core/words/stage.ts";
import type { Position, Timeline } from "./timeline.ts";

/** What can be done with bytes of a stream, as somebody stops on it. */
export const dealings = ["sent", "sent again", "acknowledged", "looked up", "rewritten"] as const;
export type Dealing = (typeof dealings)[number];

/** Bytes [from, to) of a connection's stream that are watched, and what of all that is done with them. */
export interface WatchedBytes {
  connection: number;
  from: Seq;
  to: Seq;
  dealings: readonly Dealing[];
}

/** Events in which something may be done with watched bytes, ascending, and what the trace says of each: bits by `dealings`. */
export interface Dealt {
  events: Int32Array;
  bits: Int32Array;
}

const bitOf = (dealing: Dealing): number => 1 << dealings.indexOf(dealing);

/**
 * The events of the bytes by the trace's own columns: transmits that carry one of them for the first time or again,
 * acknowledgements that reach further into them, writes into their zero-copy pages. A look-up comes into question where a
 * packet holds a byte of a record that holds one of them; only its stage tells (dealtAt).
 */
export function dealtWith(timeline: Timeline, watched: WatchedBytes): Dealt {
  const { kind } = timeline.trace.events;
  const readers = readersOf(timeline, watched);
  const wanted = watched.dealings.reduce((sum, dealing) => sum | bitOf(dealing), 0);
  const [events, bits] = [int32(), int32()];
  for (const event of timeline.eventsOf(watched.connection)) {
    const done = (readers.get(kind.values[event]!)?.(event) ?? 0) & wanted;
    if (done === 0) continue;
    events.push(event);
    bits.push(done);
  }
  return { events: events.values.slice(0, events.length), bits: bits.values.slice(0, bits.length) };
}

/** What an event does with the bytes, as bits. */
type Reader = (event: number) => number;

function readersOf(timeline: Timeline, watched: WatchedBytes): ReadonlyMap<number, Reader> {
  const { from, to } = watched;
  const { events } = timeline.trace;
  const first = (event: number) => events.seq.values[event]!;
  const end = (event: number) => first(event) + events.length.values[event]!;
  const sent = new Cover(from, to);
  const around = recordsAround(timeline, watched);
  const transmit: Reader = (event) => {
    const { isNew, isAgain } = sent.add(first(event), end(event));
    const mayLookUp = first(event) < around.to && (end(event) > around.from || around.isUnbounded);
    return (
      (isNew ? bitOf("sent") : 0) | (isAgain ? bitOf("sent again") : 0) | (mayLookUp ? bitOf("looked up") : 0)
    );
  };
  let acked = Number.NEGATIVE_INFINITY;
  const acknowledge: Reader = (event) => {
    const before = acked;
    acked = Math.max(acked, first(event));
    return Math.min(acked, to) > Math.max(before, from) ? bitOf("acknowledged") : 0;
  };
  const write: Reader = (event) => (first(event) < to && end(event) > from ? bitOf("rewritten") : 0);
  return new Map([
    [Kind.transmit, transmit],
    [Kind.ack, acknowledge],
    [Kind["page-write"], write],
  ]);
}

/** The bytes of all records that hold a watched one. Before v5.6 the map's head was the answer for whatever lay below it. */
function recordsAround(timeline: Timeline, { connection, from, to }: WatchedBytes) {
  const socket = timeline.machine.sockets[connection]!;
  const { records } = socket;
  const [low, high] = [records.rowOf(from, records.count), records.rowOf(seq(to - 1), records.count)];
  return {
    from: low < 0 ? from : records.start(low),
    to: high < 0 ? to : records.end(high),
    isUnbounded: !socket.rules.boundsLookup(socket),
  };
}

/** What of the watched bytes has been sent, as ranges that do not touch, ascending. */
class Cover {
  private readonly from: number;
  private readonly to: number;
  private ranges: [from: number, to: number][] = [];

  constructor(from: number, to: number) {
    this.from = from;
    this.to = to;
  }

  /** Whether a packet [from, to) carries one of the bytes for the first time, and whether one again. */
  add(first: number, end: number): { isNew: boolean; isAgain: boolean } {
    const [from, to] = [Math.max(first, this.from), Math.min(end, this.to)];
    if (from >= to) return { isNew: false, isAgain: false };
    const touching = this.ranges.filter(([a, b]) => a <= to && b >= from);
    const held = touching.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, to) - Math.max(a, from)), 0);
    const all: [number, number] = [
      Math.min(from, ...touching.map(([a]) => a)),
      Math.max(to, ...touching.map(([, b]) => b)),
    ];
    const rest = this.ranges.filter((range) => !touching.includes(range));
    this.ranges = [...rest, all].sort(([a], [b]) => a - b);
    return { isNew: held < to - from, isAgain: held > 0 };
  }
}

/** Stages that look up records: of a packet's first byte, byte after byte, or inside the fallback. */
const lookups: readonly number[] = [Stage["tls.getRecord"], Stage["tls.fallback"], Stage["driver.emulate"]];

/** What is done with the watched bytes right there: at a look-up's stage, all else behind the event's first stage. */
export function dealtAt(
  timeline: Timeline,
  watched: WatchedBytes,
  { events, bits }: Dealt,
  { event, stage }: Position,
): readonly Dealing[] {
  const i = firstAtLeast(events, event);
  const here = timeline.record(event).stages[stage];
  if (events[i] !== event || here?.connection !== watched.connection) return [];
  const isHere = (dealing: Dealing) =>
    dealing === "looked up"
      ? lookups.includes(here.stage) && isFound(timeline, watched, here.detail, event)
      : stage === 0;
  return dealings.filter((dealing) => (bits[i]! & bitOf(dealing)) !== 0 && isHere(dealing));
}

/** The record that was found holds a watched byte; where none was found, the packet does. */
function isFound(
  timeline: Timeline,
  { connection, from, to }: WatchedBytes,
  row: number,
  event: number,
): boolean {
  const { records } = timeline.machine.sockets[connection]!;
  if (row >= 0) return records.start(row) < to && records.end(row) > from;
  const { seq, length } = timeline.trace.events;
  return seq.at(event) < to && seq.at(event) + length.at(event) > from;
}
