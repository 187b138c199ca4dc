import type { FileAccess, Platform } from "../trace/platform.ts";

/** What a composition root gives a study: files and platform crypto. */
export interface Environment {
  platform: Platform;
  openFile(path: string): FileAccess;
  /** Key log or crypto_info beside a capture, if any. */
  findKeys(path: string): string | null;
}
