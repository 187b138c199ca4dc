/** A word of a line, or a part of one, with its columns from 0 (end exclusive). */
export interface Token {
  text: string;
  start: number;
  end: number;
  /** What would be right in its place, where that is known; empty: nothing. */
  instead?: string;
}

/** A line of a trace file, cut into words. */
export interface Line {
  /** From 1. */
  number: number;
  /** Runs of characters other than space and tab, up to the comment. */
  words: Token[];
  /** From `#` to the end of the line; null if there is none. */
  comment: string | null;
}

/**
 * What is wrong with a line, and where. Thrown by whatever reads the line and caught where lines are read, so it is no
 * Error: a stack for each line of a file that is not a trace would cost more than reading it.
 */
export class LineFault {
  readonly message: string;
  readonly token: Token;

  constructor(token: Token, message: string) {
    this.token = token;
    this.message = message;
  }
}

/** No line of the language is longer, comments aside; a file of one endless line must not become a million words. */
const lineLengthMax = 10_000;

/**
 * Cuts a line into words. A name is any run of characters other than space and tab (`[::1]:443>[::1]:5000#2`), so a
 * comment begins only at a `#` that begins a word.
 */
export function readLine(text: string, number: number): Line {
  if (text.length > lineLengthMax) {
    throw new LineFault(
      { text, start: 0, end: lineLengthMax },
      `the line is longer than ${lineLengthMax} characters; shorten it`,
    );
  }
  const words: Token[] = [];
  const wordPattern = /[^ \t]+/g;
  for (let match = wordPattern.exec(text); match !== null; match = wordPattern.exec(text)) {
    const start = match.index;
    if (match[0].startsWith("#")) return { number, words, comment: text.slice(start).trimEnd() };
    words.push({ text: match[0], start, end: start + match[0].length });
  }
  return { number, words, comment: null };
}

/** A text's lines, without its byte order mark and the ends of the lines. */
export function* textLines(text: string): Generator<string> {
  const lineEnd = /\r\n?|\n/g;
  let from = text.startsWith("\uFEFF") ? 1 : 0;
  for (let end = lineEnd.exec(text); end !== null; end = lineEnd.exec(text)) {
    yield text.slice(from, end.index);
    from = lineEnd.lastIndex;
  }
  yield text.slice(from);
}

/** The part [from, to) of a word, counted from its first character. */
export const part = (token: Token, from: number, to = token.text.length): Token => ({
  text: token.text.slice(from, to),
  start: token.start + from,
  end: token.start + to,
});

/** A token that should not be there. */
export const superfluous = (token: Token): Token => ({ ...token, instead: "" });

/** From the first character of `from` to the last of `to`. */
export const span = (from: Token, to: Token): Token => ({ text: "", start: from.start, end: to.end });

/** A whole decimal number of at most 2^53 in [min, max]; `what` begins the message. */
export function integer(token: Token, min: number, max: number, what: string): number {
  const value = /^-?\d{1,16}$/.test(token.text) ? Number(token.text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new LineFault(token, `${what} is a whole number from ${min} to ${max}`);
  return value === 0 ? 0 : value;
}

const u64Max = (1n << 64n) - 1n;

/** A record number, 0 … 2^64 − 1. */
export function integer64(token: Token, what: string): bigint {
  const value = /^\d{1,20}$/.test(token.text) ? BigInt(token.text) : -1n;
  if (value < 0n || value > u64Max)
    throw new LineFault(token, `${what} is a whole number from 0 to 2^64 − 1`);
  return value;
}

/** An option `key=value`; its first `=` divides it, so a value may hold more of them. Null if the word has none. */
export function option(token: Token): { key: string; value: Token } | null {
  const at = token.text.indexOf("=");
  return at < 0 ? null : { key: token.text.slice(0, at), value: part(token, at + 1) };
}

/** `a, b and c` for messages, cut where it would get long. */
export function list(names: readonly string[], suffix = ""): string {
  const shown = names.slice(0, 24).map((name) => name + suffix);
  if (names.length > shown.length) return `${shown.join(", ")} …`;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
