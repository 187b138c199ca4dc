import {
  headerSize,
  type RecordKeys,
  recordType,
  sealingOf,
  tagSize,
  u64Bytes,
} from "../../core/base/record.ts";
import type { Damage, WrongByte } from "../trace.ts";
import { openRecord, type Protection } from "./decrypt.ts";
import { bytesOf, hashKey, invert, Multiplier, wordsOf } from "./ghash.ts";

/** A record whose tag does not fit: bytes as captured, from header to tag. */
export interface FailedRecord {
  protection: Protection;
  keys: RecordKeys;
  sn: bigint;
  record: Uint8Array;
  /** Explicit nonce that this record should carry, going by its neighbours (TLS 1.2 GCM). */
  expectedNonce: bigint | null;
  /** Distance of the record from the offload start. */
  at: number;
}

/** What looking into a failed record gave. */
export interface Diagnosis {
  damage: Damage;
  /** The record's right bytes, null if they cannot be known. */
  right: Uint8Array | null;
}

/** Record numbers this far off are tried: a NIC rebuilt for a neighbouring record is a known bug. */
const numbersTried = 8;

/**
 * Finds which byte of a failed record is wrong where that can be known, else only where the record lies.
 * With `isThorough` false it does not look, since looking costs some thirty decryptions.
 */
export function diagnose(failed: FailedRecord, isThorough: boolean): Diagnosis {
  if (!isThorough) return somewhere(failed);
  const known = wrongHeader(failed) ?? wrongNonce(failed) ?? wrongNumber(failed) ?? wrongByte(failed);
  return known ?? somewhere(failed);
}

const somewhere = ({ record, at }: FailedRecord): Diagnosis => ({
  damage: { part: "unknown", at, length: record.length },
  right: null,
});

/** A record of which only these bytes are wrong: those in which it is not as `right`. */
export function damagedIn(
  part: "header" | "nonce" | "ciphertext" | "tag",
  record: Uint8Array,
  right: Uint8Array,
  at: number,
): Diagnosis {
  const wrong: WrongByte[] = [];
  for (let offset = 0; offset < right.length; offset++) {
    const [is, must] = [record[offset]!, right[offset]!];
    if (is !== must) wrong.push({ offset, is, must });
  }
  return { damage: { part, at, wrong }, right };
}

/** The record authenticates with another type: its length is right, or it would not lie between its neighbours. */
function wrongHeader({ protection, keys, sn, record, at }: FailedRecord): Diagnosis | null {
  const { applicationData, handshake, alert, changeCipherSpec } = recordType;
  const types = [applicationData, handshake, alert, changeCipherSpec];
  const right = record.slice();
  for (const type of protection.version === 0x0304 ? [applicationData] : types) {
    if (type === record[0]) continue;
    right[0] = type;
    if (openRecord(protection, keys, sn, right) !== null) return damagedIn("header", record, right, at);
  }
  return null;
}

/** The record authenticates with the explicit nonce that is due. */
function wrongNonce({ protection, keys, sn, record, expectedNonce, at }: FailedRecord): Diagnosis | null {
  if (protection.layout.prepend === headerSize || expectedNonce === null) return null;
  const right = record.slice();
  right.set(u64Bytes(expectedNonce), headerSize);
  return openRecord(protection, keys, sn, right) && damagedIn("nonce", record, right, at);
}

/** The record authenticates under a neighbouring number: the sender's NIC was in the wrong record. */
function wrongNumber({ protection, keys, sn, record }: FailedRecord): Diagnosis | null {
  for (let distance = 1; distance <= numbersTried; distance++) {
    for (const other of [sn - BigInt(distance), sn + BigInt(distance)]) {
      if (other < 0n || openRecord(protection, keys, other, record) === null) continue;
      return { damage: { part: "number", sn: other, under: null }, right: null };
    }
  }
  return null;
}

/**
 * Finds a single wrong byte by the difference of the two tags. GHASH is linear: a byte that is off by δ in block i of
 * AAD ‖ ciphertext ‖ lengths changes the tag by δ·H^(n−i) (NIST SP 800-38D §6.4), so dividing the difference by H again
 * and again gives, at the right block and by no accident at another, a block with a single non-zero byte.
 */
function wrongByte(failed: FailedRecord): Diagnosis | null {
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
function repaired(
  failed: FailedRecord,
  index: number,
  delta: number,
  part: "ciphertext" | "tag",
): Diagnosis | null {
  const { protection, keys, sn, record, at } = failed;
  if (index < 0 || index >= record.length) return null;
  const right = record.slice();
  right[index] = right[index]! ^ delta;
  return openRecord(protection, keys, sn, right) && damagedIn(part, record, right, at);
}

/** The tag that fits the record's header and ciphertext as they are: sealing zeros gives the keystream, sealing the plaintext the tag. */
function expectedTag({ protection, keys, sn, record }: FailedRecord): Uint8Array {
  const { aead, layout } = protection;
  const body = record.subarray(layout.prepend, record.length - tagSize);
  const sealing = sealingOf(protection, keys, sn, record);
  const keystream = aead.seal(sealing, new Uint8Array(body.length));
  const plaintext = body.map((byte, i) => byte ^ keystream[i]!);
  return aead.seal(sealing, plaintext).subarray(body.length);
}

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, i) => byte ^ b[i]!);

/** Index of the only non-zero byte, null if there is none or more than one. */
function singleByte(bytes: Uint8Array): number | null {
  const index = bytes.findIndex((byte) => byte !== 0);
  return index >= 0 && bytes.subarray(index + 1).every((byte) => byte === 0) ? index : null;
}
