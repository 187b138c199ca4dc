import { type Column, firstAtLeast, int32 } from "../core/base/columns.ts";
import { signs } from "../trace/signs.ts";

/**
 * Which events have which signs, the other way round: one ascending list of events a kind. The next event of a kind is
 * a binary search, that of a set the nearest of its kinds', a count is a list's length.
 */
export class SignIndex {
  private readonly lists: readonly Column<Int32Array>[] = signs.map(() => int32());

  /** Adds a sign of an event, once an event and kind; events come in their order. */
  add(event: number, kind: number): void {
    const list = this.lists[kind]!;
    const { values, length } = list;
    if (length === 0 || values[length - 1] !== event) list.push(event);
  }

  /** How many events have a sign of this kind. */
  count(kind: number): number {
    return this.lists[kind]!.length;
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
    const { values, length } = this.lists[kind]!;
    const at = firstAtLeast(values, event, length);
    return at < length ? values[at]! : -1;
  }

  /** The last event of the kind that is not behind `event`; −1 if none. */
  private lastOf(kind: number, event: number): number {
    const { values, length } = this.lists[kind]!;
    const behind = firstAtLeast(values, event + 1, length);
    return behind > 0 ? values[behind - 1]! : -1;
  }
}

/** Of two events the one that comes first in the direction; −1 is none. */
export function nearer(a: number, b: number, direction: 1 | -1): number {
  if (a < 0 || b < 0) return Math.max(a, b);
  return direction === 1 ? Math.min(a, b) : Math.max(a, b);
}
