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

/** Bits of a limb. Six make 132, and the sum of six products of two stays below 2^53, up to where numbers are exact. */
const limbBits = 22;
const limb = 2 ** limbBits;
/** 16 bytes as limbs, and a bit above them (`top`: 1 in a block of a message, 0 in a key). */
function writeLimbs(limbs: Float64Array, at: number, bytes: Uint8Array, top: number): void {
  for (let i = 0; i < 6; i++) {
    const from = (limbBits * i) >> 3;
    const four = bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16);
    // The last limb ends with the block: what would lie behind is 0.
    const last = i < 5 ? bytes[from + 3]! << 24 : 0;
    limbs[at + i] = ((four | last) >>> ((limbBits * i) & 7)) & (limb - 1);
  }
  limbs[at + 5]! += top * 2 ** 18;
}

/**
 * Poly1305 (RFC 8439 §2.5) of one message of whole blocks under many keys, to tell which of them a tag is from: several
 * times as fast as a tag each.
 */
export class TagTrials {
  private readonly blocks: Float64Array;
  private readonly tag: bigint;
  private readonly tagLow: number;
  private readonly r = new Float64Array(6);
  private readonly sum = new Float64Array(6);

  constructor(message: Uint8Array, tag: Uint8Array) {
    this.blocks = new Float64Array((6 * message.length) / 16);
    for (let at = 0; at < message.length; at += 16)
      writeLimbs(this.blocks, (6 * at) / 16, message.subarray(at, at + 16), 1);
    this.tag = littleEndian(tag);
    this.tagLow = lowOf(tag, 0);
  }

  /** Changes the message's first block. */
  begin(block: Uint8Array): void {
    writeLimbs(this.blocks, 0, block, 1);
  }

  /** True if the tag is the message's under this one-time key of 32 bytes, r and s. */
  isUnder(key: Uint8Array): boolean {
    writeLimbs(this.r, 0, key, 0);
    // The bits that RFC 8439 §2.5.1 clears, 0x0ffffffc0ffffffc0ffffffc0fffffff, in limbs.
    for (let i = 0; i < 6; i++) this.r[i] = this.r[i]! & clampLimbs[i]!;
    addUp(this.blocks, this.r, this.sum);
    // Its lowest bits tell nearly always; the sum is some multiple of the prime, up to eight, too large.
    const low = this.tagLow - (lowOf(key, 16) + this.sum[0]!);
    const excess = ((low % limb) + limb) % limb;
    if (excess % 5 !== 0 || excess > 40) return false;
    const value = this.sum.reduceRight((value, part) => (value << 22n) + BigInt(part), 0n) % prime;
    return BigInt.asUintN(128, value + littleEndian(key.subarray(16))) === this.tag;
  }
}

const clampLimbs = [0, 1, 2, 3, 4, 5].map((i) =>
  Number((0x0ffffffc0ffffffc0ffffffc0fffffffn >> BigInt(limbBits * i)) & BigInt(limb - 1)),
);
/** The lowest limb of the number that begins there. */
const lowOf = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)) & (limb - 1);

/** The sum of the blocks, each and what lies before it times r, modulo 2^130 − 5 but for a small multiple. */
function addUp(blocks: Float64Array, r: Float64Array, sum: Float64Array): void {
  const [r0, r1, r2, r3, r4, r5] = r as unknown as [number, number, number, number, number, number];
  // What is 2^132 and above comes back 20 times below: 2^130 is 5.
  const [s1, s2, s3, s4, s5] = [20 * r1, 20 * r2, 20 * r3, 20 * r4, 20 * r5];
  let [h0, h1, h2, h3, h4, h5] = [0, 0, 0, 0, 0, 0];
  for (let at = 0; at < blocks.length; at += 6) {
    h0 += blocks[at]!;
    h1 += blocks[at + 1]!;
    h2 += blocks[at + 2]!;
    h3 += blocks[at + 3]!;
    h4 += blocks[at + 4]!;
    h5 += blocks[at + 5]!;
    const d0 = h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1;
    const d1 = h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2 + Math.floor(d0 / limb);
    const d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3 + Math.floor(d1 / limb);
    const d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4 + Math.floor(d2 / limb);
    const d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5 + Math.floor(d3 / limb);
    const d5 = h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0 + Math.floor(d4 / limb);
    const low = d0 - limb * Math.floor(d0 / limb) + 20 * Math.floor(d5 / limb);
    h0 = low - limb * Math.floor(low / limb);
    h1 = d1 - limb * Math.floor(d1 / limb) + Math.floor(low / limb);
    h2 = d2 - limb * Math.floor(d2 / limb);
    h3 = d3 - limb * Math.floor(d3 / limb);
    h4 = d4 - limb * Math.floor(d4 / limb);
    h5 = d5 - limb * Math.floor(d5 / limb);
  }
  sum.set([h0, h1, h2, h3, h4, h5]);
}
