import { accessSync, closeSync, constants, openSync, readdirSync, readSync, statSync } from "node:fs";
import path from "node:path";
import { gunzipSync, constants as zlib } from "node:zlib";
import type { FoundKeys } from "../study/environment.ts";
import { bringsSecrets, isNamedKeys, keyNamesBeside, readsAsKeyLog } from "../trace/keys/beside.ts";
import { visibleLine } from "../trace/visible.ts";
import { statusAt } from "./open-file.ts";

/** How much of a file is looked at: key logs start with a key, Decryption Secrets Blocks stand ahead of the packets. */
const headSize = 1 << 20;
/** The same of one that is compressed, and what it may inflate to: an editor waits for it. */
const deflatedSize = 1 << 16;
const inflatedSizeMax = 1 << 22;

/**
 * Files beside a capture that hold keys for it, best first: crypto_info under its name, key logs under its name, a key
 * log of the whole folder. Empty if there is none or the folder cannot be listed.
 */
export const findKeyFiles = (capture: string): string[] =>
  besides(capture).filter((file) => (file.endsWith(".json") ? isRegular(file) : isKeyLog(file)));

/** Files that the folder has under names of files of keys for the capture, best first. */
function besides(capture: string): string[] {
  const folder = path.dirname(capture);
  return keyNamesBeside(path.basename(capture), listing(folder)).map((name) => path.join(folder, name));
}

/** The best of findKeyFiles, and why what is named as it would have to be named is not among them. */
export function findKeys(capture: string): FoundKeys {
  const [file = null] = findKeyFiles(capture);
  const meant = besides(capture).filter((name) => file === null && isNamedKeys(name));
  return { file, passedOver: meant.flatMap((name) => whyNot(name) ?? []) };
}

/** Why a file cannot be read as it has to be; null if nothing but what it says is the matter. */
function whyNot(file: string): string | null {
  const name = visibleLine(path.basename(file));
  if (!isRegular(file)) return `${name} is no regular file, so it is not read for keys`;
  try {
    accessSync(file, constants.R_OK);
    return null;
  } catch {
    return `${name} may not be read, so its keys are not used: change its mode`;
  }
}

/** True if a capture brings its own keys. */
export const holdsSecrets = (capture: string): boolean => bringsSecrets(inflatedHead(capture));

const isRegular = (file: string): boolean => statusAt(file)?.isFile() ?? false;

function listing(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** True if a file's beginning has a secret of a key log. */
export const isKeyLog = (file: string): boolean => readsAsKeyLog(readHead(file).toString("latin1"));

function inflatedHead(file: string): Buffer {
  const head = readHead(file);
  if (head[0] !== 0x1f || head[1] !== 0x8b) return head;
  try {
    const deflated = head.subarray(0, deflatedSize);
    return gunzipSync(deflated, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: inflatedSizeMax });
  } catch {
    return Buffer.alloc(0);
  }
}

/** The file's beginning; nothing of a file that cannot be read, which its own reader reports later. */
function readHead(file: string): Buffer {
  try {
    // Asked before opening, because opening a pipe waits for its writer.
    if (!statSync(file).isFile()) return Buffer.alloc(0);
    const fd = openSync(file, "r");
    try {
      const bytes = Buffer.alloc(headSize);
      return bytes.subarray(0, readSync(fd, bytes, 0, headSize, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return Buffer.alloc(0);
  }
}
