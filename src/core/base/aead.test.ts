import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { encryptAt, seal } from "./aead.ts";
import { type Cipher, ciphers, keySizeOf, type Sealing, tagSize } from "./record.ts";

const counted = (length: number, factor: number) =>
  Uint8Array.from({ length }, (_, i) => i * factor + (i >> 8));
const keyOf = (cipher: Cipher) => counted(keySizeOf(cipher), 11);
const nonce = counted(12, 29);
const sealingOf = (cipher: Cipher, aad: Uint8Array): Sealing => ({ cipher, key: keyOf(cipher), nonce, aad });

/** OpenSSL's implementation: neither this program's nor noble's. */
function openssl(cipher: Cipher, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const aead = createCipheriv(cipher as "aes-128-gcm", keyOf(cipher), nonce, { authTagLength: 16 });
  aead.setAAD(aad, { plaintextLength: plaintext.length });
  return Buffer.concat([aead.update(plaintext), aead.final(), aead.getAuthTag()]);
}

/** The ciphertext alone, each piece by itself. */
function inPieces(cipher: Cipher, plaintext: Uint8Array, cuts: readonly number[]): Uint8Array {
  const sealing = sealingOf(cipher, new Uint8Array(0));
  const starts = [0, ...cuts];
  return Buffer.concat(
    starts.map((start, i) => encryptAt(sealing, start, plaintext.subarray(start, starts[i + 1]))),
  );
}

const withoutTag = (sealed: Uint8Array): Uint8Array => sealed.subarray(0, sealed.length - tagSize);

const same = (actual: Uint8Array, expected: Uint8Array, what: string) =>
  assert.equal(Buffer.compare(actual, expected), 0, what);

for (const cipher of ciphers) {
  test(`${cipher}: whole records as OpenSSL encrypts them, around every block size`, () => {
    for (const length of [
      0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 16384, 16385, 16640,
    ]) {
      const plaintext = counted(length, 7);
      for (const aadLength of [0, 5, 13, 16, 17]) {
        const aad = counted(aadLength, 3);
        const expected = openssl(cipher, aad, plaintext);
        same(seal(sealingOf(cipher, aad), plaintext), expected, `seal ${length} with ${aadLength}`);
        same(inPieces(cipher, plaintext, []), withoutTag(expected), `in one piece ${length}`);
      }
    }
  });

  test(`${cipher}: two cuts anywhere change nothing`, () => {
    const plaintext = counted(150, 13);
    const expected = withoutTag(openssl(cipher, counted(13, 5), plaintext));
    for (let first = 0; first <= plaintext.length; first++)
      for (let second = first; second <= plaintext.length; second++)
        same(inPieces(cipher, plaintext, [first, second]), expected, `cuts at ${first} and ${second}`);
  });

  test(`${cipher}: any number of cuts in records of any size change nothing`, () => {
    const record = fc.record({
      length: fc.integer({ min: 0, max: 16800 }),
      cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
    });
    const property = fc.property(record, ({ length, cuts }) => {
      const plaintext = counted(length, 17);
      const at = cuts.map((cut) => Math.floor(cut * length)).sort((a, b) => a - b);
      same(
        inPieces(cipher, plaintext, at),
        withoutTag(openssl(cipher, nonce, plaintext)),
        `${length} cut at ${at}`,
      );
    });
    fc.assert(property, { numRuns: 60, seed: 7 });
  });
}
