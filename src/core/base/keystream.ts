import { chacha20 } from "@noble/ciphers/chacha.js";

/** Bytes of a keystream's key: the size of a ChaCha20 key. */
export const keystreamKeySize = 32;

const blockSize = 64;
/** Nonce 1 as a 96-bit little-endian number, as RFC 8439 §2.3 reads its words. */
const nonce = Uint8Array.from({ length: 12 }, (_, i) => (i === 0 ? 1 : 0));

/**
 * Bytes [offset, offset + length) of the ChaCha20 keystream under a key, with nonce 1: any range of it can be asked
 * for (below 2^38 bytes), and it is the same everywhere.
 */
export function keystream(key: Uint8Array, offset: number, length: number): Uint8Array {
  const skip = offset % blockSize;
  const zeros = new Uint8Array(skip + length);
  return chacha20(key, nonce, zeros, undefined, (offset - skip) / blockSize).subarray(skip);
}
