// node: what node gives: files, AEAD, keys beside a capture.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { counterOf } from "../core/base/aead.ts";
import { type Cipher, ciphers, keySizeOf, type Sealing, tagSize } from "../core/base/record.ts";
import { portableAead as portable } from "../trace/keys/portable-aead.ts";
import type { Aead, Platform } from "../trace/platform.ts";
import { gunzip } from "./gunzip.ts";

/** What node brings, also inside the editor's extension host. */
export const nodePlatform: Platform = { aead: nodeAead(), gunzip };

/** One-shot AEAD of node:crypto; what it lacks, as Electron's BoringSSL does some, is done portably. */
export function nodeAead(isNative: (cipher: Cipher) => boolean = isConstructible): Aead {
  const native = new Set(ciphers.filter(isNative));
  // OpenSSL's CCM may take an empty plaintext for none at all.
  const does = ({ cipher }: Sealing, size: number) => size > 0 && native.has(cipher);
  const isCounting = (sealing: Sealing, size: number) =>
    does(sealing, size) && sealing.cipher.startsWith("aes");
  return {
    open: (sealing, sealed) =>
      (does(sealing, sealed.length - tagSize) ? openNative : portable.open)(sealing, sealed),
    seal: (sealing, plaintext) =>
      (does(sealing, plaintext.length) ? sealNative : portable.seal)(sealing, plaintext),
    encryptAt: (sealing, offset, bytes) =>
      (isCounting(sealing, bytes.length) ? encryptNativeAt : portable.encryptAt)(sealing, offset, bytes),
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

/** GCM and CCM encrypt by counting; the bytes before are passed over within the first block. */
const encryptNativeAt: Aead["encryptAt"] = (sealing, offset, bytes) => {
  const skip = offset % blockSize;
  const counter = counterOf(sealing, (offset - skip) / blockSize);
  const encipher = createCipheriv(`aes-${8 * sealing.key.length}-ctr`, sealing.key, counter);
  encipher.update(new Uint8Array(skip));
  return encipher.update(bytes);
};

/** Of AES. */
const blockSize = 16;
