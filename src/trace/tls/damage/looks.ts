/** Whether bytes read as plaintext: what is encrypted has every value as often as any other. */
import { recordType, type TlsVersion } from "../../../core/base/record.ts";
import { innerOf } from "../decrypt.ts";

/**
 * How a record's body reads if it is taken for plaintext. Bits say by how much this is likelier than that the bytes are
 * uniform: of uniform bytes one in 2^bits reads so well.
 */
export interface Look {
  /** False if no plaintext is like this: an inner type that is none, an alert that is none. */
  isPossible: boolean;
  bits: number;
  /** Those of them that the content of messages says, which may look random in plaintext, too. */
  contentBits: number;
  type: number;
  /** Bytes of the content. */
  size: number;
}

/** Bits from which on a reading is sure. */
export const sureBits = 24;

/** Bytes of a record that are looked at. */
const looksMax = 2048;
/** Bytes that are told by one model: a header of text may stand before compressed content. */
const chunkSize = 256;

/** Takes a body, which is what lies between explicit nonce and tag, for plaintext. */
export function lookOf(version: TlsVersion, headerType: number, body: Uint8Array): Look {
  const { type, size } = innerOf(version, headerType, body);
  const isInner = version === 0x0304;
  const isType =
    type === recordType.alert || type === recordType.handshake || type === recordType.applicationData;
  const padding = isInner ? Math.min(8, body.length - size - 1) : 0;
  const content = body.subarray(0, size);
  const form = formBits(type, content);
  const isPossible = (!isInner || (isType && body.length > size)) && form !== null;
  if (!isPossible) return { isPossible, bits: Number.NEGATIVE_INFINITY, contentBits: 0, type, size };
  const isMessage = type === recordType.applicationData || type === recordType.handshake;
  const contentBits = isMessage ? surplus(content.subarray(0, looksMax)) : 0;
  const structure = isInner ? Math.log2(256 / 3) + 8 * padding : 0;
  return { isPossible, bits: structure + form + contentBits, contentBits, type, size };
}

/** Bits by which a record of this type has its form; null if it cannot be of it. */
function formBits(type: number, content: Uint8Array): number | null {
  const [first, second] = content;
  if (type === recordType.alert) {
    // Two levels, and less than 121 descriptions (RFC 8446 §6).
    const isAlert = content.length === 2 && (first === 1 || first === 2) && second! <= 120;
    return isAlert ? 16 - Math.log2(2 * 121) : null;
  }
  if (type === recordType.changeCipherSpec) return content.length === 1 && first === 1 ? 8 : null;
  // A message's type and the high byte of its length; a record may begin in the middle of one.
  const begins = type === recordType.handshake && content.length >= 4 && first! <= 24 && second === 0;
  return begins ? 16 - Math.log2(25) : 0;
}

/**
 * Bits by which bytes are told shorter, chunk by chunk, as text or by how often each value came before, than as uniform
 * ones. A code for all bytes cannot do so by n bits for more than one in 2^n of them (Kraft's inequality).
 */
export function surplus(bytes: Uint8Array): number {
  let bits = 0;
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const chunk = bytes.subarray(at, at + chunkSize);
    bits += Math.log2(0.98 + 0.01 * 2 ** textBits(chunk) + 0.01 * 2 ** frequencyBits(chunk));
  }
  return bits;
}

/** Printable bytes share 63/64 of all texts, the others the rest. */
const [printableBits, otherBits] = [Math.log2((256 / 98) * (63 / 64)), Math.log2(256 / 158 / 64)];
const isPrintable = (byte: number) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127);
/** Text may end within a chunk. */
const pieceSize = 32;

function textBits(chunk: Uint8Array): number {
  let bits = 0;
  for (let at = 0; at < chunk.length; at += pieceSize) {
    let piece = 0;
    for (const byte of chunk.subarray(at, at + pieceSize))
      piece += isPrintable(byte) ? printableBits : otherBits;
    bits += Math.log2(0.9 + 0.1 * 2 ** piece);
  }
  return bits;
}

/** What a value weighs that has not come yet. */
const weight = 1 / 8;
const counts = new Uint16Array(256);

/** Bits by which bytes are told shorter by how often each value came before. */
export function frequencyBits(chunk: Uint8Array): number {
  counts.fill(0);
  let bits = 0;
  for (let i = 0; i < chunk.length; i++) {
    const byte = chunk[i]!;
    bits += Math.log2((256 * (counts[byte]! + weight)) / (i + 256 * weight));
    counts[byte]!++;
  }
  return bits;
}
