/** Traffic keys from logged secrets: RFC 5246 §5 and §6.3 (PRF, key block), RFC 8446 §7.1 to §7.3 (HKDF). */
import { expand } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha384 } from "@noble/hashes/sha2.js";
import { type Cipher, keySizeOf, type RecordKeys, saltSizeOf } from "../../core/base/record.ts";

export type HashName = "sha256" | "sha384";
const hashes = { sha256, sha384 };
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The TLS 1.2 pseudo-random function, P_hash(secret, label + seed) (RFC 5246 §5). */
export function prf(
  hash: HashName,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const labelled = concat(ascii(label), seed);
  const out = new Uint8Array(length);
  let a = labelled;
  for (let at = 0; at < length; ) {
    a = hmac(hashes[hash], secret, a);
    const block = hmac(hashes[hash], secret, concat(a, labelled));
    out.set(block.subarray(0, length - at), at);
    at += block.length;
  }
  return out;
}

/** Keys of both directions of a TLS 1.2 connection, client's first. `iv` of a GCM or CCM pair is left zero: records carry it. */
export function keys12(
  hash: HashName,
  cipher: Cipher,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): [RecordKeys, RecordKeys] {
  const keySize = keySizeOf(cipher);
  const fixedSize = cipher === "chacha20-poly1305" ? 12 : 4;
  const block = prf(
    hash,
    master,
    "key expansion",
    concat(serverRandom, clientRandom),
    2 * (keySize + fixedSize),
  );
  const keysOf = (side: number): RecordKeys => {
    const key = block.slice(side * keySize, (side + 1) * keySize);
    const fixedAt = 2 * keySize + side * fixedSize;
    return fromFixed(cipher, key, block.slice(fixedAt, fixedAt + fixedSize));
  };
  return [keysOf(0), keysOf(1)];
}

/** Splits the fixed part of the nonce as crypto_info does: salt and iv. */
function fromFixed(cipher: Cipher, key: Uint8Array, fixed: Uint8Array): RecordKeys {
  const saltSize = saltSizeOf(cipher);
  const iv = fixed.length > saltSize ? fixed.slice(saltSize) : new Uint8Array(8);
  return { key, salt: fixed.slice(0, saltSize), iv };
}

/** HKDF-Expand-Label(secret, label, "", length) (RFC 8446 §7.1). */
export function expandLabel(hash: HashName, secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = ascii(`tls13 ${label}`);
  const info = concat(Uint8Array.of(length >>> 8, length & 255, name.length), name, Uint8Array.of(0));
  return expand(hashes[hash], secret, info, length);
}

/** Record keys of a TLS 1.3 traffic secret (RFC 8446 §7.3). */
export function keys13(hash: HashName, cipher: Cipher, secret: Uint8Array): RecordKeys {
  return fromFixed(
    cipher,
    expandLabel(hash, secret, "key", keySizeOf(cipher)),
    expandLabel(hash, secret, "iv", 12),
  );
}

/** application_traffic_secret_N+1, after a KeyUpdate (RFC 8446 §7.2). */
export const nextSecret = (hash: HashName, secret: Uint8Array): Uint8Array =>
  expandLabel(hash, secret, "traffic upd", hash === "sha384" ? 48 : 32);
