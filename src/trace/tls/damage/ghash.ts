import { ecb } from "@noble/ciphers/aes.js";

/** The key of GHASH under an AES key: the encrypted block of zeros (NIST SP 800-38D §7.1). */
export const hashKey = (key: Uint8Array): Words =>
  wordsOf(ecb(key, { disablePadding: true }).encrypt(new Uint8Array(16)));

/** An element of GF(2^128) as GCM writes it: bit 0 is the leftmost (NIST SP 800-38D §6.3). */
export type Words = readonly [number, number, number, number];

export function wordsOf(bytes: Uint8Array): Words {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)];
}

export function bytesOf(words: Words): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setInt32(4 * i, word);
  });
  return bytes;
}

export const xorWords = (a: Words, b: Words): Words => [a[0] ^ b[0], a[1] ^ b[1], a[2] ^ b[2], a[3] ^ b[3]];

/** v·x: one step to the right, reduced by x^128 + x^7 + x^2 + x + 1. */
function timesX([a, b, c, d]: Words): Words {
  const carry = d & 1 ? 0xe1000000 | 0 : 0;
  return [(a >>> 1) ^ carry, (b >>> 1) | (a << 31), (c >>> 1) | (b << 31), (d >>> 1) | (c << 31)];
}

/** Multiplication by one fixed element, by a table of its products with the powers of x. */
export class Multiplier {
  private readonly products = new Int32Array(512);

  constructor(by: Words) {
    let product = by;
    for (let i = 0; i < 128; i++) {
      this.products.set(product, 4 * i);
      product = timesX(product);
    }
  }

  times(words: Words): Words {
    const p = this.products;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = 0; i < 128; i++) {
      if (((words[i >>> 5]! >>> (31 - (i & 31))) & 1) === 0) continue;
      a ^= p[4 * i]!;
      b ^= p[4 * i + 1]!;
      c ^= p[4 * i + 2]!;
      d ^= p[4 * i + 3]!;
    }
    return [a, b, c, d];
  }
}

/** The inverse, as the (2^128 − 2)nd power: the product of all v^(2^i) for i from 1 to 127. */
export function invert(words: Words): Words {
  let square = words;
  let product: Words = [0x80000000 | 0, 0, 0, 0];
  for (let i = 1; i < 128; i++) {
    square = new Multiplier(square).times(square);
    product = new Multiplier(product).times(square);
  }
  return product;
}
