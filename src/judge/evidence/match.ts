import type { Tracepoint } from "../../trace/evidence/tracepoints.ts";
import type { Burst, Expected, FieldName, FieldValue } from "./expected.ts";
import { listIn } from "./lists.ts";
import { agrees, fieldOf, isSame, type Told, wantedIn } from "./sockets.ts";

/** A tracepoint and what the model says of it, in one order; either may have no partner. */
export interface Pair {
  expected: Expected | null;
  tracepoint: Tracepoint | null;
}

/** How far ahead either side is searched for where the two go on alike. */
const lookAhead = 16;

/**
 * Lays tracepoints of one kind beside what the model expects of it, both in their order: where they part, the nearest
 * place from which they go on alike; what lies before it belongs together as far as both sides have something.
 */
export function align(expected: readonly Expected[], tracepoints: readonly Tracepoint[]): Pair[] {
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < expected.length || j < tracepoints.length) {
    const [skipped, extra] = nextAlike(expected, i, tracepoints, j);
    for (let k = 0; k < Math.max(skipped, extra); k++) {
      const has = { expected: k < skipped, tracepoint: k < extra };
      pairs.push({
        expected: has.expected ? expected[i + k]! : null,
        tracepoint: has.tracepoint ? tracepoints[j + k]! : null,
      });
    }
    i += skipped;
    j += extra;
    if (i < expected.length && j < tracepoints.length && isSame(expected[i]!, tracepoints[j]!))
      pairs.push({ expected: expected[i++]!, tracepoint: tracepoints[j++]! });
  }
  return pairs;
}

/** How many of each side lie before the nearest two that are alike; where none are, one of each (or all of the longer). */
function nextAlike(
  expected: readonly Expected[],
  i: number,
  tracepoints: readonly Tracepoint[],
  j: number,
): [skipped: number, extra: number] {
  const [left, right] = [expected.length - i, tracepoints.length - j];
  if (left === 0 || right === 0) return [left, right];
  if (isSame(expected[i]!, tracepoints[j]!)) return [0, 0];
  for (let sum = 1; sum <= lookAhead; sum++) {
    // Of equally near ones first that with as many on both sides.
    const ways = Array.from({ length: sum + 1 }, (_, k) => k).sort(
      (a, b) => Math.abs(sum - 2 * a) - Math.abs(sum - 2 * b),
    );
    for (const skipped of ways) {
      const extra = sum - skipped;
      if (skipped >= left || extra >= right) continue;
      if (isSame(expected[i + skipped]!, tracepoints[j + extra]!)) return [skipped, extra];
    }
  }
  return [1, 1];
}

/** Fields in which a tracepoint is not what the model says. */
export function differing(
  expected: Expected,
  tracepoint: Tracepoint,
): { name: FieldName; wanted: FieldValue; told: Told<FieldName> | undefined }[] {
  return wantedIn(expected).flatMap(([name, wanted]) => {
    const told = fieldOf(tracepoint, name);
    return agrees(wanted, told) ? [] : [{ name, wanted, told }];
  });
}

/** Trace clock minus evidence clock in ns: the median over what belongs together; null where nothing does. */
export function offsetOf(pairs: readonly Pair[]): number | null {
  const both = pairs.filter(({ expected, tracepoint }) => expected !== null && tracepoint !== null);
  const exact = both.filter(({ expected, tracepoint }) => isSame(expected!, tracepoint!));
  const best = exact.length > 0 ? exact : both;
  return median(best.map(({ expected, tracepoint }) => expected!.timeNs - tracepoint!.timeNs));
}

function median(numbers: readonly number[]): number | null {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[sorted.length >> 1] ?? null;
}

/** Votes looked at on either side of a connection, how near votes for one offset are, and how many must agree. */
const votersMax = 300;
const voteNs = 2e6;
const votesMin = 3;

/**
 * The offset by which most retransmissions have a report: for a trace whose other tracepoints tell no time, because an
 * offload is installed long before its first record is sent. Null where no three agree.
 */
export function votedOffset(
  groups: readonly { bursts: readonly Burst[]; tracepoints: readonly Tracepoint[] }[],
): number | null {
  const votes = new Map<number, number[]>();
  for (const { bursts, tracepoints } of groups)
    for (const { timeNs } of tracepoints.slice(0, votersMax))
      for (const burst of bursts.slice(0, votersMax)) {
        const offset = burst.timeNs - timeNs;
        listIn(votes, Math.floor(offset / voteNs)).push(offset);
      }
  let best: number[] = [];
  for (const [place, own] of votes) {
    const both = [...own, ...(votes.get(place + 1) ?? [])];
    if (both.length > best.length) best = both;
  }
  return best.length >= votesMin ? median(best) : null;
}

/** A reported retransmission and the transmits that it is; either may have no partner. */
export interface RetransmitPair {
  burst: Burst | null;
  tracepoint: Tracepoint | null;
}

/** A retransmission and its report lie this close together once the clocks' offset is known. */
const nearNs = 5e6;

/**
 * Lays reported retransmissions beside the model's. The tracepoint has no sequence number: as many of each belong
 * together in their order; otherwise the nearest in time, and a burst of frames may have several tracepoints.
 */
export function alignRetransmits(
  bursts: readonly Burst[],
  tracepoints: readonly Tracepoint[],
  offsetNs: number | null,
): RetransmitPair[] {
  if (bursts.length === tracepoints.length || offsetNs === null) {
    const length = Math.max(bursts.length, tracepoints.length);
    return Array.from({ length }, (_, k) => ({
      burst: bursts[k] ?? null,
      tracepoint: tracepoints[k] ?? null,
    }));
  }
  const taken = new Map<Burst, number>();
  let from = 0;
  const pairs = tracepoints.map((tracepoint): RetransmitPair => {
    const timeNs = tracepoint.timeNs + offsetNs;
    while (from < bursts.length && bursts[from]!.timeNs < timeNs - nearNs) from++;
    const at = nearest(bursts, timeNs, from, taken);
    if (at < 0) return { burst: null, tracepoint };
    from = at;
    const burst = bursts[at]!;
    taken.set(burst, (taken.get(burst) ?? 0) + 1);
    return { burst, tracepoint };
  });
  const missing = bursts.filter((burst) => !taken.has(burst));
  return [...pairs, ...missing.map((burst) => ({ burst, tracepoint: null }))];
}

/** The burst nearest to the time that has room for one more report; −1 if none is near. */
function nearest(
  bursts: readonly Burst[],
  timeNs: number,
  from: number,
  taken: ReadonlyMap<Burst, number>,
): number {
  let best = -1;
  for (let at = from; at < bursts.length && bursts[at]!.timeNs <= timeNs + nearNs; at++) {
    const burst = bursts[at]!;
    const isFull = (taken.get(burst) ?? 0) >= burst.events.length;
    const away = (each: Burst) => Math.abs(each.timeNs - timeNs);
    if (isFull) continue;
    if (best < 0 || away(burst) < away(bursts[best]!)) best = at;
  }
  return best;
}
