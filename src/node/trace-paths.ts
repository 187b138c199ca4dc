import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { UserError } from "../trace/platform.ts";

const traceName = /\.tlstrace$/i;

/**
 * The files that paths name: files as they are, folders with every `.tlstrace` below them in the order of names, leaving
 * out hidden folders and node_modules. Each file once. Throws UserError for a path that names nothing.
 */
export function tracePaths(paths: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const given of paths) {
    const files = isFolder(given) ? tracesBelow(given) : [given];
    if (files.length === 0) throw new UserError(`no .tlstrace file lies in ${given}`);
    for (const file of files) if (!found.has(path.resolve(file))) found.set(path.resolve(file), file);
  }
  return [...found.values()];
}

function isFolder(given: string): boolean {
  const status = statSync(given, { throwIfNoEntry: false });
  if (!status) throw new UserError(`${given} does not exist: check the path`);
  return status.isDirectory();
}

function tracesBelow(folder: string): string[] {
  return listing(folder).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (!entry.isDirectory()) return traceName.test(entry.name) ? [full] : [];
    return entry.name.startsWith(".") || entry.name === "node_modules" ? [] : tracesBelow(full);
  });
}

function listing(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    throw new UserError(`the folder ${folder} cannot be listed: check its permissions`);
  }
}
