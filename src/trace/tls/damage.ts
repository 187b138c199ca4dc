import { ecb } from "@noble/ciphers/aes.js";
import {
  aadOf,
  headerSize,
  nonceOf,
  type RecordKeys,
  recordType,
  tagSize,
  u64Bytes,
} from "../../core/base/record.ts";
import { openRecord, type Protection } from "./decrypt.ts";

/** A record whose tag does not fit: bytes as captured, from header to tag. */
export interface FailedRecord {
  protection: Protection;
  keys: RecordKeys;
  sn: bigint;
  record: Uint8Array;
  /** Explicit nonce that this record should carry, going by its neighbours (TLS 1.2 GCM). */
  expectedNonce: bigint | null;
  /** Distance of the record from the offload start: positions in texts count from there. */
  at: number;
}

/** What is known of a record's damage. */
export interface Damage {
  text: string;
  /** The record's right bytes, null if they cannot be known. */
  right: Uint8Array | null;
}

/** Record numbers this far off are tried: a NIC rebuilt for a neighbouring record is a known bug. */
const numbersTried = 8;

/**
 * Says which byte of a failed record is wrong where that can be known, else only where the record lies.
 * With `isThorough` false it does not look, since looking costs some thirty decryptions.
 */
export function explainDamage(failed: FailedRecord, isThorough: boolean): Damage {
  if (!isThorough) return somewhere(failed);
  const known = wrongHeader(failed) ?? wrongNonce(failed) ?? wrongNumber(failed) ?? wrongByte(failed);
  return known ?? somewhere(failed);
}

function somewhere({ record, at }: FailedRecord): Damage {
  return { text: `its tag does not fit; wrong somewhere in ${at}:${at + record.length}`, right: null };
}

/** The record authenticates with another type: its length is right, or it would not lie between its neighbours. */
function wrongHeader({ protection, keys, sn, record, at }: FailedRecord): Damage | null {
  const { applicationData, handshake, alert, changeCipherSpec } = recordType;
  const types = [applicationData, handshake, alert, changeCipherSpec];
  const right = record.slice();
  for (const type of protection.version === 0x0304 ? [applicationData] : types) {
    if (type === record[0]) continue;
    right[0] = type;
    if (openRecord(protection, keys, sn, right) !== null)
      return { text: headerDamage(record, right, at), right };
  }
  return null;
}

/** Which bytes of a record's header are not what they must be. */
export function headerDamage(record: Uint8Array, right: Uint8Array, at: number): string {
  const parts = ["type", "version", "version", "length", "length"];
  const wrong = parts.map((part, i) => ({ part, i })).filter(({ i }) => record[i] !== right[i]);
  const texts = wrong.map(({ part, i }) => `byte ${at + i} (${part}) is ${record[i]}, must be ${right[i]}`);
  return `damaged header: ${texts.join(", ")}`;
}

/** The record authenticates with the explicit nonce that is due. */
function wrongNonce({ protection, keys, sn, record, expectedNonce, at }: FailedRecord): Damage | null {
  if (protection.layout.prepend === headerSize || expectedNonce === null) return null;
  const right = record.slice();
  right.set(u64Bytes(expectedNonce), headerSize);
  if (openRecord(protection, keys, sn, right) === null) return null;
  return { text: `damaged explicit nonce: ${bytesThatDiffer(record, right, at)}`, right };
}

/** The record authenticates under a neighbouring number: the sender's NIC was in the wrong record. */
function wrongNumber({ protection, keys, sn, record }: FailedRecord): Damage | null {
  for (let distance = 1; distance <= numbersTried; distance++) {
    for (const other of [sn - BigInt(distance), sn + BigInt(distance)]) {
      if (other < 0n || openRecord(protection, keys, other, record) === null) continue;
      return { text: `it was encrypted as record ${other}: the NIC had a wrong record number`, right: null };
    }
  }
  return null;
}

function bytesThatDiffer(record: Uint8Array, right: Uint8Array, at: number): string {
  const texts: string[] = [];
  right.forEach((byte, i) => {
    if (record[i] !== byte) texts.push(`byte ${at + i} is ${record[i]}, must be ${byte}`);
  });
  return texts.join(", ");
}

/**
 * Finds a single wrong byte by the difference of the two tags. GHASH is linear: a byte that is off by δ in block i of
 * AAD ‖ ciphertext ‖ lengths changes the tag by δ·H^(n−i) (NIST SP 800-38D §6.4), so dividing the difference by H again
 * and again gives, at the right block and by no accident at another, a block with a single non-zero byte.
 */
function wrongByte(failed: FailedRecord): Damage | null {
  const { protection, keys, record } = failed;
  const { prepend } = protection.layout;
  const difference = xor(expectedTag(failed), record.subarray(record.length - tagSize));
  const inTag = singleByte(difference);
  if (inTag !== null) return repaired(failed, record.length - tagSize + inTag, difference[inTag]!, "tag");
  if (protection.cipher === "chacha20-poly1305") return null;
  const inverse = new Multiplier(invert(hashKey(keys.key)));
  const blocks = Math.ceil((record.length - prepend - tagSize) / 16);
  // The first division is for the block of lengths; then come those of the ciphertext, from the last to the first.
  let block = inverse.times(wordsOf(difference));
  for (let i = blocks - 1; i >= 0; i--) {
    block = inverse.times(block);
    const bytes = bytesOf(block);
    const found = singleByte(bytes);
    if (found !== null) return repaired(failed, prepend + 16 * i + found, bytes[found]!, "ciphertext");
  }
  return null;
}

/** The record with one byte set right, if it then authenticates. */
function repaired(failed: FailedRecord, index: number, delta: number, part: string): Damage | null {
  const { protection, keys, sn, record, at } = failed;
  if (index < 0 || index >= record.length) return null;
  const right = record.slice();
  right[index] = right[index]! ^ delta;
  if (openRecord(protection, keys, sn, right) === null) return null;
  return { text: `damaged ${part}: ${bytesThatDiffer(record, right, at)}`, right };
}

/** The tag that fits the record's header and ciphertext as they are: sealing zeros gives the keystream, sealing the plaintext the tag. */
function expectedTag({ protection, keys, sn, record }: FailedRecord): Uint8Array {
  const { aead, cipher, version, layout } = protection;
  const body = record.subarray(layout.prepend, record.length - tagSize);
  const nonce = nonceOf(version, cipher, keys, sn, record.subarray(headerSize, layout.prepend));
  const aad = aadOf(version, cipher, sn, record);
  const keystream = aead.seal(cipher, keys.key, nonce, aad, new Uint8Array(body.length));
  const plaintext = body.map((byte, i) => byte ^ keystream[i]!);
  return aead.seal(cipher, keys.key, nonce, aad, plaintext).subarray(body.length);
}

const hashKey = (key: Uint8Array): Words =>
  wordsOf(ecb(key, { disablePadding: true }).encrypt(new Uint8Array(16)));

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, i) => byte ^ b[i]!);

/** Index of the only non-zero byte, null if there is none or more than one. */
function singleByte(bytes: Uint8Array): number | null {
  const index = bytes.findIndex((byte) => byte !== 0);
  return index >= 0 && bytes.subarray(index + 1).every((byte) => byte === 0) ? index : null;
}

/** An element of GF(2^128) as GCM writes it: bit 0 is the leftmost (NIST SP 800-38D §6.3). */
type Words = readonly [number, number, number, number];

function wordsOf(bytes: Uint8Array): Words {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)];
}

function bytesOf(words: Words): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setInt32(4 * i, word);
  });
  return bytes;
}

/** v·x: one step to the right, reduced by x^128 + x^7 + x^2 + x + 1. */
function timesX([a, b, c, d]: Words): Words {
  const carry = d & 1 ? 0xe1000000 | 0 : 0;
  return [(a >>> 1) ^ carry, (b >>> 1) | (a << 31), (c >>> 1) | (b << 31), (d >>> 1) | (c << 31)];
}

/** Multiplication by one fixed element, by a table of its products with the powers of x. */
class Multiplier {
  readonly #products = new Int32Array(512);

  constructor(by: Words) {
    let product = by;
    for (let i = 0; i < 128; i++) {
      this.#products.set(product, 4 * i);
      product = timesX(product);
    }
  }

  times(words: Words): Words {
    const p = this.#products;
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
function invert(words: Words): Words {
  let square = words;
  let product: Words = [0x80000000 | 0, 0, 0, 0];
  for (let i = 1; i < 128; i++) {
    square = new Multiplier(square).times(square);
    product = new Multiplier(product).times(square);
  }
  return product;
}
