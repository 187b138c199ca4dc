import { headerSize } from "../core/record.ts";
import { headerAt, isProtectedHeader, parseHeader, recordSizeMax } from "./framing.ts";
import type { ByteStream } from "./stream.ts";

/**
 * How much work may go into finding lost framing, in bytes looked at or decrypted. Records that authenticate earn
 * more, so a damaged stretch of a good capture is always searched and a hostile capture costs no more than a good one.
 */
export class SearchBudget {
  #left = 1 << 24;

  spend(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left > 0;
  }

  earn(bytes: number): void {
    this.#left = Math.min(1 << 26, this.#left + 2 * bytes);
  }
}

/** Bytes read at once while searching; neighbouring blocks share a header's length. */
const blockSize = 1 << 14;

/** Positions in [from, to) where a protected record's header may stand, as far as bytes were captured. */
export function* headerCandidates(
  stream: ByteStream,
  from: number,
  to: number,
  overhead: number,
  budget: SearchBudget,
): Generator<{ position: number; length: number }> {
  const block = new Uint8Array(blockSize);
  let position = stream.nextCaptured(from);
  while (position < to) {
    const size = stream.read(position, blockSize, block);
    if (size === 0 || !budget.spend(size)) return;
    for (let at = 0; at + headerSize <= size && position + at < to; at++) {
      if (block[at + 1] !== 3 || block[at + 2] !== 3) continue;
      const header = parseHeader(block, at);
      if (isProtectedHeader(header, overhead)) yield { position: position + at, length: header.length };
    }
    const next = size < blockSize ? position + size : position + size - headerSize + 1;
    position = stream.nextCaptured(next);
  }
}

/** Headers in a row after which a chain of headers is no accident: one of random bytes comes up once in 4 million. */
const chainLength = 3;

/** True if records follow one another from here on for long enough to be sure without a key. */
export function isChain(stream: ByteStream, from: number, overhead: number): boolean {
  let position = from;
  for (let i = 0; i < chainLength; i++) {
    const header = headerAt(stream, position);
    if (!isProtectedHeader(header ?? null, overhead)) return i > 1 && position === stream.end;
    position += header!.length;
  }
  return true;
}

/** Where the next record can begin at the latest, if this one's length cannot be believed. */
export const nextRecordLimit = (position: number): number => position + recordSizeMax + 1;
