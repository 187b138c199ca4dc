import { descriptorKinds } from "../../core/words/descriptor.ts";
import { dropReasons } from "../../core/words/effect-words.ts";
import type { ComparedRun, Comparison } from "./compare.ts";
import type { Tally } from "./tally.ts";

/** One row of the comparison's table. */
export interface Measure {
  /** Field of the JSON output. */
  key: string;
  /** As the table says it; indented = a part of the row above. */
  label: string;
  of: (tally: Tally) => number;
}

/** What is set side by side whatever the trace, in the table's order. */
export const measures: readonly Measure[] = [
  { key: "transmits", label: "transmits", of: ({ transmits }) => transmits },
  { key: "encrypted", label: "  encrypted by the NIC", of: ({ encrypted }) => encrypted },
  { key: "fallback", label: "  encrypted in software", of: ({ fallback }) => fallback },
  { key: "plain", label: "  sent as they are", of: ({ plain }) => plain },
  { key: "dropped", label: "  dropped", of: ({ dropped }) => dropped },
  {
    key: "lostBehindDriver",
    label: "lost behind the driver",
    of: ({ lostBehindDriver }) => lostBehindDriver,
  },
  { key: "outOfOrder", label: "out of order", of: ({ outOfOrder }) => outOfOrder },
  { key: "resyncs", label: "resyncs", of: ({ resyncs }) => resyncs },
  { key: "stateChanges", label: "device state changes", of: ({ stateChanges }) => stateChanges },
  { key: "devResyncs", label: "  by tls_dev_resync", of: ({ commands }) => commands },
  { key: "fallbackBytes", label: "bytes encrypted in software", of: ({ fallbackBytes }) => fallbackBytes },
  { key: "payloadBytes", label: "bytes of packets", of: ({ payloadBytes }) => payloadBytes },
  { key: "replayedBytes", label: "bytes replayed", of: ({ replayedBytes }) => replayedBytes },
  { key: "descriptorCount", label: "descriptors", of: ({ posts }) => posts },
  { key: "readBytes", label: "bytes the device reads", of: ({ readBytes }) => readBytes },
];

/** Descriptors that a run posted, by the family's own names. */
export function descriptorsOf({ timeline, tally }: ComparedRun): Map<string, number> {
  const { descriptorNames } = timeline.trace.devices[0]!.profile;
  const counts = new Map<string, number>();
  for (const [kind, name] of descriptorKinds.entries()) {
    const count = tally.descriptors[kind]!;
    const own = descriptorNames[name];
    if (count > 0) counts.set(own, (counts.get(own) ?? 0) + count);
  }
  return counts;
}

/** Drops of a run by their reason, what a reset of a queue discards last. */
export const dropsOf = ({ tally }: ComparedRun): Map<string, number> => {
  const counts = dropReasons.map((reason, i): [string, number] => [reason, tally.drops[i]!]);
  return new Map([...counts, ["queue-reset", tally.discarded] as const].filter(([, count]) => count > 0));
};

/** How many events of a run have bytes that are wrong, or other than the first run's. */
export const wrongEventsOf = ({ wireDifferences }: Comparison, run: number): number =>
  wireDifferences.filter(({ bytes }) => bytes.some((difference) => difference.run === run)).length;
