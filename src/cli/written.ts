import { findKeyFiles } from "../node/key-files.ts";
import { statusAt } from "../node/open-file.ts";
import { UserError } from "../trace/platform.ts";
import { visiblePath } from "../trace/visible.ts";
import type { ReadFlags } from "./flags.ts";

/** The files that a command reads to read this one: keys and evidence, too, named or found. */
export const readFor = (file: string, { keys, evidence = [], against, profile }: ReadFlags): string[] => [
  file,
  ...(keys === false ? [] : (keys ?? findKeyFiles(file))),
  ...evidence,
  ...[against ?? [], profile ?? []].flat(),
];

/** Refuses to write over what is read, whatever is said. Throws UserError. */
export function refuseToLose(to: string, read: readonly string[]): void {
  const own = statusAt(to);
  const isIt = (path: string) => {
    const status = statusAt(path);
    return status?.ino === own?.ino && status?.dev === own?.dev;
  };
  if (own?.isFile() && read.some(isIt))
    throw new UserError(`${visiblePath(to)} is read for it: choose another name`);
}

/** The same, and nobody's file is written over unasked. `-` is no file. Throws UserError. */
export function refuseToReplace(to: string, read: readonly string[], force = false): void {
  if (to === "-") return;
  const own = statusAt(to);
  if (own?.isDirectory()) throw new UserError(`${visiblePath(to)} is a directory: name a file in it`);
  refuseToLose(to, read);
  if (own && !force)
    throw new UserError(`${visiblePath(to)} exists: choose another name, or say --force to replace it`);
}
