import { type Seq, seq } from "../core/base/seq.ts";
import { type Event, Kind } from "../core/words/event.ts";
import { Timeline } from "../replay/timeline.ts";
import type { Edit } from "../trace/edit.ts";
import { edited } from "../trace/edited.ts";
import type { Trace } from "../trace/trace.ts";

/** Events that make bytes of the stream, and those that speak of bytes that others made. */
const making: readonly number[] = [Kind.send, Kind.record, Kind.gap, Kind.close, Kind["splice-eof"]];
const speaking: readonly number[] = [Kind.transmit, Kind.ack, Kind.merge, Kind.split, Kind["page-write"]];

/** True of an event that makes bytes of the stream. */
export const makesBytes = (trace: Trace, event: number): boolean =>
  making.includes(trace.events.kind.at(event));

/**
 * The edits that make fewer bytes by an event, or none (`length` 0: it goes), and move all that lies behind them up. Twice:
 * what is behind the event's first bytes goes, or what is before its last ones. None if the stream is as long without.
 */
export function shortenings(trace: Trace, event: number, length: number): Edit[][] {
  const connection = trace.events.connection.at(event);
  const own: Edit[] =
    length === 0 ? [{ edit: "drop", event, count: 1 }] : [{ edit: "set", event, to: { length } }];
  const behind = event + 1 - (length === 0 ? 1 : 0);
  const whole = streamEnd(upTo(trace, event + 1), connection);
  const short = edited(trace, own);
  if (hasErrorsBefore(short, behind)) return [];
  const gone = whole - streamEnd(upTo(short, behind), connection);
  if (gone <= 0) return [];
  const start = streamEnd(upTo(trace, event), connection);
  const froms = [seq(whole - gone), ...(length === 0 ? [] : [start])];
  return froms.map((from) => {
    const [sets, drops] = movedUp(trace, { event, connection, from, gone });
    // What goes comes last, from the end on, so that the numbers of the others stay.
    return length === 0 ? [...sets, ...drops, ...own] : [...own, ...sets, ...drops];
  });
}

/** An error of the part that counts is seen when the whole is read; there may be any behind it. */
const hasErrorsBefore = (trace: Trace, count: number): boolean => trace.events.count < count;

function upTo(trace: Trace, count: number): Trace {
  const { events } = trace;
  if (count >= events.count) return trace;
  return edited(trace, [{ edit: "drop", event: count, count: events.count - count }]);
}

/** Where a connection's stream ends behind the trace's last event. */
function streamEnd(trace: Trace, connection: number): Seq {
  const timeline = new Timeline(trace).runAll();
  const { records } = timeline.machine.sockets[connection]!;
  const { tail, openLength } = timeline.stateBefore(connection, trace.events.count);
  const { startSeq } = trace.connections[connection]!;
  return seq((tail > 0 ? records.end(tail - 1) : startSeq) + openLength);
}

/** Bytes [from, from + gone) of a stream that are no more, since an event. */
interface Gone {
  event: number;
  connection: number;
  from: Seq;
  gone: number;
}

/** What later events that speak of bytes say then, and those that go as they speak of nothing else. */
function movedUp(trace: Trace, { event, connection, from, gone }: Gone): [sets: Edit[], drops: Edit[]] {
  const { events } = trace;
  const moved = (at: number): Seq => seq(at <= from ? at : Math.max(from, at - gone));
  const sets: Edit[] = [];
  const drops: Edit[] = [];
  for (let i = event + 1; i < events.count; i++) {
    const one = events.at(i);
    if (one.connection !== connection || !speaking.includes(one.kind)) continue;
    const to = movedEvent(one, moved);
    const sacks = trace.sacks.get(i);
    if (one.length > 0 && to.length === 0) drops.unshift({ edit: "drop", event: i, count: 1 });
    else if (to.seq !== one.seq || to.length !== one.length || sacks)
      sets.push({ edit: "set", event: i, to: { ...to, ...(sacks && { sacks: movedSacks(sacks, moved) }) } });
  }
  return [sets, drops];
}

function movedEvent({ seq: at, length }: Event, moved: (at: number) => Seq): Pick<Event, "seq" | "length"> {
  const start = moved(at);
  return { seq: start, length: moved(at + length) - start };
}

function movedSacks(sacks: readonly Seq[], moved: (at: number) => Seq): Seq[] {
  const kept: Seq[] = [];
  for (let i = 0; i + 1 < sacks.length; i += 2) {
    const [start, end] = [moved(sacks[i]!), moved(sacks[i + 1]!)];
    if (start < end) kept.push(start, end);
  }
  return kept;
}
