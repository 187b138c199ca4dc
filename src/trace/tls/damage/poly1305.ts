import { chacha20 } from "@noble/ciphers/chacha.js";

/** Poly1305 reckons modulo this prime (RFC 8439 §2.5). */
const prime = 2n ** 130n - 5n;
const truncated = 2n ** 128n;

/** The r of a record's one-time key: the first half of keystream block 0, clamped (RFC 8439 §2.6). */
export function oneTimeR(key: Uint8Array, nonce: Uint8Array): bigint {
  const block = chacha20(key, nonce, new Uint8Array(16), undefined, 0);
  return littleEndian(block) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
}

export const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** A block of a ciphertext, counted from the last one backwards, and what must be added to it. */
export interface BlockDifference {
  fromEnd: number;
  delta: bigint;
}

/**
 * The one block whose change explains why a tag is `wanted` and not `computed`: a block that is off by Δ and has k − 1
 * blocks behind it changes the sum by Δ·r^k, and what the key adds to the sum is in both tags. Each tag has lost what its
 * sum had above 128 bits, so the difference is one of nine. Dividing by r again and again gives, at the right block and by
 * no accident at another, a Δ that `accepts` takes.
 */
export function differingBlock(
  { wanted, computed, r, blocks }: { wanted: Uint8Array; computed: Uint8Array; r: bigint; blocks: number },
  accepts: (delta: bigint) => boolean,
): BlockDifference | null {
  const difference = littleEndian(wanted) - littleEndian(computed);
  if (r === 0n) return null;
  const inverse = power(r, prime - 2n);
  for (let lost = -4n; lost <= 4n; lost++) {
    // The first division is for the block of lengths.
    let delta = (((difference + lost * truncated) % prime) + prime) % prime;
    delta = (delta * inverse) % prime;
    for (let fromEnd = 0; fromEnd < blocks; fromEnd++) {
      delta = (delta * inverse) % prime;
      const signed = delta > prime / 2n ? delta - prime : delta;
      if (accepts(signed)) return { fromEnd, delta: signed };
    }
  }
  return null;
}

function power(base: bigint, exponent: bigint): bigint {
  let [product, square] = [1n, base];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) product = (product * square) % prime;
    square = (square * square) % prime;
  }
  return product;
}
