import { ctr, gcm } from "@noble/ciphers/aes.js";
import { chacha20, chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { Sealing } from "./record.ts";

/** Encrypts a whole record at once: the oracle that everything else is compared with. Gives ciphertext ‖ tag. */
export function seal({ cipher, key, nonce, aad }: Sealing, plaintext: Uint8Array): Uint8Array {
  const aead = cipher === "chacha20-poly1305" ? chacha20poly1305(key, nonce, aad) : gcm(key, nonce, aad);
  return aead.encrypt(plaintext);
}

/**
 * Encrypts bytes that lie at `offset` of a record's plaintext, whatever lies before them: byte k is XORed with byte k of
 * a keystream, whose blocks are numbered from 2 on in AES-GCM (NIST SP 800-38D §7.1; kernel.md section 1.6, "counter
 * rule"), from 1 on in ChaCha20-Poly1305 (RFC 8439 §2.8).
 */
export function encryptAt({ cipher, key, nonce }: Sealing, offset: number, bytes: Uint8Array): Uint8Array {
  const isChaCha = cipher === "chacha20-poly1305";
  const blockSize = isChaCha ? 64 : 16;
  const skip = offset % blockSize;
  const block = (offset - skip) / blockSize;
  const padded = new Uint8Array(skip + bytes.length);
  padded.set(bytes, skip);
  const encrypted = isChaCha
    ? chacha20(key, nonce, padded, undefined, 1 + block)
    : ctr(key, counterBlock(nonce, 2 + block)).encrypt(padded);
  return encrypted.subarray(skip);
}

/** nonce ‖ BE32(counter): what AES-CTR counts on from. */
function counterBlock(nonce: Uint8Array, counter: number): Uint8Array {
  const block = new Uint8Array(16);
  block.set(nonce);
  new DataView(block.buffer).setUint32(12, counter);
  return block;
}
