import type { Device } from "../../core/machine/connection.ts";
import { deviceColumn, EventLog, Kind } from "../../core/words/event.ts";
import type { Trace } from "../trace.ts";

/** What a device becomes, and what it then is: a profile without a kernel of its own leaves the kernel as it was. */
export type Become = NonNullable<Device["later"]>[number];

export const becomes = (own: Device, profile: Become["profile"]): Become => ({
  profile,
  kernel: profile.kernel ?? (own.later?.at(-1) ?? own).kernel,
});

/**
 * The trace with what its devices become in the order of its events, each counted and its kernel found as where the text is
 * read: an event that was moved, made or taken out changes what those behind it mean.
 */
export function becomingInOrder(trace: Trace): Trace {
  if (trace.devices.every(({ later }) => later === undefined)) return trace;
  const devices = trace.devices.map(({ later: _, ...device }): Device => device);
  const events = new EventLog();
  for (let event = 0; event < trace.events.count; event++) {
    const row = trace.events.at(event);
    const device = deviceColumn(row.connection);
    const one = row.kind === Kind.become ? trace.devices[device]?.later?.[row.extra] : undefined;
    if (one === undefined) {
      events.push(row);
      continue;
    }
    const own = devices[device]!;
    const later = own.later ?? [];
    devices[device] = { ...own, later: [...later, becomes(own, one.profile)] };
    events.push({ ...row, extra: later.length });
  }
  return { ...trace, devices, events };
}
