import type { KeyLog } from "../trace/keys/key-log.ts";
import type { FileAccess, Platform } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";

/** What a composition root gives a study: files and platform crypto. */
export interface Environment {
  platform: Platform;
  openFile(path: string): FileAccess;
  /**
   * A file that a trace names by a path that begins beside the trace. Throws UserError for one that the trace has no
   * business with, without a look at the disk: a trace may be somebody else's.
   */
  openNamed(trace: string, path: string): FileAccess;
  /** The key logs below a folder, as one. Throws UserError for what is no folder. */
  keyFolder(path: string): KeyFolder;
  /**
   * Keeps a page of a listing as a file of this name that can be read, not written, and gives its path: the same text
   * under the same name has the same path ever after. Throws UserError if it cannot be written.
   */
  keepListing(name: string, text: string): string;
  /** Looks for a key log or crypto_info beside a capture. */
  findKeys(path: string): FoundKeys;
  /**
   * Writes a trace, with a comment that says what it is, into a file that is not there yet; null: a temporary one. Gives
   * its path. Throws UserError where it cannot.
   */
  saveTrace(trace: Trace, to: string | null, says: string): string;
}

/** What lies beside a capture. */
export interface FoundKeys {
  /** Null if there is none that can be read. */
  file: string | null;
  /** What goes by the name of one and is none, a sentence each. */
  passedOver: string[];
}

/** Many key logs, indexed by session and read when one is asked for. */
export interface KeyFolder extends KeyLog {
  /** Names of the files that any of these sessions stands in. */
  filesOf(sessions: readonly string[]): string[];
}
