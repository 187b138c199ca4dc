/** What several rounds gave, in order of size. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The value that a share of the others does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: quantile(values, 0.5),
  min: Math.min(...values),
  max: Math.max(...values),
});

/** Milliseconds that something takes. */
export type Timed = () => number | Promise<number>;

export async function timed(job: () => unknown): Promise<number> {
  const started = performance.now();
  await job();
  return performance.now() - started;
}

/**
 * How many times as long `b` takes as `a`: pairs in turn (a b, b a, …), after one of each that does not count, so
 * that what else runs on the machine hits both alike.
 */
export async function ratios(rounds: number, a: Timed, b: Timed): Promise<Spread> {
  await a();
  await b();
  const found: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [first, second] = round % 2 === 0 ? [a, b] : [b, a];
    const times = [await first(), await second()] as const;
    found.push(round % 2 === 0 ? times[1] / times[0] : times[0] / times[1]);
  }
  return spreadOf(found);
}
