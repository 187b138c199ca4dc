import { poly1305 } from "@noble/ciphers/_poly1305.js";
import { GHASH } from "@noble/ciphers/_polyval.js";
import { gcm, unsafe } from "@noble/ciphers/aes.js";
import { chacha20, chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { Cipher } from "./record.ts";

/** Encrypts a whole record at once: the oracle that everything else is compared with. Gives ciphertext ‖ tag. */
export function seal(
  cipher: Cipher,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const aead = cipher === "chacha20-poly1305" ? chacha20poly1305(key, nonce, aad) : gcm(key, nonce, aad);
  return aead.encrypt(plaintext);
}

/** One record's encryption that can stop after any byte and go on later, as a NIC does from packet to packet. */
export interface ResumableAead {
  /** Encrypts the next bytes of the record. */
  update(plaintext: Uint8Array): Uint8Array;
  /** The tag over what was encrypted so far; asked once, when the record is complete. */
  tag(): Uint8Array;
}

export function resumableAead(
  cipher: Cipher,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
): ResumableAead {
  return cipher === "chacha20-poly1305" ? chachaPoly(key, nonce, aad) : aesGcm(key, nonce, aad);
}

const blockSize = 16;
const padded = (length: number): number => Math.ceil(length / blockSize) * blockSize;

/** Both MACs take whole blocks (GHASH pads every call): this keeps the rest of one call for the next. */
function blockwise(absorb: (blocks: Uint8Array) => void): { push(bytes: Uint8Array): void; flush(): void } {
  const rest = new Uint8Array(blockSize);
  let held = 0;
  const push = (bytes: Uint8Array): void => {
    const joined = new Uint8Array(held + bytes.length);
    joined.set(rest.subarray(0, held));
    joined.set(bytes, held);
    const whole = joined.length - (joined.length % blockSize);
    if (whole > 0) absorb(joined.subarray(0, whole));
    rest.set(joined.subarray(whole));
    held = joined.length - whole;
  };
  const flush = (): void => {
    if (held > 0) absorb(rest.slice(0, held));
    held = 0;
  };
  return { push, flush };
}

/** AES-GCM, NIST SP 800-38D §7.1: payload byte k uses counter block 2 + ⌊k / 16⌋ (kernel.md section 1.6, "counter rule"). */
function aesGcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array): ResumableAead {
  const roundKeys = unsafe.expandKeyLE(key);
  const hashKey = new Uint8Array(blockSize);
  ctrFrom(roundKeys, new Uint8Array(12), 0, hashKey);
  const ghash = new GHASH(hashKey);
  ghash.update(aad);
  const mac = blockwise((blocks) => ghash.update(blocks));
  let done = 0;
  const update = (plaintext: Uint8Array): Uint8Array => {
    const skip = done % blockSize;
    const stream = new Uint8Array(padded(skip + plaintext.length));
    ctrFrom(roundKeys, nonce, 2 + Math.floor(done / blockSize), stream);
    const out = plaintext.map((byte, i) => byte ^ stream[skip + i]!);
    mac.push(out);
    done += plaintext.length;
    return out;
  };
  const tag = (): Uint8Array => {
    mac.flush();
    const lengths = new Uint8Array(blockSize);
    const view = new DataView(lengths.buffer);
    view.setBigUint64(0, BigInt(aad.length) * 8n);
    view.setBigUint64(8, BigInt(done) * 8n);
    ghash.update(lengths);
    const mask = new Uint8Array(blockSize);
    ctrFrom(roundKeys, nonce, 1, mask);
    return ghash.digest().map((byte, i) => byte ^ mask[i]!);
  };
  return { update, tag };
}

/** XORs AES-CTR keystream of nonce ‖ BE32(counter …) into `bytes` in place. */
function ctrFrom(roundKeys: Uint32Array, nonce: Uint8Array, counter: number, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  const block = new Uint8Array(blockSize);
  block.set(nonce);
  new DataView(block.buffer).setUint32(12, counter);
  const out = unsafe.ctr32(roundKeys, false, block, bytes.slice());
  bytes.set(out);
}

/** ChaCha20-Poly1305, RFC 8439 §2.8: keystream from block 1 on, one-time MAC key from block 0. */
function chachaPoly(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array): ResumableAead {
  const macKey = chacha20(key, nonce, new Uint8Array(32));
  const mac = poly1305.create(macKey);
  const pad = (length: number) => mac.update(new Uint8Array(padded(length) - length));
  mac.update(aad);
  pad(aad.length);
  let done = 0;
  const update = (plaintext: Uint8Array): Uint8Array => {
    const skip = done % 64;
    const padding = new Uint8Array(skip + plaintext.length);
    padding.set(plaintext, skip);
    const out = chacha20(key, nonce, padding, undefined, 1 + Math.floor(done / 64)).subarray(skip);
    mac.update(out);
    done += plaintext.length;
    return out;
  };
  const tag = (): Uint8Array => {
    pad(done);
    const lengths = new Uint8Array(blockSize);
    const view = new DataView(lengths.buffer);
    view.setBigUint64(0, BigInt(aad.length), true);
    view.setBigUint64(8, BigInt(done), true);
    mac.update(lengths);
    return mac.digest();
  };
  return { update, tag };
}
