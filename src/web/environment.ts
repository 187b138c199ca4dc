// web: what a browser gives: files that were read beforehand, its own AES-GCM, gzip.

import type { Environment, FoundKeys } from "../study/environment.ts";
import { keyNamesBeside, readsAsKeyLog } from "../trace/keys/beside.ts";
import { memoryFile } from "../trace/pcap/capture-file.ts";
import { type FileAccess, UserError } from "../trace/platform.ts";
import { pathBeside } from "../trace/profiles/finder.ts";
import { visibleLine, visiblePath } from "../trace/visible.ts";
import { browserAead } from "./aead.ts";
import { gunzip } from "./gunzip.ts";
import { type Files, folderOf, plainPath } from "./read-ahead.ts";

/** How much of a file is looked at for a secret. */
const headSize = 1 << 20;

/** What a study has in a browser: the files that were read for it, and nothing that writes. */
export function browserEnvironment(files: Files): Environment {
  const openFile = (path: string) => opened(files, path);
  return {
    platform: { aead: browserAead(), gunzip },
    openFile,
    openNamed: (trace, named) =>
      openFile(within(folderOf(plainPath(trace)), pathBeside(plainPath(trace), named))),
    findKeys: (path) => keysAmong(files, plainPath(path)),
    keyFolder: () => refuse("a folder of keys is not read: name the files in `keys`"),
    keepListing: () => refuse("listings are not kept as files: leave out `listing`"),
    saveTrace: () => refuse("no file is written"),
  };
}

function opened(files: Files, given: string): FileAccess {
  const path = files.has(given) ? given : plainPath(given);
  // What is named as `./a` lies beside.
  const bytes = files.get(path.replace(/([/\\]\.)+(?=[/\\])/g, ""));
  const shown = visiblePath(path);
  if (bytes === undefined)
    throw new UserError(`${shown} is not there, or was not read in the browser: put it beside the trace`);
  if (typeof bytes === "string") throw new UserError(bytes);
  if (bytes.length === 0)
    throw new UserError(`${shown} is empty: was it saved, or the capture stopped before a packet came?`);
  return memoryFile(visibleLine(path.slice(folderOf(path).length)), bytes);
}

/** The best of what lies beside a capture; what could not be read is told. */
function keysAmong(files: Files, capture: string): FoundKeys {
  const folder = folderOf(capture);
  const names = [...files.keys()]
    .filter((path) => folderOf(path) === folder)
    .map((path) => path.slice(folder.length));
  const beside = keyNamesBeside(capture.slice(folder.length), names).map((name) => folder + name);
  const file = beside.find((path) => holdsKeys(path, files.get(path)!)) ?? null;
  const passedOver = beside.flatMap((path) => {
    const read = files.get(path)!;
    return file === null && typeof read === "string" ? [read] : [];
  });
  return { file, passedOver };
}

function holdsKeys(path: string, bytes: Uint8Array | string): boolean {
  if (typeof bytes === "string") return false;
  return (
    path.endsWith(".json") || readsAsKeyLog(new TextDecoder("latin1").decode(bytes.subarray(0, headSize)))
  );
}

/** A path below a folder. Throws UserError for all others, as a desktop does. */
function within(folder: string, path: string): string {
  if (path.startsWith(folder) && !/[/\\]\.\.([/\\]|$)/.test(path.slice(folder.length - 1))) return path;
  throw new UserError(`${visiblePath(path)} is outside the folder of the trace: copy it beside the trace`);
}

function refuse(what: string): never {
  throw new UserError(`in a browser ${what}`);
}
