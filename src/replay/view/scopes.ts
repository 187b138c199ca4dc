import { descriptors, driver, nic } from "./device-scopes.ts";
import { keys, packet, records, tcp } from "./socket-scopes.ts";
import type { ViewNode } from "./value.ts";
import type { View } from "./view.ts";

/** The scopes by the root of their paths, in the order of the Variables view. */
const scopeBuilders: Readonly<Record<string, (view: View) => ViewNode>> = {
  packet,
  tcp,
  records,
  driver,
  nic,
  descriptors,
  keys,
};

/** What belongs to the current event alone: another connection's view has none of it. */
const ofEvent = new Set(["packet", "descriptors"]);

export const scopeNames = Object.keys(scopeBuilders);

/** The scope whose paths begin with `name`; null if there is none, or it speaks of another connection's event. */
export function scopeAt(view: View, name: string): ViewNode | null {
  if (!Object.hasOwn(scopeBuilders, name)) return null;
  return isOfEvent(view) || !ofEvent.has(name) ? scopeBuilders[name]!(view) : null;
}

/** True if the view's connection is one that the event is about. */
const isOfEvent = ({ timeline, position, index }: View): boolean =>
  timeline.connectionsOf(position.event).includes(index);

/** All scopes of a view. */
export const scopesOf = (view: View): ViewNode[] => scopeNames.flatMap((name) => scopeAt(view, name) ?? []);

/** Paths that only some events or states have; elsewhere they are unknown, not a mistake. */
export const passingPaths: ReadonlySet<string> = new Set([
  ...[
    "frame",
    "line",
    "seq",
    "endSeq",
    "length",
    "outOfOrder",
    "recordSn",
    "recordOffset",
    "part",
    "fate",
    "wire",
    "ack",
    "kernel",
  ].map((name) => `packet.${name}`),
  "driver.compared",
  "descriptors.recordSn",
  "descriptors.prefixLength",
  "descriptors.waiting",
  "records.openRecordLength",
  "records.openFragments",
  "records.waitingAck",
  "tcp.rekeyBoundary",
  "nic.checkedSeq",
]);
