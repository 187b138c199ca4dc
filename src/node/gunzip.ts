import { randomUUID } from "node:crypto";
import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { memoryFile } from "../trace/pcap/capture-file.ts";
import { Cancelled, type FileAccess, type Progress, UserError } from "../trace/platform.ts";
import { fileOf } from "./open-file.ts";

/** Bytes inflated that are kept in memory; more go into a temporary file. */
const memoryMax = 1 << 26;
/** Bytes read and bytes inflated at once. */
const pieceSize = 1 << 18;

/**
 * Inflates gzip piece by piece, at most `sizeMax` bytes: into memory while they are few, else into a temporary file that
 * has no name, so that it is gone when it is closed or the process ends, however that is. Throws UserError where it
 * would be more, is damaged or finds no room, and Cancelled.
 */
export async function gunzip(file: FileAccess, sizeMax: number, progress: Progress): Promise<FileAccess> {
  const tooLarge = `${file.name} inflates to more than ${Math.round(sizeMax / 1024 / 1024)} MiB: inflate it with gunzip and open the result`;
  // Deflate never shrinks below what was put in by more than its block headers, so a larger file cannot fit.
  if (file.size > sizeMax + sizeMax / 1000 + 1024) throw new UserError(tooLarge);
  const inflated = new Inflated(file.name);
  let taken = 0;
  function* pieces(): Generator<Uint8Array> {
    for (; taken < file.size; taken += pieceSize) yield file.read(taken, pieceSize);
  }
  try {
    await pipeline(pieces, createGunzip({ chunkSize: pieceSize }), async (chunks) => {
      for await (const chunk of chunks) {
        if (inflated.size + chunk.length > sizeMax) throw new UserError(tooLarge);
        inflated.push(chunk);
        await progress.tick(taken, file.size, "inflating");
      }
    });
    return inflated.file();
  } catch (error) {
    inflated.close();
    if (error instanceof UserError || error instanceof Cancelled) throw error;
    throw new UserError(
      `${file.name} is damaged or cut short as a gzip file: \`gzip -dc\` may still save its beginning`,
    );
  }
}

/** What was inflated so far. */
class Inflated {
  size = 0;
  private readonly name: string;
  private kept: Uint8Array[] = [];
  /** −1 while all is in memory. */
  private fd = -1;

  constructor(name: string) {
    this.name = name;
  }

  push(bytes: Uint8Array): void {
    this.size += bytes.length;
    if (this.size <= memoryMax) this.kept.push(bytes);
    else this.spool([...this.kept.splice(0), bytes]);
  }

  private spool(all: readonly Uint8Array[]): void {
    try {
      if (this.fd < 0) this.fd = openNameless();
      for (const bytes of all)
        for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at, bytes.length - at);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
      throw new UserError(
        `${this.name} finds no room in ${os.tmpdir()} to be inflated (${code}): make some, or name another folder in TMPDIR`,
      );
    }
  }

  file(): FileAccess {
    if (this.fd < 0) return memoryFile(this.name, Buffer.concat(this.kept));
    return fileOf(this.fd, this.name);
  }

  close(): void {
    if (this.fd >= 0) closeSync(this.fd);
  }
}

/** A temporary file of nobody else, without a name. */
function openNameless(): number {
  const file = path.join(os.tmpdir(), `tlstrace-${randomUUID()}`);
  const fd = openSync(file, "wx+", 0o600);
  unlinkSync(file);
  return fd;
}
