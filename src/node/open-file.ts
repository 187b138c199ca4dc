import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import path from "node:path";
import { type FileAccess, UserError } from "../trace/platform.ts";
import { visibleLine, visiblePath } from "../trace/visible.ts";

/** Bytes read ahead once reading looks sequential. */
const readAheadSize = 1 << 20;
/** How far behind the read before one may begin and still count as sequential: headers and other packets between. */
const gapMax = 1 << 16;

export interface OpenFile extends FileAccess {
  close(): void;
}

/** Opens a regular file that holds something. Throws UserError saying what to do. */
export function openFile(fileName: string): OpenFile {
  return fileOf(openRegular(fileName), fileName);
}

/** A file that is open already, under a name. */
export function fileOf(fd: number, fileName: string): OpenFile {
  const { size } = fstatSync(fd);
  let window: Uint8Array = new Uint8Array(0);
  let windowStart = 0;
  let lastEnd = 0;
  const read = (offset: number, length: number): Uint8Array => {
    const end = Math.max(offset, Math.min(offset + length, size));
    const isSequential = offset >= lastEnd && offset - lastEnd <= gapMax;
    lastEnd = end;
    if (offset >= windowStart && end <= windowStart + window.length) {
      return window.subarray(offset - windowStart, end - windowStart);
    }
    if (!isSequential || end - offset >= readAheadSize) return readAt(fd, fileName, offset, end - offset);
    // A fresh window each time: what was handed out before stays as it is.
    window = readAt(fd, fileName, offset, Math.min(readAheadSize, size - offset));
    windowStart = offset;
    return window.subarray(0, end - offset);
  };
  return {
    name: visibleLine(path.basename(fileName)),
    size,
    read,
    readInto: (offset, target) => readInto(fd, fileName, offset, target),
    close: () => closeSync(fd),
  };
}

/** Why a file cannot be opened, in words for its user; null if it can. */
export function whyUnreadable(fileName: string): string | null {
  try {
    openFile(fileName).close();
    return null;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** What is known of a path without opening it; null if nothing can be, for which whoever opens it has the reason. */
export function statusAt(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    // A name that is too long, links in a circle, a folder that may not be entered.
    return null;
  }
}

function openRegular(fileName: string): number {
  const shown = visiblePath(fileName);
  try {
    // Asked before opening, because opening a pipe waits for its writer.
    const status = statSync(fileName);
    if (status.isDirectory()) throw new UserError(`${shown} is a directory: name a file in it`);
    if (!status.isFile())
      throw new UserError(`${shown} is not a regular file: save its contents to one first`);
    if (status.size === 0)
      throw new UserError(`${shown} is empty: was it saved, or the capture stopped before a packet came?`);
    return openSync(fileName, "r");
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(reasonOf(error, fileName));
  }
}

function reasonOf(error: unknown, file: string): string {
  const fileName = visiblePath(file);
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "ENOENT" || code === "ENOTDIR") return `${fileName} does not exist: check the path`;
  if (code === "EACCES" || code === "EPERM") {
    return `no permission to read ${fileName}: captures often belong to root, copy it or change its mode`;
  }
  if (code === "EMFILE" || code === "ENFILE") return `${fileName} cannot be opened: too many open files`;
  return `${fileName} cannot be read (${code})`;
}

function readAt(fd: number, fileName: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  return bytes.subarray(0, readInto(fd, fileName, offset, bytes));
}

function readInto(fd: number, fileName: string, offset: number, target: Uint8Array): number {
  let filled = 0;
  try {
    while (filled < target.length) {
      const got = readSync(fd, target, filled, target.length - filled, offset + filled);
      if (got === 0) break;
      filled += got;
    }
  } catch (error) {
    throw new UserError(reasonOf(error, fileName));
  }
  return filled;
}
