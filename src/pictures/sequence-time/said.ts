import { effects } from "../../core/words/effect.ts";
import { type Judged, nextSign } from "../../replay/findings.ts";
import { wrongSigns } from "../../replay/view/wrong/byte.ts";
import { signs, signsNamed } from "../../trace/signs.ts";
import type { LaneName } from "./view.ts";

/** Lanes of what the replay or its judges say of a packet, by what they say. */
export const ofSigns = {
  "out-of-order": signsNamed("out-of-order"),
  fallback: signsNamed("software-fallback"),
  lost: signsNamed("lost"),
  dropped: signsNamed("dropped", "nic-dropped", "qdisc-drop"),
  leak: signsNamed("plaintext", "placeholder", "record-leaked"),
  wrong: [...wrongSigns, ...signsNamed("wrong-tag", "wrong-ciphertext")],
} as const satisfies Partial<Record<LaneName, readonly number[]>>;

export const saidLanes = Object.keys(ofSigns) as readonly (keyof typeof ofSigns)[];

/** The lanes that each sign is in, by its number. */
export const lanesOfSign: readonly (readonly (keyof typeof ofSigns)[])[] = signs.map((_, kind) =>
  saidLanes.filter((name) => (ofSigns[name] as readonly number[]).includes(kind)),
);

/** Which argument of each effect is the number of a byte that it is about; null = none. */
export const seqArgument: readonly (0 | 1 | null)[] = effects.map(({ args }) => {
  const at = args.findIndex(([name]) => name === "seq");
  return at === 0 || at === 1 ? at : null;
});

/** How much that is rare each connection of a replay has, by its index; absent = nothing. */
export function rareIn(judged: Judged): Map<number, number> {
  const kinds = Object.values(ofSigns).flat();
  const { connection } = judged.timeline.trace.events;
  const counts = new Map<number, number>();
  for (let event = nextSign(judged, 0, 1, kinds); event >= 0; event = nextSign(judged, event + 1, 1, kinds)) {
    const of = connection.values[event]!;
    counts.set(of, (counts.get(of) ?? 0) + 1);
  }
  return counts;
}
