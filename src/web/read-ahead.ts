import { keyNamesBeside } from "../trace/keys/beside.ts";
import { profileSizeMax } from "../trace/profiles/file.ts";
import { visiblePath } from "../trace/visible.ts";
import { fileSizeMax } from "./file-size.ts";

/** Files that were read whole beforehand, by path or URI: their bytes, or why there are none, in words for the user. */
export type Files = ReadonlyMap<string, Uint8Array | string>;

/** How a page gets at files. Each rejects for what is not there. */
export interface Reader {
  size(path: string): Promise<number>;
  read(path: string): Promise<Uint8Array>;
  /** The names of a folder's files. */
  list(folder: string): Promise<string[]>;
}

/**
 * Reads what a session may ask for, as it asks without waiting: its program, the files named with it, and beside it what
 * may hold its keys and the profile files that it may name.
 */
export async function readAhead(
  reader: Reader,
  program: string,
  named: readonly string[] = [],
): Promise<Files> {
  const folder = folderOf(program);
  const names = (await reader.list(folder).catch(() => [])).sort();
  const keys = keyNamesBeside(program.slice(folder.length), names).map((name) => folder + name);
  const profiles = names.filter((name) => name.endsWith(".json")).map((name) => folder + name);
  const files = new Map<string, Uint8Array | string>();
  for (const path of profiles) files.set(path, await readWhole(reader, path, profileSizeMax));
  for (const path of [program, ...named, ...keys])
    files.set(path, await readWhole(reader, path, fileSizeMax));
  return files;
}

/** With its slash. */
export const folderOf = (path: string): string => /^.*[/\\]/s.exec(path)?.[0] ?? "";

async function readWhole(reader: Reader, path: string, max: number): Promise<Uint8Array | string> {
  const shown = visiblePath(path);
  try {
    const size = await reader.size(path);
    if (size > max)
      return `${shown} has ${size} bytes, and in a browser at most ${max} are read: open it on a desktop, or cut it`;
    return await reader.read(path);
  } catch {
    return `${shown} cannot be read: check the path`;
  }
}
