/** Rounds of which the quickest counts, by the time of the processor: what else the machine does makes a round longer, never shorter. */
const rounds = 3;
/** Tries before a growth is believed. */
const tries = 3;

function quickest(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const begun = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(begun);
    best = Math.min(best, user + system);
  }
  return best;
}

/** How many times as long four times the input takes, as little as can be seen. */
export function growthOf(run: (count: number) => void, count: number): number {
  run(count);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < tries && least >= 9; i++)
    least = Math.min(least, quickest(() => run(4 * count)) / quickest(() => run(count)));
  return least;
}
