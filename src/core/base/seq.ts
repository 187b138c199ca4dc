// core/base: numbers and bytes: sequence arithmetic, columns, record layouts, AEAD.

/**
 * A TCP sequence number: 32 bits, kept as a signed integer (`| 0`) and compared modulo 2^32 only (RFC 9293 §3.4).
 * Nothing outside this file compares or subtracts sequence numbers; only views turn one unsigned, by `toU32`.
 */
export type Seq = number & { readonly __brand: "Seq" };

/** The one normalisation: any integer (signed, unsigned, beyond 32 bits) as a sequence number. */
export const seq = (n: number): Seq => (n | 0) as Seq;

/** The sequence number as people write it, 0 … 2^32 − 1. */
export const toU32 = (s: Seq): number => s >>> 0;

/** a lies before b on the ring: int32(a − b) < 0, the kernel's before(). */
export const before = (a: Seq, b: Seq): boolean => ((a - b) | 0) < 0;

/** a lies after b on the ring. */
export const after = (a: Seq, b: Seq): boolean => ((b - a) | 0) < 0;

/** s1 lies in the closed ring interval s2 … s3, the kernel's between(). */
export const between = (s1: Seq, s2: Seq, s3: Seq): boolean => (s3 - s2) >>> 0 >= (s1 - s2) >>> 0;

/** Bytes from `from` to `to`, negative if `to` lies before `from`. */
export const distance = (from: Seq, to: Seq): number => (to - from) | 0;

/** The sequence number n bytes further on. */
export const advance = (s: Seq, n: number): Seq => ((s + n) | 0) as Seq;
