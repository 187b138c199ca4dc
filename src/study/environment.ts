import type { FileAccess, Platform } from "../trace/platform.ts";

/** What the composition root gives the adapter: files and platform crypto. */
export interface AdapterEnvironment {
  platform: Platform;
  openFile(path: string): FileAccess;
  /** Key log or crypto_info beside a capture, if any. */
  findKeys(path: string): string | null;
}
