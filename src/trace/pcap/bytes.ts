/** Integers from bytes at an index. Reading past the end gives zero bits, so a caller's missing check cannot crash. */

export const u16be = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/** The 32 bits at an index as a signed integer, big endian: the form of a sequence number. */
export const i32be = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;

export const u32be = (bytes: Uint8Array, at: number): number => i32be(bytes, at) >>> 0;

export const u16 = (bytes: Uint8Array, at: number, little: boolean): number =>
  little ? bytes[at]! | (bytes[at + 1]! << 8) : u16be(bytes, at);

export const u32 = (bytes: Uint8Array, at: number, little: boolean): number =>
  little
    ? (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
    : u32be(bytes, at);
