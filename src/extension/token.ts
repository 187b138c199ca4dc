/** Part of a line by columns from 0, end exclusive, and what to evaluate for it. */
export interface Token {
  start: number;
  end: number;
  text: string;
}

/**
 * What a hover can ask about in a line of the trace language, longest first: a range `1448:2896(1448)`, a dotted or
 * hyphenated name, a number. A comment, a time (`+.001`) and an address's digits are none.
 */
const tokens =
  /#.*$|\+\d*\.?\d+|(?<![\w.:])-?\d+:-?\d+(\(\d+\))?|[A-Za-z_][\w.]*(-\w+)*|(?<![\w.:-])-?\d+(?![\w.:])/g;

/** The name behind the time of an event's line. */
const subject = /^([+-][\d.]+[ \t]+)([^\s#]\S*)/;

/** The token at a column of a line, null if there is nothing to evaluate. */
export function tokenAt(line: string, column: number): Token | null {
  const [head = "", time = "", name = ""] = subject.exec(line) ?? [];
  if (column >= time.length && column < head.length)
    return { start: time.length, end: head.length, text: name };
  for (const match of line.matchAll(tokens)) {
    const text = match[0];
    const end = match.index + text.length;
    if (column < match.index || column >= end) continue;
    return /^[#+]/.test(text) ? null : { start: match.index, end, text };
  }
  return null;
}
