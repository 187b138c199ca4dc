import { cbc, ctr, gcm } from "@noble/ciphers/aes.js";
import { chacha20, chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { type Cipher, type Sealing, tagSize } from "./record.ts";

/** What encrypts records: this file, or what a platform has that gives the same bytes faster. */
export interface Encrypter {
  /** A whole record at once; gives ciphertext ‖ tag. */
  seal(sealing: Sealing, plaintext: Uint8Array): Uint8Array;
  /** Bytes at `offset` of a record's plaintext, whatever lies before them. */
  encryptAt(sealing: Sealing, offset: number, bytes: Uint8Array): Uint8Array;
}

const isCcm = (cipher: Cipher): boolean => cipher.endsWith("-ccm");

/** The oracle that everything else is compared with. */
function seal(sealing: Sealing, plaintext: Uint8Array): Uint8Array {
  const { cipher, key, nonce, aad } = sealing;
  if (isCcm(cipher)) return sealCcm(sealing, plaintext);
  const aead = cipher === "chacha20-poly1305" ? chacha20poly1305(key, nonce, aad) : gcm(key, nonce, aad);
  return aead.encrypt(plaintext);
}

/** Byte k of the plaintext is XORed with byte k of a keystream. */
function encryptAt(sealing: Sealing, offset: number, bytes: Uint8Array): Uint8Array {
  const { cipher, key, nonce } = sealing;
  const isChaCha = cipher === "chacha20-poly1305";
  const blockSize = isChaCha ? 64 : 16;
  const skip = offset % blockSize;
  const block = (offset - skip) / blockSize;
  const padded = new Uint8Array(skip + bytes.length);
  padded.set(bytes, skip);
  const encrypted = isChaCha
    ? chacha20(key, nonce, padded, undefined, 1 + block)
    : ctr(key, counterOf(sealing, block)).encrypt(padded);
  return encrypted.subarray(skip);
}

/** Portable, and the same on every machine. */
export const portable: Encrypter = { seal, encryptAt };

/**
 * What AES-CTR counts on from at a block of the plaintext: its keystream's blocks are numbered from 2 on in AES-GCM (NIST
 * SP 800-38D §7.1; kernel.md section 1.6, "counter rule"), from 1 on in AES-CCM (RFC 3610 §2.3), as in
 * ChaCha20-Poly1305 (RFC 8439 §2.8).
 */
export const counterOf = ({ cipher, nonce }: Sealing, block: number): Uint8Array =>
  isCcm(cipher) ? blockOf([ccmFlags], nonce, 1 + block) : blockOf([], nonce, 2 + block);

/** Flags, nonce and a counter in the four bytes at the end, or in three behind flags. */
function blockOf(flags: readonly number[], nonce: Uint8Array, counter: number): Uint8Array {
  const block = new Uint8Array(16);
  new DataView(block.buffer).setUint32(12, counter);
  block.set(flags);
  block.set(nonce, flags.length);
  return block;
}

/** Flags of a counter's block (RFC 3610 §2.3): three bytes count, L = 3. In the MAC's first block the tag's size and whether there is additional data come on top (§2.2). */
const ccmFlags = 2;

/** AES-CCM (RFC 3610) with a tag of 16 bytes: the last block of CBC over flags, additional data and plaintext, encrypted as block 0. */
function sealCcm({ key, nonce, aad }: Sealing, plaintext: Uint8Array): Uint8Array {
  const told = aad.length === 0 ? [] : [aad.length >>> 8, aad.length & 255, ...aad];
  const flags = ccmFlags | 0x38 | (aad.length === 0 ? 0 : 0x40);
  const toldSize = wholeBlocks(told.length);
  const macked = new Uint8Array(16 + toldSize + wholeBlocks(plaintext.length));
  macked.set(blockOf([flags], nonce, plaintext.length));
  macked.set(told, 16);
  macked.set(plaintext, 16 + toldSize);
  const mac = cbc(key, new Uint8Array(16), { disablePadding: true }).encrypt(macked).subarray(-tagSize);
  const clear = new Uint8Array(tagSize + plaintext.length);
  clear.set(mac);
  clear.set(plaintext, tagSize);
  const sealed = ctr(key, blockOf([ccmFlags], nonce, 0)).encrypt(clear);
  const tag = sealed.slice(0, tagSize);
  sealed.copyWithin(0, tagSize);
  sealed.set(tag, plaintext.length);
  return sealed;
}

/** Bytes of whole AES blocks that hold so many. */
const wholeBlocks = (size: number): number => 16 * Math.ceil(size / 16);
