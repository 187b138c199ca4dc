import { firstAtLeast } from "../core/base/columns.ts";
import type { Sink, Socket } from "../core/machine/socket.ts";
import { signs } from "../trace/signs.ts";

/** Most kinds have few events. */
const initialRoom = 16;

/**
 * Which events have which signs, the other way round: one ascending list of events a kind. The next event of a kind is
 * a binary search, that of a set the nearest of its kinds', a count is a list's length. It is the sink of runs and seeks
 * itself, and one class for effects and findings: two would make every run slower.
 */
export class SignIndex implements Sink {
  socket: Socket | null = null;
  readonly isDeaf: boolean;
  /** By kind: its events, and how many there are so far. */
  private readonly lists: Int32Array[] = signs.map(() => new Int32Array(initialRoom));
  private readonly counts = new Int32Array(signs.length);
  /** By kind: what its second arguments add up to. */
  private readonly sums = new Float64Array(signs.length);

  /** `isDeaf`: a sink for seeks, where nobody asks what is said. */
  constructor(isDeaf = false) {
    this.isDeaf = isDeaf;
  }

  /** Adds a sign of an event, once an event and kind; events come in their order. Most events of a run come by here. */
  add(event: number, kind: number): void {
    const { counts } = this;
    const count = counts[kind]!;
    let list = this.lists[kind]!;
    if (count > 0 && list[count - 1] === event) return;
    if (count === list.length) list = this.resized(kind, 2 * count);
    list[count] = event;
    counts[kind] = count + 1;
  }

  effect(kind: number, _a: number, b: number): void {
    if (this.isDeaf) return;
    this.sums[kind]! += b;
    this.add(this.socket!.event, kind);
  }

  stage(_stage: number, _detail?: number): void {}

  private resized(kind: number, room: number): Int32Array {
    const list = new Int32Array(room);
    list.set(this.lists[kind]!.subarray(0, room));
    this.lists[kind] = list;
    return list;
  }

  /** When no more signs come: gives back the room that the lists have in store. */
  trim(): void {
    for (const [kind, count] of this.counts.entries()) this.resized(kind, Math.max(count, initialRoom));
  }

  /** How many events have a sign of this kind. */
  count(kind: number): number {
    return this.counts[kind]!;
  }

  /** What the second arguments of a kind of effects add up to: bytes, of those that tell of bytes there. */
  sum(kind: number): number {
    return this.sums[kind]!;
  }

  has(event: number, kind: number): boolean {
    return this.firstOf(kind, event) === event;
  }

  /** True if the event has a sign of any of these kinds. */
  meets(event: number, kinds: readonly number[]): boolean {
    return kinds.some((kind) => this.has(event, kind));
  }

  /** Next event in the direction, from `from` on (inclusive), that has a sign of any of these kinds; −1 if none. */
  next(from: number, direction: 1 | -1, kinds: readonly number[]): number {
    let nearest = -1;
    for (const kind of kinds)
      nearest = nearer(
        nearest,
        direction === 1 ? this.firstOf(kind, from) : this.lastOf(kind, from),
        direction,
      );
    return nearest;
  }

  /** The first event of the kind that is not before `event`; −1 if none. */
  private firstOf(kind: number, event: number): number {
    const [list, count] = [this.lists[kind]!, this.counts[kind]!];
    const at = firstAtLeast(list, event, count);
    return at < count ? list[at]! : -1;
  }

  /** The last event of the kind that is not behind `event`; −1 if none. */
  private lastOf(kind: number, event: number): number {
    const list = this.lists[kind]!;
    const behind = firstAtLeast(list, event + 1, this.counts[kind]!);
    return behind > 0 ? list[behind - 1]! : -1;
  }
}

/** Of two events the one that comes first in the direction; −1 is none. */
export function nearer(a: number, b: number, direction: 1 | -1): number {
  if (a < 0 || b < 0) return Math.max(a, b);
  return direction === 1 ? Math.min(a, b) : Math.max(a, b);
}
