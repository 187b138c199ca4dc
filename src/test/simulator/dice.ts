import { seeded } from "./mutate.ts";

/** Random choices, all from one seed. */
export class Dice {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = seeded(seed);
  }

  /** A whole number from `min` to `max`, both included. */
  from(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  one<T>(...choices: readonly T[]): T {
    return choices[this.from(0, choices.length - 1)]!;
  }

  /** One of the words, each as often as its weight says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const words = Object.keys(weights) as T[];
    const total = words.reduce((sum, word) => sum + weights[word], 0);
    let at = this.next() * total;
    for (const word of words) {
      at -= weights[word];
      if (at < 0) return word;
    }
    return words.at(-1)!;
  }
}
