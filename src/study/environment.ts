import type { FileAccess, Platform } from "../trace/platform.ts";

/** What a composition root gives a study: files and platform crypto. */
export interface Environment {
  platform: Platform;
  openFile(path: string): FileAccess;
  /**
   * A file that a trace names by a path that begins beside the trace. Throws UserError for one that the trace has no
   * business with, without a look at the disk: a trace may be somebody else's.
   */
  openNamed(trace: string, path: string): FileAccess;
  /** Key log or crypto_info beside a capture, if any. */
  findKeys(path: string): string | null;
}
