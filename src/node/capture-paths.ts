import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import path from "node:path";
import { captureName } from "../trace/keys/beside.ts";
import { statusAt } from "./open-file.ts";

/** First bytes of pcap (either byte order, micro- and nanoseconds, the extended one) and pcapng. */
const magics = new Set([0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0xa1b2cd34, 0x34cdb2a1, 0x0a0d0d0a]);

/**
 * The files that paths name: files as they are, folders with every capture below them in the order of names, leaving out
 * hidden folders, node_modules and links to folders. A capture is whatever is named like one, and every regular file
 * that begins like one (as `tcpdump -C` names them). Each file once. A path that names nothing stays, for whoever opens
 * it to say so; so does a folder without a capture.
 */
export function capturePaths(paths: Iterable<string>): string[] {
  const found = new Map<string, string>();
  for (const given of paths) {
    const isFolder = statusAt(given)?.isDirectory() ?? false;
    const below = isFolder ? capturesBelow(given) : [];
    for (const file of below.length > 0 ? below : [given])
      if (!found.has(path.resolve(file))) found.set(path.resolve(file), file);
  }
  return [...found.values()];
}

function capturesBelow(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory())
      return entry.name.startsWith(".") || entry.name === "node_modules" ? [] : capturesBelow(full);
    return captureName.test(entry.name) || (entry.isFile() && beginsAsCapture(full)) ? [full] : [];
  });
}

/** A folder that cannot be listed has none. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function beginsAsCapture(file: string): boolean {
  try {
    const fd = openSync(file, "r");
    try {
      const head = Buffer.alloc(4);
      return readSync(fd, head, 0, 4, 0) === 4 && magics.has(head.readUInt32BE(0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}
