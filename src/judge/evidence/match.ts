import { firstThat } from "../../core/base/columns.ts";
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
export function* align(
  expected: readonly Expected[],
  tracepoints: readonly Tracepoint[],
): Generator<number, Pair[]> {
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < expected.length || j < tracepoints.length) {
    yield j / tracepoints.length;
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
  for (const [skipped, extra] of ways) {
    if (skipped >= left || extra >= right) continue;
    if (isSame(expected[i + skipped]!, tracepoints[j + extra]!)) return [skipped, extra];
  }
  return [1, 1];
}

/** How many of each side may lie before two that are alike: the nearest first, of equally near ones that with as many on both sides. */
const ways: readonly (readonly [skipped: number, extra: number])[] = Array.from(
  { length: lookAhead },
  (_, k) => k + 1,
).flatMap((sum) =>
  Array.from({ length: sum + 1 }, (_, skipped): [number, number] => [skipped, sum - skipped]).sort(
    (a, b) => Math.abs(a[0] - a[1]) - Math.abs(b[0] - b[1]),
  ),
);

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
export function* alignRetransmits(
  bursts: readonly Burst[],
  tracepoints: readonly Tracepoint[],
  offsetNs: number | null,
): Generator<number, RetransmitPair[]> {
  if (bursts.length === tracepoints.length || offsetNs === null) {
    const length = Math.max(bursts.length, tracepoints.length);
    return Array.from({ length }, (_, k) => ({
      burst: bursts[k] ?? null,
      tracepoint: tracepoints[k] ?? null,
    }));
  }
  const room = new Room(bursts);
  const pairs: RetransmitPair[] = [];
  for (const tracepoint of tracepoints) {
    pairs.push({ burst: room.take(tracepoint.timeNs + offsetNs), tracepoint });
    yield pairs.length / tracepoints.length;
  }
  for (const burst of room.untold()) pairs.push({ burst, tracepoint: null });
  return pairs;
}

/** Bursts in the order of time, each with room for as many reports as it has frames. */
class Room {
  private readonly bursts: readonly Burst[];
  /** Reports that each has, and, for one that is full, the next one before and behind it that may not be. */
  private readonly taken: Int32Array;
  private readonly before: Int32Array;
  private readonly behind: Int32Array;
  /** The burst that was taken last: reports come in the order of time, too. */
  private from = 0;

  constructor(bursts: readonly Burst[]) {
    this.bursts = [...bursts].sort((a, b) => a.timeNs - b.timeNs);
    this.taken = new Int32Array(bursts.length);
    // Shifted by one, so that there is a place before the first.
    this.before = Int32Array.from({ length: bursts.length + 2 }, (_, i) => i);
    this.behind = this.before.slice();
  }

  /** Gives the nearest burst with room a report of that time; null if none is near. */
  take(timeNs: number): Burst | null {
    const at = this.nearest(timeNs);
    if (at < 0) return null;
    this.from = at;
    const burst = this.bursts[at]!;
    if (++this.taken[at]! === burst.events.length) {
      this.before[at + 1] = at;
      this.behind[at + 1] = at + 2;
    }
    return burst;
  }

  untold(): Burst[] {
    return this.bursts.filter((_, i) => this.taken[i] === 0);
  }

  /** Of equally near ones the first. */
  private nearest(timeNs: number): number {
    const { bursts, from } = this;
    const time = (i: number) => bursts[i]!.timeNs;
    const first = (ns: number) => firstThat(from, bursts.length, (i) => time(i) >= ns);
    const later = this.free(this.behind, first(timeNs));
    const earlier = this.free(this.before, first(timeNs) - 1);
    const isLater = later < bursts.length && time(later) <= timeNs + nearNs;
    const isEarlier = earlier >= from && time(earlier) >= timeNs - nearNs;
    if (isEarlier && (!isLater || timeNs - time(earlier) <= time(later) - timeNs))
      return this.free(this.behind, first(time(earlier)));
    return isLater ? later : -1;
  }

  /** The first burst from `at` on, in one direction, that has room. */
  private free(links: Int32Array, at: number): number {
    let i = at + 1;
    while (links[i] !== i) {
      links[i] = links[links[i]!]!;
      i = links[i]!;
    }
    return i - 1;
  }
}
