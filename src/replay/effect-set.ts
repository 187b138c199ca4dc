import { Effect, type EffectName } from "../core/words/effect.ts";

/** A set of effect kinds: one bit a kind, in two halves of 32, because that is what a column of a typed array holds. */
export interface EffectSet {
  readonly low: number;
  readonly high: number;
}

export const noEffects: EffectSet = { low: 0, high: 0 };
/** Kinds whose bit stands in the low half. */
export const lowEffects = 32;

/** The set of one kind; `1 << kind` takes the kind modulo 32. */
export const setOf = (kind: number): EffectSet =>
  kind < lowEffects ? { low: 1 << kind, high: 0 } : { low: 0, high: 1 << kind };

export const union = (a: EffectSet, b: EffectSet): EffectSet => ({
  low: a.low | b.low,
  high: a.high | b.high,
});

export const effectSet = (...names: EffectName[]): EffectSet =>
  names.map((name) => setOf(Effect[name])).reduce(union, noEffects);

export const contains = (set: EffectSet, kind: number): boolean =>
  ((kind < lowEffects ? set.low : set.high) & (1 << kind)) !== 0;

export const isEmpty = (set: EffectSet): boolean => set.low === 0 && set.high === 0;
