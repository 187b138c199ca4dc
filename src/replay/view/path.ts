import type { Seq } from "../../core/base/seq.ts";
import type { StateField } from "../../core/machine/state.ts";
import type { Raw } from "./value.ts";
import type { View } from "./view.ts";

/** What is told behind the line that is being executed. */
export const inlinePaths: readonly string[] = ["driver.expectedSeq", "nic.expectedSeq"];

/**
 * What a value changes with from one position to another: fields of its connection's state; the event that the view
 * stands in and what is known of it; the state which that event found; how far the event has got, with what is posted.
 * What the trace declares is the same everywhere, and rows of logs stay as they were written.
 */
export type Source = StateField | "event" | "before" | "stage";

/** What a family has in a view: by number, or by name. */
export type Family<Item> =
  | {
      /** The number of the first one in its name, 0 unless it is given. */
      first?: number;
      count(view: View): number;
      at(view: View, index: number): Item;
      /** The item that carries a number, also one that is no longer among them; null if none does. */
      numbered?(view: View, number: bigint): { item: Item; index: number } | null;
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
  /** All that its value, and whether it is there at all, changes with; nothing = it is the same at every position. */
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
