import { chacha20 } from "@noble/ciphers/chacha.js";
import { addU64, type RecordKeys, sealingOf, tagSize, u64Of } from "../../../core/base/record.ts";
import { finished } from "../../platform.ts";
import { openRecord, type Protection } from "../decrypt.ts";
import { type GcmKey, gcmKeyOf } from "./gcm.ts";
import { bytesOf, type Words, wordsOf, xorWords } from "./ghash.ts";
import { TagTrials } from "./poly1305.ts";

/** Keys of a session with whose they are, in words (null: those that are due), and the number that is next under them. */
export interface NamedKeys {
  keys: RecordKeys;
  under: string | null;
  next: bigint;
}

/** What a record's tag says it was made from. */
export type Origin =
  /** The record of this number. */
  | { what: "number"; sn: bigint; under: string | null; keys: RecordKeys }
  /** The number that is due, another salt or iv. */
  | { what: "iv"; under: string | null }
  /** Another explicit nonce than its header says. */
  | { what: "nonce"; nonce: bigint };

/** Numbers this far off are tried one by one. */
export const nearMax = 16;
/** Numbers this far off are tried where they cannot be computed (ChaCha20-Poly1305). */
const farMax = 70_000;

/** What a trial costs beside the bytes that it looks at, as so many more. */
const trialCost = 1024;
/** What all trials of a capture may cost: a second's work, and one search as far as it goes in a record of 3 kB. */
const captureCost = 9 << 26;

/** How many bytes may still be looked at in trials, in a capture or in one stream of it. */
export class Trials {
  left: number;
  /** How far off the last search under the keys that are due may go. */
  reach = nearMax;
  private readonly whole: Trials | null;
  private readonly answers = new Map<string, Origin | null>();

  constructor(left = captureCost, whole: Trials | null = null) {
    this.left = left;
    this.whole = whole;
  }

  /** What a stream takes of it, and pays for as it goes on from an earlier place. */
  ofStream(): Trials {
    return new Trials(captureCost, this);
  }

  /** The answer to a question, found once: one way to take a record and the next ask for the same. */
  *once(question: string, answer: Generator<number, Origin | null>): Generator<number, Origin | null> {
    const known = this.answers.get(question);
    if (known !== undefined) return known;
    const found = yield* answer;
    this.answers.set(question, found);
    return found;
  }

  /** How many trials of this cost may be made, `count` at most; they are paid for. */
  take(count: number, cost: number): number {
    const most = Math.min(count, Math.floor(this.left / cost));
    const taken = this.whole ? this.whole.take(most, cost) : most;
    this.left -= taken * cost;
    return taken;
  }
}

/** Numbers that no NIC is off by: then its iv is another one. */
const plausibleMax = 1n << 32n;

/** A record that does not authenticate as number `sn`. */
export interface Strange {
  protection: Protection;
  sn: bigint;
  record: Uint8Array;
}

/** Where its tag is right, under these keys of the session; null if nowhere. */
export function originUnder(strange: Strange, named: NamedKeys): Origin | null {
  const { aead, cipher, version } = strange.protection;
  if (cipher !== "aes-128-gcm" && cipher !== "aes-256-gcm") return nearby(strange, named);
  const gcm = gcmKeyOf(aead, cipher, named.keys.key);
  return version === 0x0304 ? origin13(strange, named, gcm) : origin12(strange, named, gcm);
}

/** The parts of a record that its tag is made of, as captured, under the number that is due. */
function partsOf({ protection, sn, record }: Strange, keys: RecordKeys) {
  const { prepend } = protection.layout;
  const { aad, nonce } = sealingOf(protection, keys, sn, record);
  const ciphertext = record.subarray(prepend, record.length - tagSize);
  return { aad, nonce, ciphertext, tag: wordsOf(record.subarray(record.length - tagSize)) };
}

/** In TLS 1.3 the number is in the nonce alone, and the tag tells the nonce. */
function origin13(strange: Strange, { keys, under }: NamedKeys, gcm: GcmKey): Origin | null {
  const { aad, ciphertext, tag } = partsOf(strange, keys);
  const nonce = gcm.nonceOf(xorWords(tag, gcm.hash(aad, ciphertext)));
  if (nonce === null) return null;
  const isSalt = keys.salt.every((byte, i) => nonce[i] === byte);
  const sn = u64Of(nonce.subarray(4)) ^ u64Of(keys.iv);
  if (isSalt && isPlausible(sn, strange.sn)) return { what: "number", sn, under, keys };
  return under === null ? { what: "iv", under } : null;
}

const isPlausible = (sn: bigint, due: bigint): boolean =>
  addU64(sn, plausibleMax - due) < 2n * plausibleMax || sn < plausibleMax;

/** In TLS 1.2 it is in the additional data alone, which the tag tells if the nonce is right, as it tells the nonce if they are. */
function origin12(strange: Strange, { keys, under }: NamedKeys, gcm: GcmKey): Origin | null {
  const { aad, nonce, ciphertext, tag } = partsOf(strange, keys);
  const hash = gcm.hash(aad, ciphertext);
  const used = gcm.nonceOf(xorWords(tag, hash));
  if (used !== null) {
    if (used.every((byte, i) => byte === nonce[i])) return { what: "number", sn: strange.sn, under, keys };
    const isSalt = keys.salt.every((byte, i) => used[i] === byte);
    if (under !== null) return null;
    return isSalt ? { what: "nonce", nonce: u64Of(used.subarray(4)) } : { what: "iv", under };
  }
  let difference: Words = xorWords(xorWords(tag, gcm.mask(nonce)), hash);
  for (let blocks = Math.ceil(ciphertext.length / 16) + 2; blocks > 0; blocks--)
    difference = gcm.inverse.times(difference);
  const bytes = bytesOf(difference);
  if (bytes.subarray(8).some((byte) => byte !== 0)) return null;
  return { what: "number", sn: u64Of(aad.subarray(0, 8)) ^ u64Of(bytes.subarray(0, 8)), under, keys };
}

/** Elsewhere numbers near those that are due there are tried, the nearest first. */
function nearby(strange: Strange, named: NamedKeys): Origin | null {
  const first = finished(trying(strange, named, { around: strange.sn, from: 0, to: nearMax }));
  if (first !== null || named.next === strange.sn) return first;
  return finished(trying(strange, named, { around: named.next, from: 0, to: nearMax }));
}

/** True if a record's number far off can be searched for: with ChaCha20-Poly1305, whose tags do not tell it. */
export const isSearchable = ({ protection }: Pick<Strange, "protection">, trials: Trials): boolean =>
  protection.cipher === "chacha20-poly1305" && trials.left > 0;

/** Searches for it as far as trials may be made; pauses behind each two of them. */
export function* searchingFar(
  strange: Strange,
  named: NamedKeys,
  trials: Trials,
): Generator<number, Origin | null> {
  if (!isSearchable(strange, trials)) return null;
  const { protection, sn, record } = strange;
  // In TLS 1.3 few of the trials come to look at all of the record.
  const looked = protection.version === 0x0304 ? record.length / 32 : record.length;
  const to = Math.floor(trials.take(2 * farMax, trialCost + looked) / 2);
  if (named.under === null) trials.reach = Math.max(to, nearMax);
  if (to <= nearMax) return null;
  const question = `${sn} ${named.under} ${to} ${record.subarray(-tagSize).join()}`;
  return yield* trials.once(question, trying(strange, named, { around: sn, from: nearMax + 1, to }));
}

function* trying(
  strange: Strange,
  { keys, under }: NamedKeys,
  { around, from, to }: { around: bigint; from: number; to: number },
): Generator<number, Origin | null> {
  const { protection, record } = strange;
  const isChaCha = protection.cipher === "chacha20-poly1305";
  const fits = isChaCha
    ? allOf(endTest(strange, keys), tagTest(strange, keys))
    : (sn: bigint) => openRecord(protection, keys, sn, record) !== null;
  for (let distance = from; distance <= to; distance++) {
    for (const sn of distance === 0 ? [around] : [around - BigInt(distance), around + BigInt(distance)])
      if (sn >= 0n && fits(sn)) return { what: "number", sn, under, keys };
    yield (distance - from) / (to - from);
  }
  return null;
}

type Fits = (sn: bigint) => boolean;
const allOf =
  (first: Fits, second: Fits): Fits =>
  (sn) =>
    first(sn) && second(sn);

/** Whether a record's plaintext may end as it does under a number: in TLS 1.3 with a type, and padding (RFC 8446 §5.2). */
function endTest({ protection, sn, record }: Strange, keys: RecordKeys): Fits {
  if (protection.version !== 0x0304) return () => true;
  const { nonce } = sealingOf(protection, keys, sn, record);
  const ciphertext = record.subarray(protection.layout.prepend, record.length - tagSize);
  const block = Math.floor((ciphertext.length - 1) / blockSize);
  const last = ciphertext.subarray(block * blockSize);
  const plaintext = new Uint8Array(last.length);
  const nonceView = new DataView(nonce.buffer);
  const mask = nonceView.getBigUint64(4) ^ sn;
  return (other) => {
    nonceView.setBigUint64(4, mask ^ other);
    chacha20(keys.key, nonce, last, plaintext, 1 + block);
    let end = plaintext.length - 1;
    while (end > 0 && plaintext[end] === 0) end--;
    return plaintext[end] === 0 || (plaintext[end]! >= 21 && plaintext[end]! <= 23);
  };
}

/** Of ChaCha20's keystream. */
const blockSize = 64;

/**
 * Whether a record's tag is right for a number, without opening it: a platform's AEAD is slow to say no. The tag is
 * Poly1305 of additional data, ciphertext and their lengths, under the first keystream block (RFC 8439 §2.8).
 */
function tagTest({ protection, sn, record }: Strange, keys: RecordKeys): Fits {
  const { aad, nonce } = sealingOf(protection, keys, sn, record);
  const ciphertext = record.subarray(protection.layout.prepend, record.length - tagSize);
  const tag = record.subarray(record.length - tagSize);
  const padded = 16 * Math.ceil(ciphertext.length / 16);
  const message = new Uint8Array(16 + padded + 16);
  message.set(aad);
  message.set(ciphertext, 16);
  const view = new DataView(message.buffer);
  view.setUint32(16 + padded, aad.length, true);
  view.setUint32(24 + padded, ciphertext.length, true);
  const trials = new TagTrials(message, tag);
  const nonceView = new DataView(nonce.buffer);
  const mask = nonceView.getBigUint64(4) ^ sn;
  const key = new Uint8Array(32);
  return (other) => {
    nonceView.setBigUint64(4, mask ^ other);
    if (protection.version === 0x0303) {
      view.setBigUint64(0, other);
      trials.begin(message.subarray(0, 16));
    }
    chacha20(keys.key, nonce, zeros, key, 0);
    return trials.isUnder(key);
  };
}

const zeros = new Uint8Array(32);
