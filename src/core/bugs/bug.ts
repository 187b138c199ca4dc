import type { Profile } from "../machine/profile.ts";
import type { Rules } from "../machine/socket.ts";

/** What a bug does otherwise; `before` is what would hold without it. */
export type RuleChange = (before: Rules) => Partial<Rules>;

/** A bug that a device or its kernel has had, or could have: one rule that it gets wrong. */
export interface Bug {
  /** As behind a profile: `connectx/long-dump`. */
  name: string;
  /** What is wrong, in one sentence. */
  says: string;
  /** Upstream commit or the change that mended it, as far as it is known. */
  mended: string;
  /** True of a NIC whose driver has the code that it was in (kernel.md sections 5 and 9). */
  isIn: (profile: Profile) => boolean;
  /** The effect that tells of it, with its first argument's word where that decides; absent where none does. */
  shows?: string;
  /** The generation that it takes to show; absent = any. */
  kernel?: string;
  rules: RuleChange;
}
