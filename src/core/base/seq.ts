// core/base: numbers and bytes: sequence arithmetic, columns, record layouts, AEAD.

/**
 * A place in a sender's sequence space: the sequence number as TCP would count it if it did not wrap at 2^32. Its low 32
 * bits are what a packet carries (RFC 9293 §3.4), what is above them tells places gigabytes apart from each other. It is
 * an ordinary integer, exact to 2^53, negative before number 0: whoever looks from outside compares and subtracts it as
 * one. Kernel, driver and NIC see 32 bits, so they compare by the functions of this file.
 */
export type Seq = number & { readonly __brand: "Seq" };

/** A number that is known to be a place. */
export const seq = (n: number): Seq => n as Seq;

/** The sequence number as a packet carries it, 0 … 2^32 − 1. */
export const toU32 = (s: Seq): number => s >>> 0;

/** The place nearest to `at` that has the low 32 bits of `n`, a number off a packet or a kernel's report. */
export const near = (n: number, at: Seq): Seq => (at + ((n - at) | 0)) as Seq;

/** a lies before b on the ring: int32(a − b) < 0, the kernel's before(). */
export const before = (a: Seq, b: Seq): boolean => ((a - b) | 0) < 0;

/** a lies after b on the ring. */
export const after = (a: Seq, b: Seq): boolean => ((b - a) | 0) < 0;

/** s1 lies in the closed ring interval s2 … s3, the kernel's between(). */
export const between = (s1: Seq, s2: Seq, s3: Seq): boolean => (s3 - s2) >>> 0 >= (s1 - s2) >>> 0;

/** Bytes on the ring from `from` to `to`, negative if `to` lies before `from`. */
export const distance = (from: Seq, to: Seq): number => (to - from) | 0;

/** The place n bytes further on. */
export const advance = (s: Seq, n: number): Seq => (s + n) as Seq;
