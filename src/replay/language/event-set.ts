import { eventKinds, Kind } from "../../core/words/event.ts";
import { Sign, signs } from "../../trace/signs.ts";
import { didYouMean } from "./spelling.ts";

/** A set of things that happen in a trace, as queries name it. */
export type EventSet =
  /** Events of some kinds: `transmits`, `acks`, all `events`. */
  | { of: "events"; name: string; kinds: readonly number[] }
  /** Each time that a sign is said or found: `resync`, `out-of-order`. */
  | { of: "signs"; name: string; kind: number };

const plural = (word: string): string => (/s$/.test(word) ? `${word}es` : `${word}s`);

/** Every name of a set of events: a kind's, also in the plural. */
const kindsNamed: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>([
  ["events", eventKinds.map((kind) => Kind[kind])],
  ["packets", [Kind.transmit]],
  ...eventKinds.flatMap((kind): [string, readonly number[]][] => [
    [kind, [Kind[kind]]],
    [plural(kind), [Kind[kind]]],
  ]),
]);

const signNamed: ReadonlyMap<string, number> = new Map(signs.map(({ name }) => [name, Sign[name]]));

/** What completion offers. */
export const setNames: readonly string[] = [
  "events",
  ...eventKinds.map(plural),
  ...signs.map(({ name }) => name),
];

/** The set of that name; null if there is none. Where a kind of events and a sign share a name, the sign is meant. */
export function setNamed(name: string): EventSet | null {
  const sign = signNamed.get(name);
  if (sign !== undefined) return { of: "signs", name, kind: sign };
  const kinds = kindsNamed.get(name);
  return kinds ? { of: "events", name, kinds } : null;
}

/** What is said of a name that no set has. */
export const noSet = (name: string): string =>
  `nothing in a trace is called "${name}"${didYouMean(name, setNames) || "; there are transmits, acks, events and the effects, as resync"}`;
