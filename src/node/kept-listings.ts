import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { UserError } from "../trace/platform.ts";
import { sha256 } from "./digest.ts";

/** A listing that nobody has opened for so long goes: a month. */
const keptMs = 30 * 24 * 3600 * 1000;
/** Digits of a text's digest that name its folder: 64 bits. */
const digits = 16;

/** The user's folder for what can be made again, by the rules of each system. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME: xdg = "", LOCALAPPDATA: local = "" } = process.env;
  if (path.isAbsolute(xdg)) return xdg;
  if (process.platform === "win32" && path.isAbsolute(local)) return local;
  return path.join(os.homedir(), ...(process.platform === "darwin" ? ["Library", "Caches"] : [".cache"]));
}

/**
 * A page of a listing as a file in the user's cache: in a folder named after its text, so that breakpoints in it hold in
 * the next session, sessions at the same time share it, and what lies open in an editor never changes under it. It is
 * read-only, and for the user alone: a listing says who spoke with whom. Throws UserError if it cannot be written.
 */
export function keepListing(name: string, text: string): string {
  const all = path.join(cacheFolder(), "tlstrace", "listings");
  const folder = path.join(all, sha256(Buffer.from(text)).slice(0, digits));
  const file = path.join(folder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    utimesSync(folder, new Date(), new Date());
    if (!holds(file, text)) write(file, text);
    forgetOld(all);
    return file;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `the listing cannot be kept as a file (${why}): name another folder by XDG_CACHE_HOME, or leave out \`listing\``,
    );
  }
}

/** False, too, for what somebody has changed. */
function holds(file: string, text: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true && readFileSync(file, "utf8") === text;
}

/** Whole or not at all: another session may be reading. */
function write(file: string, text: string): void {
  const beside = `${file}.${process.pid}.new`;
  writeFileSync(beside, text, { mode: 0o400 });
  rmSync(file, { force: true });
  renameSync(beside, file);
}

function forgetOld(all: string): void {
  for (const name of readdirSync(all)) {
    const folder = path.join(all, name);
    const used = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - used > keptMs) rmSync(folder, { recursive: true, force: true });
  }
}
