import type { Translate } from "../../pictures/words.ts";
import type { VerdictRows } from "./verdict-rows.ts";

/** Where the check of a capture stands. */
export type Progress = "running" | "done" | "cancelled" | { failed: string };

/** What a page is made of. */
export interface Shown {
  /** The capture's address, as commands take it. */
  uri: string;
  name: string;
  size: number;
  progress: Progress;
  /** While it is verified once more, what was found before. */
  rows: VerdictRows;
  /** True if the keys were looked up in the workspace: they are offered, not taken. */
  isLookedUp: boolean;
  /** False: the workspace is not, and nothing but the capture is read. */
  isTrusted: boolean;
  /** Says it in the reader's language, whose code stands beside it. */
  t: Translate;
  language: string;
}
