// node: what node gives: files, AEAD, keys beside a capture.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { encryptAt, seal } from "../core/base/aead.ts";
import { type Cipher, ciphers, keySizeOf, type Sealing, tagSize } from "../core/base/record.ts";
import { type Aead, type FileAccess, type Platform, UserError } from "../trace/platform.ts";
import { visibleLine, visiblePath } from "../trace/visible.ts";

/** Bytes read ahead once reading looks sequential. */
const readAheadSize = 1 << 20;
/** How far behind the read before one may begin and still count as sequential: headers and other packets between. */
const gapMax = 1 << 16;

export interface OpenFile extends FileAccess {
  close(): void;
}

/** Opens a regular file that holds something. Throws UserError saying what to do. */
export function openFile(fileName: string): OpenFile {
  const fd = openRegular(fileName);
  const { size } = fstatSync(fd);
  let window: Uint8Array = new Uint8Array(0);
  let windowStart = 0;
  let lastEnd = 0;
  const read = (offset: number, length: number): Uint8Array => {
    const end = Math.max(offset, Math.min(offset + length, size));
    const isSequential = offset >= lastEnd && offset - lastEnd <= gapMax;
    lastEnd = end;
    if (offset >= windowStart && end <= windowStart + window.length) {
      return window.subarray(offset - windowStart, end - windowStart);
    }
    if (!isSequential || end - offset >= readAheadSize) return readAt(fd, fileName, offset, end - offset);
    // A fresh window each time: what was handed out before stays as it is.
    window = readAt(fd, fileName, offset, Math.min(readAheadSize, size - offset));
    windowStart = offset;
    return window.subarray(0, end - offset);
  };
  return {
    name: visibleLine(path.basename(fileName)),
    size,
    read,
    readInto: (offset, target) => readInto(fd, fileName, offset, target),
    close: () => closeSync(fd),
  };
}

/** Why a file cannot be opened, in words for its user; null if it can. */
export function whyUnreadable(fileName: string): string | null {
  try {
    openFile(fileName).close();
    return null;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

function openRegular(fileName: string): number {
  const shown = visiblePath(fileName);
  try {
    // Asked before opening, because opening a pipe waits for its writer.
    const status = statSync(fileName);
    if (status.isDirectory()) throw new UserError(`${shown} is a directory: name a file in it`);
    if (!status.isFile())
      throw new UserError(`${shown} is not a regular file: save its contents to one first`);
    if (status.size === 0)
      throw new UserError(`${shown} is empty: was it saved, or the capture stopped before a packet came?`);
    return openSync(fileName, "r");
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(reasonOf(error, fileName));
  }
}

function reasonOf(error: unknown, file: string): string {
  const fileName = visiblePath(file);
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "ENOENT" || code === "ENOTDIR") return `${fileName} does not exist: check the path`;
  if (code === "EACCES" || code === "EPERM") {
    return `no permission to read ${fileName}: captures often belong to root, copy it or change its mode`;
  }
  if (code === "EMFILE" || code === "ENFILE") return `${fileName} cannot be opened: too many open files`;
  return `${fileName} cannot be read (${code})`;
}

function readAt(fd: number, fileName: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  return bytes.subarray(0, readInto(fd, fileName, offset, bytes));
}

function readInto(fd: number, fileName: string, offset: number, target: Uint8Array): number {
  let filled = 0;
  try {
    while (filled < target.length) {
      const got = readSync(fd, target, filled, target.length - filled, offset + filled);
      if (got === 0) break;
      filled += got;
    }
  } catch (error) {
    throw new UserError(reasonOf(error, fileName));
  }
  return filled;
}

/** What node brings, also inside the editor's extension host. */
export const nodePlatform: Platform = { aead: nodeAead(), gunzip };

/** Stops inflating at `sizeMax`, so that a gzip bomb costs that much memory and time and no more. */
function gunzip(file: FileAccess, sizeMax: number): Uint8Array {
  const tooLarge = `${file.name} inflates to more than ${Math.round(sizeMax / 1024 / 1024)} MiB: inflate it with gunzip and open the result`;
  // Deflate never shrinks below what was put in by more than its block headers, so a larger file cannot fit.
  if (file.size > sizeMax + sizeMax / 1000 + 1024) throw new UserError(tooLarge);
  try {
    return gunzipSync(file.read(0, file.size), { maxOutputLength: sizeMax, chunkSize: 1 << 18 });
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof RangeError) throw new UserError(tooLarge);
    throw new UserError(
      `${file.name} is damaged or cut short as a gzip file: \`gzip -dc\` may still save its beginning`,
    );
  }
}

/** One-shot AEAD of node:crypto; what it lacks, as Electron's BoringSSL does some, is done portably. */
export function nodeAead(isNative: (cipher: Cipher) => boolean = isConstructible): Aead {
  const native = new Set(ciphers.filter(isNative));
  // OpenSSL's CCM may take an empty plaintext for none at all.
  const does = ({ cipher }: Sealing, size: number) => size > 0 && native.has(cipher);
  return {
    open: (sealing, sealed) =>
      (does(sealing, sealed.length - tagSize) ? openNative : openPortable)(sealing, sealed),
    seal: (sealing, plaintext) => (does(sealing, plaintext.length) ? sealNative : seal)(sealing, plaintext),
  };
}

/** getCiphers() may list what cannot be constructed, so construct one. */
function isConstructible(cipher: Cipher): boolean {
  try {
    const key = new Uint8Array(keySizeOf(cipher));
    createCipheriv(cipher as "aes-128-gcm", key, new Uint8Array(12), { authTagLength: tagSize });
    return true;
  } catch {
    return false;
  }
}

const openNative: Aead["open"] = ({ cipher, key, nonce, aad }, sealed) => {
  const end = sealed.length - tagSize;
  const decipher = createDecipheriv(cipher as "aes-128-gcm", key, nonce, { authTagLength: tagSize });
  decipher.setAuthTag(sealed.subarray(end));
  decipher.setAAD(aad, { plaintextLength: end });
  try {
    // CCM finds out here that the tag does not fit, the others at the end.
    const plaintext = decipher.update(sealed.subarray(0, end));
    decipher.final();
    return plaintext;
  } catch {
    return null;
  }
};

const sealNative: Aead["seal"] = ({ cipher, key, nonce, aad }, plaintext) => {
  const encipher = createCipheriv(cipher as "aes-128-gcm", key, nonce, { authTagLength: tagSize });
  encipher.setAAD(aad, { plaintextLength: plaintext.length });
  const sealed = new Uint8Array(plaintext.length + tagSize);
  sealed.set(encipher.update(plaintext));
  encipher.final();
  sealed.set(encipher.getAuthTag(), plaintext.length);
  return sealed;
};

/** A keystream XORed twice gives the plaintext, if its own tag is the one that came with it. */
const openPortable: Aead["open"] = (sealing, sealed) => {
  const size = sealed.length - tagSize;
  if (size < 0) return null;
  const plaintext = encryptAt(sealing, 0, sealed.subarray(0, size));
  const tag = seal(sealing, plaintext).subarray(size);
  return tag.every((byte, i) => byte === sealed[size + i]) ? plaintext : null;
};
