import type { Kind } from "./kind.ts";
import { listKind } from "./list.ts";
import { byteWords } from "./packet-words.ts";
import { recordMap } from "./record-map/scene.ts";
import { sequenceTime } from "./sequence-time/scene.ts";

/** The kinds of pictures, in the order of their tabs. */
export const kinds = {
  "sequence-time": sequenceTime,
  "record-map": recordMap,
  queue: listKind({
    title: "Transmit Queue",
    says: "Descriptors in the order in which they were posted",
    legend: [
      { role: "sent", says: "a packet" },
      { role: "packet", says: "bytes fed again" },
      { role: "nic", says: "work that moves the device's state" },
      { role: "wrong", says: "fence: it waits for everything before it" },
    ],
  }),
  cost: listKind({
    title: "Cost",
    says: "What resynchronising cost, by stream, by profile and by loss",
    legend: [
      { role: "replayed-bar", says: "bytes fed to the device again" },
      { role: "fallback-bar", says: "bytes encrypted in software" },
      { role: "bytes-bar", says: "both, and 64 bytes a descriptor besides packets" },
    ],
  }),
  packet: listKind({
    title: "Packet",
    says: "The bytes of a packet",
    legend: [
      ...Object.entries(byteWords).map(([role, says]) => ({ role, says })),
      { role: "wrong-ground", says: "not as expected" },
    ],
  }),
} satisfies Record<string, Kind>;
export type KindName = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as readonly KindName[];

/** What a kind does with any view of its own. */
export const kindOf = (name: KindName): Kind => kinds[name];

export const isKind = (name: string): name is KindName => Object.hasOwn(kinds, name);
