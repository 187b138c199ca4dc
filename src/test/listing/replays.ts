import assert from "node:assert/strict";
import { countersOf } from "../../core/machine/count.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { isKnown } from "../../core/nic/bytes.ts";
import { profileById } from "../../core/profiles/all.ts";
import { EventLog, Kind } from "../../core/words/event.ts";
import { SignIndex } from "../../replay/sign-index.ts";
import { Timeline } from "../../replay/timeline.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { printTrace } from "../../trace/language/print.ts";
import type { Trace } from "../../trace/trace.ts";

/** All effects of a replay in their order, each with its event, connection and arguments. */
class Heard extends SignIndex {
  readonly said: number[] = [];

  override effect(kind: number, a: number, b: number): void {
    super.effect(kind, a, b);
    this.said.push(kind, a, b, this.socket!.event, this.socket!.index);
  }
}

/** Columns of events that a line says: all but where the event stands. */
const columns = ["connection", "kind", "flags", "length", "extra"] as const;
/** Where a record lies follows from those before it. */
const placed: readonly number[] = [Kind.transmit, Kind.ack, Kind.merge, Kind.split, Kind["page-write"]];

/** Nanoseconds over more than 104 days are not exact to begin with. */
const isExact = ({ timeNs, count }: EventLog) =>
  timeNs.values.subarray(0, count).every((time) => Number.isSafeInteger(time));

/** What a trace says: its events, and what is fixed about its connections. */
const said = ({ events, sacks, recordSns, connections, devices }: Trace): unknown => ({
  times: isExact(events) ? [...events.timeNs.values.subarray(0, events.count)] : null,
  columns: columns.map((name) => [name, ...events[name].values.subarray(0, events.count)]),
  places: Array.from({ length: events.count }, (_, i) =>
    placed.includes(events.kind.at(i)) ? events.seq.at(i) : null,
  ),
  sacks: [...sacks].filter(([, blocks]) => blocks.length > 0).sort(([a], [b]) => a - b),
  recordSns: [...recordSns],
  connections: connections.map(({ epochs: _, source: __, ...fixed }) => fixed),
  devices: devices.map(({ profile, ...fixed }) => ({ ...fixed, profile: profile.id })),
});

/** What a replay comes to: every effect, the counters, and of which records the content is known. */
function outcome(trace: Trace): unknown {
  const heard = new Heard();
  const timeline = new Timeline(trace, heard).runAll();
  const { count } = trace.events;
  return {
    said: heard.said,
    counters: trace.connections.map((_, c) => countersOf(timeline.stateBefore(c, count))),
    known: timeline.machine.sockets.map((socket) =>
      Array.from({ length: socket.records.count }, (_, row) => isKnown(socket, row)),
    ),
  };
}

/** The trace on devices with another profile. */
const under = (trace: Trace, profile: Profile): Trace => ({
  ...trace,
  devices: trace.devices.map((device) => ({
    ...device,
    profile,
    kernel: profile.kernel ?? device.kernel,
  })),
});

/** A large array that is not the other is told by its first place, not by millions of lines. */
function assertSame(one: unknown, other: unknown, what: string): void {
  if (Array.isArray(one) && Array.isArray(other)) {
    assert.equal(one.length, other.length, `${what}: length`);
    const at = one.findIndex((value, i) => !Object.is(value, other[i]) && typeof value !== "object");
    assert.equal(at, -1, `${what}[${at}]: ${one[at]} is ${other[at]}`);
    for (const [i, value] of one.entries())
      if (typeof value === "object") assertSame(value, other[i], `${what}[${i}]`);
  } else if (typeof one === "object" && one !== null) {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other as object)]))
      assertSame(one[key as never], (other as never)[key], `${what}.${key}`);
  } else assert.deepEqual(one, other, what);
}

/** The trace that a listing is when it was saved and is read again. */
export const readAgain = (trace: Trace): Trace =>
  parseTrace(trace.name, printTrace(trace), (word) => profileById(word));

/**
 * Saves the listing of a trace and reads it again: nothing may be wrong with it, and it must say the same and replay to
 * the same effects, under the trace's own profile and under others. Gives how many events there were.
 */
export function assertReplays(trace: Trace, what: string, others: readonly string[] = []): number {
  if (trace.connections.length === 0) return 0;
  const again = readAgain(trace);
  const worse = again.diagnostics.filter(({ severity }) => severity !== "note");
  assert.deepEqual(worse, [], what);
  assertSame(said(again), said(trace), what);
  assertSame(outcome(again), outcome(trace), what);
  for (const id of others) {
    const profile = profileById(id)!;
    assertSame(outcome(under(again, profile)), outcome(under(trace, profile)), `${what} under ${id}`);
  }
  return trace.events.count;
}

/** The trace with its events in a log of their own, which a test may change. */
export function withOwnEvents(trace: Trace): Trace {
  const events = new EventLog();
  for (let event = 0; event < trace.events.count; event++) events.push(trace.events.at(event));
  return { ...trace, events };
}
