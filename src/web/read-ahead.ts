import { keyNamesBeside } from "../trace/keys/beside.ts";
import { profileSizeMax } from "../trace/profiles/file.ts";
import { visiblePath } from "../trace/visible.ts";
import { fileSizeMax, mebibytes } from "./file-size.ts";

/** Files that were read whole beforehand, by plain path: their bytes, or why there are none, in words for the user. */
export type Files = ReadonlyMap<string, Uint8Array | string>;

/** How a page gets at files, by plain paths. Each rejects for what is not there. */
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
  const files = new Map(await profilesBeside(reader, program));
  const all = [program, ...named].map(plainPath);
  for (const path of [...all, ...(await keysBeside(reader, program))])
    files.set(path, await readWhole(reader, path, fileSizeMax));
  return files;
}

/** The profile files that a trace may name: those that lie beside it. */
export async function profilesBeside(reader: Reader, program: string): Promise<Files> {
  const folder = folderOf(plainPath(program));
  const files = new Map<string, Uint8Array | string>();
  for (const name of await namesIn(reader, folder))
    if (name.endsWith(".json"))
      files.set(folder + name, await readWhole(reader, folder + name, profileSizeMax));
  return files;
}

/** Plain paths of what may hold a capture's keys, by its name. */
export async function keysBeside(reader: Reader, capture: string): Promise<string[]> {
  const path = plainPath(capture);
  const folder = folderOf(path);
  const names = keyNamesBeside(path.slice(folder.length), await namesIn(reader, folder));
  return names.map((name) => folder + name);
}

const namesIn = async (reader: Reader, folder: string): Promise<string[]> =>
  (await reader.list(folder).catch(() => [])).sort();

/** Why a file is not read; null if it is. */
export async function whyUnread(reader: Reader, path: string, max = fileSizeMax): Promise<string | null> {
  const shown = visiblePath(path);
  const size = await reader.size(path).catch(() => null);
  if (size === null) return `${shown} cannot be read: check the path`;
  if (size <= max) return null;
  const limit = max === fileSizeMax ? mebibytes(max) : `${max} bytes`;
  return `${shown} has ${mebibytes(size)}, and in a browser at most ${limit} are read: open it on a desktop, or cut it`;
}

/** A path as folders have it: URIs write some signs of a name otherwise. */
export function plainPath(path: string): string {
  // A letter alone is a drive.
  if (!/^[a-z][\w+.-]+:\//i.test(path)) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // A percent sign with nothing behind it.
  }
}

/** With its slash. */
export const folderOf = (path: string): string => /^.*[/\\]/s.exec(path)?.[0] ?? "";

async function readWhole(reader: Reader, path: string, max: number): Promise<Uint8Array | string> {
  const why = await whyUnread(reader, path, max);
  if (why !== null) return why;
  try {
    return await reader.read(path);
  } catch {
    return `${visiblePath(path)} cannot be read: check the path`;
  }
}
