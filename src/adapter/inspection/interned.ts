/** How many numbers are kept: those of some thousand stops. */
const keptMax = 2 ** 18;

/** The number that a session gave last: what another trace of the same session was called is never called so again. */
export interface Counter {
  last: number;
}

/**
 * Numbers for what an editor asks about again, by its key: the same thing has the same number whenever it is met, and
 * keeps it as long as the session lasts. Only what was not met for very long is forgotten; its number is never given again.
 */
export class Interned<Thing> {
  private readonly numbers = new Map<string, number>();
  private readonly things = new Map<number, { key: string; thing: Thing }>();
  private readonly counter: Counter;

  constructor(counter: Counter) {
    this.counter = counter;
  }

  /** The number of what the key stands for; `make` gives it where it is new. */
  numberOf(key: string, make: () => Thing): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = ++this.counter.last;
    this.numbers.set(key, number);
    this.things.set(number, { key, thing: make() });
    if (this.things.size > keptMax) this.forgetOldest();
    return number;
  }

  /** What has this number; undefined if nothing has, or it was forgotten. */
  of(number: number): Thing | undefined {
    return this.things.get(number)?.thing;
  }

  private forgetOldest(): void {
    for (const [number, { key }] of this.things) {
      this.things.delete(number);
      this.numbers.delete(key);
      return;
    }
  }
}
