import { readdirSync } from "node:fs";
import path from "node:path";
import { UserError } from "../trace/platform.ts";
import { visiblePath } from "../trace/visible.ts";
import { statusAt } from "./open-file.ts";

const traceName = /\.tlstrace$/i;

/** What paths name. */
export interface TracePaths {
  files: string[];
  /** Folders that cannot be listed, so that it is not known what is in them. */
  closed: string[];
}

/**
 * The files that paths name: files as they are, folders with every `.tlstrace` below them in the order of names, leaving
 * out hidden folders and node_modules. Each file once; what is not there is a file that cannot be read. Throws UserError
 * for a folder without any.
 */
export function tracePaths(paths: readonly string[]): TracePaths {
  const found = new Map<string, string>();
  const closed: string[] = [];
  for (const given of paths) {
    const before = closed.length;
    const files = statusAt(given)?.isDirectory() ? tracesBelow(given, closed) : [given];
    if (files.length === 0 && closed.length === before)
      throw new UserError(`no .tlstrace file lies in ${visiblePath(given)}`);
    for (const file of files) if (!found.has(path.resolve(file))) found.set(path.resolve(file), file);
  }
  return { files: [...found.values()], closed };
}

function tracesBelow(folder: string, closed: string[]): string[] {
  const entries = listing(folder);
  if (entries === null) closed.push(folder);
  return (entries ?? []).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (!entry.isDirectory()) return traceName.test(entry.name) ? [full] : [];
    return entry.name.startsWith(".") || entry.name === "node_modules" ? [] : tracesBelow(full, closed);
  });
}

function listing(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return null;
  }
}
