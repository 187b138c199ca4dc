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

/** Writes all that comes into a temporary file of its own folder, which only its owner may read. */
export async function spooled(input: Readable): Promise<Spool> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-stdin-"));
  const file = path.join(folder, spoolName);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  await pipeline(input, createWriteStream(file, { mode: 0o600 }));
  return { path: file, remove };
}
