/** Rows that follow each other: `count` of them, the first at `from`. */
export interface Run {
  from: number;
  count: number;
}

/** Runs one behind the other, each with the place where it begins; one from below 0 takes up its place and is left out. */
export function* placesOf(runs: readonly Run[]): Generator<Run & { place: number }> {
  let place = 0;
  for (const { from, count } of runs) {
    if (from >= 0) yield { from, count, place };
    place += count;
  }
}

export const countOf = (runs: readonly Run[]): number => runs.reduce((sum, { count }) => sum + count, 0);

/** The rows [start, end) of all that the runs have. */
export function cutRuns(runs: readonly Run[], start: number, end: number): Run[] {
  const parts: Run[] = [];
  let at = 0;
  for (const { from, count } of runs) {
    const low = Math.max(start, at);
    const high = Math.min(end, at + count);
    if (low < high) parts.push({ from: from + low - at, count: high - low });
    at += count;
  }
  return parts;
}
