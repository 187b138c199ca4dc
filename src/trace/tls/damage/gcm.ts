import { ecb } from "@noble/ciphers/aes.js";
import type { Cipher } from "../../../core/base/record.ts";
import type { Aead } from "../../platform.ts";
import { bytesOf, hashKey, invert, Multiplier, type Words, wordsOf, xorWords } from "./ghash.ts";

/**
 * What the tags of AES-GCM say under one key: tag = GHASH(aad, ciphertext) ⊕ AES(nonce ‖ 1) (NIST SP 800-38D §7.1). Either
 * side can be solved for what it was made of, so nothing has to be searched.
 */
export class GcmKey {
  /** Division by the hash key H. */
  readonly inverse: Multiplier;
  private readonly aead: Aead;
  private readonly cipher: Cipher;
  private readonly key: Uint8Array;
  private readonly times: Multiplier;
  private readonly zeroMask: Words;

  constructor(aead: Aead, cipher: Cipher, key: Uint8Array) {
    const h = hashKey(key);
    this.aead = aead;
    this.cipher = cipher;
    this.key = key;
    this.times = new Multiplier(h);
    this.inverse = new Multiplier(invert(h));
    this.zeroMask = this.mask(zeroNonce);
  }

  /** GHASH(aad, ciphertext), by one pass of the platform: as a tag of additional data alone, whose last block is set right. */
  hash(aad: Uint8Array, ciphertext: Uint8Array): Words {
    const [first, second] = [padded(aad.length), padded(ciphertext.length)];
    const data = new Uint8Array(first + second);
    data.set(aad);
    data.set(ciphertext, first);
    const sealing = { cipher: this.cipher, key: this.key, nonce: zeroNonce, aad: data };
    const tag = wordsOf(this.aead.seal(sealing, new Uint8Array(0)));
    const lengths = xorWords(lengthsOf(data.length, 0), lengthsOf(aad.length, ciphertext.length));
    return xorWords(xorWords(tag, this.zeroMask), this.times.times(lengths));
  }

  /** AES(nonce ‖ 1). */
  mask(nonce: Uint8Array): Words {
    const block = new Uint8Array(16);
    block.set(nonce);
    block[15] = 1;
    return wordsOf(ecb(this.key, { disablePadding: true }).encrypt(block));
  }

  /** The nonce whose mask this is; null if it is no mask: then its counter is not 1. */
  nonceOf(mask: Words): Uint8Array | null {
    const block = ecb(this.key, { disablePadding: true }).decrypt(bytesOf(mask));
    const isFirst = block[12] === 0 && block[13] === 0 && block[14] === 0 && block[15] === 1;
    return isFirst ? block.subarray(0, 12) : null;
  }
}

const zeroNonce = new Uint8Array(12);
const padded = (length: number): number => Math.ceil(length / 16) * 16;
/** The last block that GHASH takes: both lengths in bits. */
const lengthsOf = (aad: number, ciphertext: number): Words => [0, 8 * aad, 0, 8 * ciphertext];

/** By key: what it takes to make one is worth keeping, a stream has few. */
const made = new WeakMap<Uint8Array, GcmKey>();

/** What tags say under this key. */
export function gcmKeyOf(aead: Aead, cipher: Cipher, key: Uint8Array): GcmKey {
  const found = made.get(key) ?? new GcmKey(aead, cipher, key);
  made.set(key, found);
  return found;
}
