// trace/tls/damage: what is wrong with a record that fails: which of its bytes, or what it was made from instead.

import {
  addU64,
  headerSize,
  type RecordKeys,
  recordType,
  sealingOf,
  tagSize,
  u64Bytes,
} from "../../../core/base/record.ts";
import type { Damage, WrongByte } from "../../trace.ts";
import { openRecord, type Protection } from "../decrypt.ts";
import { gcmKeyOf } from "./gcm.ts";
import { bytesOf, type Words, wordsOf } from "./ghash.ts";
import { lookOf, sureBits } from "./looks.ts";
import { isUnderMistakenIv } from "./mistaken-ivs.ts";
import { type NamedKeys, type Origin, originUnder, searchingFar, type Trials } from "./origin.ts";
import { differingBlock, littleEndian, oneTimeR } from "./poly1305.ts";

/** A record, from header to tag, and the keys and number that are due to it. */
export interface Keyed {
  protection: Protection;
  keys: RecordKeys;
  sn: bigint;
  record: Uint8Array;
}

/** A record whose tag does not fit: bytes as captured. */
export interface FailedRecord extends Keyed {
  /** Explicit nonce that this record should carry, going by its neighbours (TLS 1.2 GCM). */
  expectedNonce: bigint | null;
  /** Distance of the record from the offload start. */
  at: number;
  /** Other keys of the session that could have made it. */
  others: readonly NamedKeys[];
}

/** Keys and numbers that a NIC goes on with that was once wrong: the record numbered n carries the tag of n + `by` under them. */
export interface Shift {
  by: bigint;
  /** Null: those that are due. */
  keys: RecordKeys | null;
  under: string | null;
}

/** What looking into a failed record gave. */
export interface Diagnosis {
  damage: Damage;
  /** The record's right bytes, null if they cannot be known. */
  right: Uint8Array | null;
  /** It is right as another record: what it would be right by. */
  shift: Shift | null;
  /** Its inner plaintext where that is known though the record is wrong. */
  inner: Uint8Array | null;
  /** Nothing proves it: the record may still be right under a number far off. */
  isGuess: boolean;
}

/**
 * Finds which byte of a failed record is wrong where that can be known, or what it was made from instead; else only where
 * the record lies. Not `isThorough` it does not look, since looking costs some thirty decryptions.
 */
export function diagnose(failed: FailedRecord, isThorough: boolean): Diagnosis {
  const leak = leaked(failed);
  if (leak !== null || !isThorough) return leak ?? unknown(failed);
  return (
    wrongHeader(failed) ??
    wrongNonce(failed) ??
    elsewhere(failed) ??
    underMistakenIv(failed) ??
    wrongBytes(failed) ?? { ...(likelyLeaked(failed) ?? unknown(failed)), isGuess: true }
  );
}

const found = (damage: Damage, right: Uint8Array | null = null): Diagnosis => ({
  damage,
  right,
  shift: null,
  inner: null,
  isGuess: false,
});

const unknown = ({ record, at }: FailedRecord): Diagnosis =>
  found({ part: "unknown", at, length: record.length });

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
  return found({ part, at, wrong }, right);
}

const bodyOf = ({ protection, record }: Keyed): Uint8Array =>
  record.subarray(protection.layout.prepend, record.length - tagSize);

/** It reads as plaintext, so surely that no ciphertext does. */
function leaked(failed: FailedRecord): Diagnosis | null {
  const body = bodyOf(failed);
  return lookOf(failed.protection.version, failed.record[0]!, body).bits >= sureBits
    ? asPlaintext(failed, body)
    : null;
}

/** Its content says little, but as plaintext it reads better than decrypted. */
function likelyLeaked(failed: FailedRecord): Diagnosis | null {
  const { version } = failed.protection;
  const body = bodyOf(failed);
  const { isPossible, bits, size } = lookOf(version, failed.record[0]!, body);
  if (!isPossible || bits < (size < shortSize ? likelyBits : likelyMargin)) return null;
  const other = lookOf(version, failed.record[0]!, decrypted(failed));
  return bits - Math.max(other.bits, -likelyBits) < likelyMargin ? null : asPlaintext(failed, body);
}
const likelyBits = 6;
const likelyMargin = 12;
const shortSize = 64;

const asPlaintext = ({ record, at }: FailedRecord, inner: Uint8Array): Diagnosis => ({
  ...found({ part: "plaintext", at, length: record.length }),
  inner,
});

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
function wrongNonce(failed: FailedRecord): Diagnosis | null {
  const { protection, expectedNonce } = failed;
  if (protection.layout.prepend === headerSize || expectedNonce === null) return null;
  return withNonce(failed, expectedNonce);
}

function withNonce({ protection, keys, sn, record, at }: FailedRecord, nonce: bigint): Diagnosis | null {
  const right = record.slice();
  right.set(u64Bytes(nonce), headerSize);
  return openRecord(protection, keys, sn, right) && damagedIn("nonce", record, right, at);
}

/** Its tag is right for another place: another number, another salt, other keys. */
function elsewhere(failed: FailedRecord): Diagnosis | null {
  for (const named of namedKeys(failed)) {
    const origin = originUnder(failed, named);
    if (origin !== null) return byOrigin(failed, origin);
  }
  return null;
}

const underMistakenIv = (failed: FailedRecord): Diagnosis | null =>
  isUnderMistakenIv(failed) ? found({ part: "iv", under: null }) : null;

/** The keys that are due, and others of the session. */
const namedKeys = ({ keys, sn, others }: FailedRecord): NamedKeys[] => [
  { keys, under: null, next: sn },
  ...others,
];

/**
 * Searches for the number far off that a record's tag is right for, unless the record decrypts to something as the one
 * that it is; null if there is none. Takes a second, so it pauses.
 */
export function* searchingElsewhere(
  failed: FailedRecord,
  trials: Trials,
): Generator<number, Diagnosis | null> {
  if (readsDecrypted(failed)) return null;
  for (const named of namedKeys(failed)) {
    const origin = yield* searchingFar(failed, named, trials);
    if (origin !== null) return byOrigin(failed, origin);
  }
  return null;
}

function byOrigin(failed: FailedRecord, origin: Origin): Diagnosis | null {
  if (origin.what === "nonce") return withNonce(failed, origin.nonce);
  if (origin.what === "iv") return found({ part: "iv", under: origin.under });
  const { sn, under, keys } = origin;
  return shifted(failed, { by: sn - failed.sn, keys: under === null ? null : keys, under });
}

/** The record, if this shift explains its tag. */
export function shifted(failed: Keyed, shift: Shift): Diagnosis | null {
  const { protection, record } = failed;
  const sn = addU64(failed.sn, shift.by);
  const inner = openRecord(protection, shift.keys ?? failed.keys, sn, record);
  return inner && { ...found({ part: "number", sn, under: shift.under }), shift, inner };
}

/** Most bytes of one block that are told one by one: fewer than half, so that no other block explains a tag as well. */
const runMax = 7;

/**
 * Finds wrong bytes that lie together by the difference of the two tags. GHASH is linear: bytes that are off by δ in block
 * i of AAD ‖ ciphertext ‖ lengths change the tag by δ·H^(n−i) (NIST SP 800-38D §6.4), so dividing the difference by H again
 * and again gives, at the right block and by no accident at another, a block that is zero nearly everywhere.
 */
function wrongBytes(failed: FailedRecord): Diagnosis | null {
  const { record, protection } = failed;
  const tag = expectedTag(failed);
  const captured = record.subarray(-tagSize);
  if (runOf(xor(tag, captured)) <= runMax || (isZero(captured) && readsDecrypted(failed))) {
    const right = record.slice();
    right.set(tag, record.length - tagSize);
    return damagedIn("tag", record, right, failed.at);
  }
  return protection.cipher === "chacha20-poly1305" ? wrongInSum(failed, tag) : wrongInHash(failed, tag);
}

/** A tag that is zero was never written; what lies before it is as it must be if it decrypts to something. */
const readsDecrypted = (failed: FailedRecord): boolean =>
  lookOf(failed.protection.version, failed.record[0]!, decrypted(failed)).bits >= likelyBits;

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

function wrongInHash(failed: FailedRecord, tag: Uint8Array): Diagnosis | null {
  const { protection, keys, record } = failed;
  if (!protection.cipher.endsWith("-gcm")) return null;
  const { inverse } = gcmKeyOf(protection.aead, protection.cipher, keys.key);
  let block: Words = inverse.times(wordsOf(xor(tag, record.subarray(-tagSize))));
  // The first division is for the block of lengths; then come those of the ciphertext, from the last to the first.
  for (let i = blocksOf(failed) - 1; i >= 0; i--) {
    block = inverse.times(block);
    const bytes = bytesOf(block);
    if (runOf(bytes) <= runMax) return repaired(failed, i, (byte, offset) => byte ^ bytes[offset]!);
  }
  return null;
}

/** The same in ChaCha20-Poly1305, whose blocks are added as numbers. */
function wrongInSum(failed: FailedRecord, tag: Uint8Array): Diagnosis | null {
  const { protection, keys, sn, record } = failed;
  const { nonce } = sealingOf(protection, keys, sn, record);
  const difference = { wanted: record.subarray(-tagSize), computed: tag, r: oneTimeR(keys.key, nonce) };
  const blocks = blocksOf(failed);
  const located = differingBlock({ ...difference, blocks }, isRun);
  if (located === null) return null;
  const i = blocks - 1 - located.fromEnd;
  const start = protection.layout.prepend + 16 * i;
  const is = littleEndian(record.subarray(start, Math.min(start + 16, record.length - tagSize)));
  const must = is + located.delta;
  return must < 0n || must >> 128n > 0n
    ? null
    : repaired(failed, i, (_, offset) => Number((must >> BigInt(8 * offset)) & 255n));
}

/** Whether a difference of numbers is one of few bytes that lie together. */
function isRun(delta: bigint): boolean {
  const size = delta < 0n ? -delta : delta;
  if (size >> 128n > 0n || size === 0n) return false;
  const low = BigInt.asUintN(64, size);
  if (size >> 64n > 0n && (low & 0xffffffffn) !== 0n) return false;
  let rest = size;
  while ((rest & 255n) === 0n) rest >>= 8n;
  return rest >> BigInt(8 * (runMax - 1)) === 0n;
}

const blocksOf = (failed: FailedRecord): number => Math.ceil(bodyOf(failed).length / 16);

/** The record with one block of its ciphertext set right, if it then authenticates. */
function repaired(
  failed: FailedRecord,
  block: number,
  change: (byte: number, offset: number) => number,
): Diagnosis | null {
  const { protection, keys, sn, record, at } = failed;
  const right = record.slice();
  const start = protection.layout.prepend + 16 * block;
  const end = Math.min(start + 16, record.length - tagSize);
  for (let offset = 0; start + offset < end; offset++)
    right[start + offset] = change(record[start + offset]!, offset);
  return openRecord(protection, keys, sn, right) && damagedIn("ciphertext", record, right, at);
}

/** The record's body decrypted, whatever its tag says: sealing zeros gives the keystream. */
export function decrypted(failed: Keyed): Uint8Array {
  const { protection, keys, sn, record } = failed;
  const body = bodyOf(failed);
  const keystream = protection.aead.seal(
    sealingOf(protection, keys, sn, record),
    new Uint8Array(body.length),
  );
  return body.map((byte, i) => byte ^ keystream[i]!);
}

/** The tag that fits the record's header and ciphertext as they are: sealing the plaintext gives it. */
export function expectedTag(failed: Keyed): Uint8Array {
  const { protection, keys, sn, record } = failed;
  const plaintext = decrypted(failed);
  return protection.aead.seal(sealingOf(protection, keys, sn, record), plaintext).subarray(plaintext.length);
}

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, i) => byte ^ b[i]!);

/** Bytes from the first that is not zero to the last; Infinity if all are zero. */
function runOf(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first < 0) return Number.POSITIVE_INFINITY;
  let last = bytes.length - 1;
  while (bytes[last] === 0) last--;
  return last - first + 1;
}
