import path from "node:path";
import { pathToFileURL } from "node:url";

/** A path as a URI. A relative one stays so: what names it can be read beside another checkout. */
export function fileUri(file: string): string {
  if (path.isAbsolute(file)) return pathToFileURL(file).href;
  return file.split(path.sep).map(encodeURIComponent).join("/");
}
