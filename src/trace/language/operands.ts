import { recordType } from "../../core/base/record.ts";
import { integer, LineFault, list, part, type Token } from "../lexer.ts";
import { counted } from "../visible.ts";
import { recordTypeNames } from "./vocabulary.ts";

/**
 * Numbers are bytes from the offload start, also beyond 2^32 where TCP's own have wrapped: farther on both sides than
 * the longest stream reaches, so that sums of them are exact.
 */
export const relativeMin = -(2 ** 52);
export const relativeMax = 2 ** 52;
/** The last key epoch that a record can be under. */
export const epochMax = 65535;
/** SACK blocks that fit TCP's options (RFC 2018 §3). */
const sackBlocksMax = 4;

/** SACK blocks: ranges with commas between; a capture's (`captured`) can be anything. */
export function sackBlocks(blocks: Token, captured: boolean): [number, number][] {
  const ranges: [number, number][] = [];
  let from = 0;
  for (const text of blocks.text.split(",")) {
    ranges.push(rangeOf(part(blocks, from, from + text.length), captured));
    from += text.length + 1;
  }
  if (ranges.length > sackBlocksMax)
    throw new LineFault(blocks, `TCP's options hold at most ${sackBlocksMax} SACK blocks; leave some out`);
  return ranges;
}

const endBeforeStart = "the range ends before it starts; exchange the two numbers";

/** `START:END`, relative numbers, START not after END but in what a capture shows (`captured`). */
export function rangeOf(token: Token, captured = false): [number, number] {
  const colon = token.text.indexOf(":");
  if (colon < 0) throw new LineFault(token, "a range reads START:END, e.g. 4344:40087");
  const start = integer(part(token, 0, colon), relativeMin, relativeMax, "a range's start");
  const end = integer(part(token, colon + 1), relativeMin, relativeMax, "a range's end");
  if (end < start && !captured) throw new LineFault({ ...token, instead: `${end}:${start}` }, endBeforeStart);
  return [start, end];
}

export const noSegment = "behind > stands START:END(LENGTH), e.g. 0:1448(1448)";

/** Where a segment `START:END(LENGTH)` begins and ends. */
export function segmentOf(word: Token): [start: number, end: number] {
  const [, written, stated] = /^(-?\d+:-?\d+)\((\d+)\)$/.exec(word.text) ?? [];
  if (written === undefined) throw new LineFault(word, noSegment);
  const range = part(word, 0, written.length);
  const [start, end] = rangeOf(range, true);
  const length = Math.abs(end - start);
  const fits = stated === String(length);
  const back = `${end}:${start}`;
  if (end < start)
    throw new LineFault(
      fits ? { ...range, instead: back } : { ...word, instead: `${back}(${length})` },
      endBeforeStart,
    );
  if (fits) return [start, end];
  const number = part(word, written.length + 1, word.text.length - 1);
  throw new LineFault(
    { ...number, instead: String(length) },
    `${written} is ${counted(length, "byte")} long; write (${length})`,
  );
}

/** A number of bytes in [min, max]; `form` shows how the whole event is written. */
export function lengthOf(
  word: Token | undefined,
  verb: Token,
  min: number,
  max: number,
  form: string,
): number {
  if (word === undefined) throw new LineFault(verb, `a number of bytes is missing; write \`${form}\``);
  return integer(word, min, max, "a length");
}

/** Record type by name or number; application data unless given. */
export function typeOf(word: Token | undefined): number {
  if (word === undefined) return recordType.applicationData;
  const named = Object.entries(recordTypeNames).find(([name]) => name === word.text);
  if (named) return named[1];
  if (!/^\d/.test(word.text))
    throw new LineFault(
      word,
      `no record type of this name; there are ${list(Object.keys(recordTypeNames))}, or a number`,
    );
  return integer(word, 0, 255, "a record type");
}
