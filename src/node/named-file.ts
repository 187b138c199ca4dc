import { realpathSync } from "node:fs";
import path from "node:path";
import { UserError } from "../trace/platform.ts";
import { pathBeside } from "../trace/profiles/finder.ts";
import { type OpenFile, openFile } from "./open-file.ts";

/**
 * Opens a file that a trace names, if it lies below the trace's folder or one of the workspace's. Throws UserError for
 * all others, links out of there too: else a trace of a stranger could ask what is on this machine, and the report of
 * a test tell.
 */
export function openNamed(trace: string, named: string, workspace: readonly string[]): OpenFile {
  const folders = [path.dirname(path.resolve(trace)), ...workspace].filter((folder) => !isRoot(folder));
  const file = pathBeside(trace, named);
  const outside = () =>
    new UserError(
      `${named} is outside the folder of the trace and of the workspace: copy it beside the trace`,
    );
  if (!folders.some((folder) => isBelow(folder, path.resolve(file)))) throw outside();
  const real = realOf(file);
  if (real !== null && !folders.some((folder) => isBelow(realOf(folder) ?? folder, real))) throw outside();
  return openFile(file);
}

/** Null if it does not exist, or nobody may ask. */
function realOf(file: string): string | null {
  try {
    return realpathSync(file);
  } catch {
    return null;
  }
}

const isRoot = (folder: string): boolean => path.dirname(folder) === folder;

function isBelow(folder: string, file: string): boolean {
  const way = path.relative(folder, file);
  return way !== "" && !way.startsWith("..") && !path.isAbsolute(way);
}
