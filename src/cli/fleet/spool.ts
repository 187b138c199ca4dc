import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What messages call it; also the name of the file. */
export const spoolName = "standard input";

/** A stream as a file, for a capture is read in ranges; `remove` takes it away. */
export interface Spool {
  path: string;
  remove(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Writes all that comes into a temporary file of its own folder, which only its owner may read. */
export async function spooled(input: Readable): Promise<Spool> {
  const own: { folder?: string } = {};
  const remove = () => own.folder && rmSync(own.folder, { recursive: true, force: true });
  process.once("exit", remove);
  // A signal ends a process without that, but where somebody ends it in his own way. It may come as soon as there is a copy.
  for (const signal of signals)
    process.once(signal, () => {
      if (process.listenerCount(signal) > 0) return;
      remove();
      process.kill(process.pid, signal);
    });
  own.folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-stdin-"));
  const file = path.join(own.folder, spoolName);
  await pipeline(input, createWriteStream(file, { mode: 0o600 }));
  return { path: file, remove };
}
