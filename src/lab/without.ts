import { deviceColumn, EventLog, Kind } from "../core/words/event.ts";
import { readPrinted } from "../trace/edited.ts";
import type { Trace } from "../trace/trace.ts";

/** The trace without a connection; null if an event or another connection is of it, or there is no other. */
export function withoutConnection(trace: Trace, gone: number): Trace | null {
  const { events, connections } = trace;
  if (connections.length < 2 || connections.some(({ reuses }) => reuses === gone)) return null;
  const after = (of: number): number => of - (of > gone ? 1 : 0);
  const kept = connections
    .filter((_, index) => index !== gone)
    .map((each) => ({ ...each, reuses: after(each.reuses) }));
  const renamed = renumbered(events, (of) => (of === gone ? null : after(of)));
  return renamed && { ...trace, ...withoutLines, connections: kept, events: renamed };
}

/** The trace without a device; null if an event, a connection or a bond is of it, or there is no other. */
export function withoutDevice(trace: Trace, gone: number): Trace | null {
  const { events, connections, devices } = trace;
  const isUsed =
    devices.length < 2 ||
    connections.some(({ device }) => device === gone) ||
    devices.some(({ slaves }, index) => index !== gone && slaves.length > 0) ||
    events.kind.values.subarray(0, events.count).includes(Kind.reroute);
  if (isUsed) return null;
  const column = deviceColumn(gone);
  const renamed = renumbered(events, (of) => (of === column ? null : of + (of < column ? 1 : 0)));
  const moved = connections.map((each) => ({ ...each, device: each.device - (each.device > gone ? 1 : 0) }));
  const kept = devices.filter((_, index) => index !== gone);
  return renamed && { ...trace, ...withoutLines, connections: moved, devices: kept, events: renamed };
}

/** The trace with a connection that finds no context of an earlier one; null if it finds none anyway. */
export function withoutReuse(trace: Trace, index: number): Trace | null {
  const { connections } = trace;
  if (connections[index]!.reuses < 0) return null;
  return {
    ...trace,
    connections: connections.map((each, i) => (i === index ? { ...each, reuses: -1 } : each)),
  };
}

/** The trace as it stands in a text without empty lines. */
export function closeTogether(trace: Trace): Trace {
  const events = renumbered(trace.events, (of) => of)!;
  const { declarationLines, ...rest } = trace;
  const expectations = trace.expectations.map((each) => ({ ...each, line: 0 }));
  return readPrinted({ ...rest, events, expectations, comments: new Map() });
}

/** The lines of the text that it was read from say nothing of it any more: it is printed and read anew. */
const withoutLines = { declarationLines: [], comments: new Map<number, string>() };

/** Events with other numbers for their connections and devices, and on no lines; null if one of them has none. */
function renumbered(events: EventLog, numberOf: (column: number) => number | null): EventLog | null {
  const after = new EventLog();
  for (let i = 0; i < events.count; i++) {
    const event = events.at(i);
    const connection = numberOf(event.connection);
    if (connection === null) return null;
    after.push({ ...event, connection, line: 0 });
  }
  return after;
}
