import {
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { UserError } from "../trace/platform.ts";
import { visiblePath } from "../trace/visible.ts";

/**
 * Writes a file so that whatever happens, it holds either what it held or all of `text`: the text goes into a file
 * beside it, to the disk, and then takes the name. `was`: what the file held when the text was made of it; if it holds
 * something else by now, somebody's work would be lost, so nothing is written. A file that is reached through a link
 * into another folder is left alone; a device or pipe is written to as it is.
 * Throws UserError saying what is the matter, with the file untouched.
 */
export function saveFile(file: string, text: string, was: Uint8Array | null = null): void {
  try {
    const status = statSync(file, { throwIfNoEntry: false });
    if (status !== undefined && !status.isFile()) return writeFileSync(file, text);
    const target = targetOf(file);
    replace(file, target, text, { mode: status?.mode, was });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UserError(`${visiblePath(file)} cannot be written (${code}); it is as it was`);
  }
}

/** The file that the name stands for. Throws UserError if it lies in another folder, as for a link to nowhere. */
function targetOf(file: string): string {
  if (!lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) return file;
  const target = realpathSync(file);
  if (path.dirname(target) === realpathSync(path.dirname(file))) return target;
  throw new UserError(
    `${visiblePath(file)} is a link into another folder: name the file itself to have it written`,
  );
}

interface Kept {
  mode: number | undefined;
  was: Uint8Array | null;
}

function replace(file: string, target: string, text: string, { mode, was }: Kept): void {
  const beside = besideName(target, process.pid);
  const fd = openSync(beside, "wx", 0o666);
  try {
    try {
      removeLeft(target);
      // Only now is it sure that one of two that save at once sees the other.
      if (saversOf(target).some(isAlive))
        throw new UserError(`${visiblePath(file)} is being written by another run; try again`);
      if (mode !== undefined) fchmodSync(fd, mode & 0o7777);
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (was !== null && !readFileSync(target).equals(was))
      throw new UserError(
        `${visiblePath(file)} was changed by somebody meanwhile, so it is left alone; run it again`,
      );
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** Hidden, and of no kind that is looked for in folders. */
const besideName = (target: string, pid: number): string =>
  path.join(path.dirname(target), `.${path.basename(target)}.${pid}.new`);

/** Removes what processes that were killed while they saved a file have left beside it. */
export function tidyBeside(file: string): void {
  try {
    removeLeft(targetOf(file));
  } catch {
    // Nobody waits for it: whoever saves the file next removes it, too.
  }
}

function removeLeft(target: string): void {
  for (const pid of saversOf(target)) if (!isAlive(pid)) rmSync(besideName(target, pid), { force: true });
}

/** Other processes that have begun to save the file, as the names of what they write tell. */
function saversOf(target: string): number[] {
  const name = path.basename(target);
  return readdirSync(path.dirname(target))
    .filter((entry) => entry.startsWith(`.${name}.`) && entry.endsWith(".new"))
    .map((entry) => Number(entry.slice(name.length + 2, -".new".length)))
    .filter((pid) => Number.isSafeInteger(pid) && pid > 0 && pid !== process.pid);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of somebody else's may not be asked, but it lives.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
