import type { Seq } from "../../core/base/seq.ts";
import type { StateField } from "../../core/machine/state.ts";
import type { Raw } from "./value.ts";
import type { View } from "./view.ts";

/** What a value can depend on beside the fields of its connection's state. */
export const otherSources = [
  /** What the trace declares of device and connection: the same at every position. */
  "trace",
  /** The event that the view stands in, and the state which that found. */
  "event",
  /** What the event has posted by then, and what of it the NIC has taken. */
  "queue",
  /** Rows of the logs that only grow: records, changes, what waits. The fields say which rows. */
  "logs",
  /** Where a descriptor of any connection has stopped the device's queue. */
  "queue stops",
  /** What a kernel reported of the event. */
  "reports",
  /** What other profiles make of the event. */
  "comparison",
] as const;
export type Source = StateField | (typeof otherSources)[number];

/** What a family has in a view: by number, or by name. */
export type Family<Item> =
  | {
      /** The number of the first one in its name, 0 unless it is given. */
      first?: number;
      count(view: View): number;
      at(view: View, index: number): Item;
    }
  | { names(view: View): readonly Item[] };

/**
 * A value of the view that a path leads to: a row of the one table that Variables, completion, hovers and expressions
 * read. A path's last part may stand for many: `[i]` for indexed ones, a name that ends with `N` for numbered ones,
 * `NAME` for named ones; what stands below it is about one item of that family.
 */
export interface Path<Item = unknown> {
  readonly path: string;
  /** What it tells, as a sentence. */
  readonly says: string;
  /** All that its value depends on, and whether it is there at all. */
  readonly reads: readonly Source[];
  readonly family?: Family<Item>;
  /** Its name in Variables, where that is not the last part of the path. */
  name?(view: View, item: Item, index: number): string;
  /** False where it is not there: what only some events or states have. */
  where?(view: View, item: Item): boolean;
  of(view: View, item: Item): Raw;
  /** How it reads, where that is not the one wording of values. */
  word?(view: View, raw: Raw, item: Item): string;
  /** The stream bytes that it stands for. */
  range?(view: View, item: Item): { from: Seq; length: number } | null;
  /** The event that it came from. */
  event?(view: View, item: Item): number | null;
}
