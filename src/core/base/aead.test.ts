import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { portable } from "./aead.ts";
import { type Cipher, ciphers, keySizeOf, type Sealing, tagSize } from "./record.ts";

const { encryptAt, seal } = portable;

const counted = (length: number, factor: number) =>
  Uint8Array.from({ length }, (_, i) => i * factor + (i >> 8));
const keyOf = (cipher: Cipher) => counted(keySizeOf(cipher), 11);
const nonce = counted(12, 29);
const sealingOf = (cipher: Cipher, aad: Uint8Array): Sealing => ({ cipher, key: keyOf(cipher), nonce, aad });

/** OpenSSL's implementation: neither this program's nor noble's. Its CCM takes an empty plaintext only where it has an address. */
function openssl(cipher: Cipher, aad: Uint8Array, plain: Uint8Array): Uint8Array {
  const plaintext = Buffer.from(plain);
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

test("AES-CCM gives the published vectors (Wycheproof, aes_ccm_test: tcId 1, 8, 12, 30 and 34)", () => {
  const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
  const vectors = [
    "bedcfb5a011ebc84600fcb296c15af0d 438a547a94ea88dce46c6c85    25d1a38495a7dea45bda049705627d10",
    "3fd50741ec47ddbfc2fc090975d154f0 eef1a6e651321852f0b25a31  d6f6a9a24db6a7a6176d4362639c4fd77f70f3e089dd940086e12a9becbaf97f82 532694bb2851ea7f3bdd37c4e806be5b953ea79d08100e74af3fa67eca8890db28 9e1acee688848bca454c6d04753d3c7d",
    "d97c9b043bdccfd59491a995e78f1696 ef423240358830df915506a3 3ddba7b3ab69c8b2 f047594a5cffda64303a80b2fa6a957169 e0caf2a9d50f70ecaa43b4a287c3b34a99 cff4c61882b413b686ff35b63a3a73de",
    "5bf008f6f27cc21f5ae82fb7907b1d92 580af48bc1108604d5551343 482da24bb4fb9eaa0dbf403733597f5b3ee8338b5d09a1d6f9070bb069264abbcacc5657aa6353f179d1bb4c7fa00526789eaf08e0da258cbdb39e9877c68b4a75 ca89d6ae284afb6792cd894e07aa8336 1b89c6bcddefbe9233ee4093468a5f61 a49c7747dad42df6d729a01f4c50cf34",
    "875b0b4a84150524eb1f50f9d8de1388 fdc5014ed1ad706129d57322 35a6d9829c8449c4402e385cc5c6fe98 2f575dfb2dbe9d238de576fc63e4ac32 3469c3ff738aa32aacc1ac48d89b1d75 fa68720a3171a54c4b3690bffde7b610",
  ];
  for (const vector of vectors) {
    const [key, nonce, aad, plaintext, ciphertext, tag] = vector.split(" ").map(hex) as Uint8Array[];
    const sealing: Sealing = { cipher: "aes-128-ccm", key: key!, nonce: nonce!, aad: aad! };
    same(seal(sealing, plaintext!), Buffer.concat([ciphertext!, tag!]), vector);
    same(encryptAt(sealing, 0, plaintext!), ciphertext!, vector);
  }
});

test("AES-CCM's keystream is that of NIST SP 800-38C, example 3, whose nonce has 12 bytes too", () => {
  const from = (first: number, length: number) => Uint8Array.from({ length }, (_, i) => first + i);
  const sealing: Sealing = {
    cipher: "aes-128-ccm",
    key: from(0x40, 16),
    nonce: from(0x10, 12),
    aad: from(0, 20),
  };
  const expected = Buffer.from("e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5", "hex");
  same(encryptAt(sealing, 0, from(0x20, 24)), expected, "ciphertext");
});
