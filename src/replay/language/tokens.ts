// replay/language: expressions as somebody writes them: tokens, parser, sets of events, numbers.

import { UserError } from "../../trace/platform.ts";

/** A piece of an expression's text, [at, end) of it. */
export interface Token {
  kind: "number" | "string" | "word" | "path" | "sign" | "end";
  text: string;
  at: number;
  end: number;
}

/** What cannot be read or found of an expression, with the range [at, end) of its text that is meant. */
export class ExpressionError extends UserError {
  readonly at: number;
  readonly end: number;

  constructor(message: string, { at, end }: Pick<Token, "at" | "end">) {
    super(message);
    this.at = at;
    this.end = end;
  }
}

// A path goes on behind a parenthesis: `record(17).endSeq`. Each form begins with another character, so nothing is read twice.
const step = String.raw`(?:\.[A-Za-z_]\w*|\[\d+\])`;
const pattern = new RegExp(
  [
    String.raw`(?<number>0x[0-9a-f]+|\d+(?:\.\d+)?)`,
    `(?<string>"[^"]*"|'[^']*')`,
    String.raw`(?<word>[A-Za-z_]\w*${step}*)`,
    `(?<path>${step}+)`,
    String.raw`(?<sign>==|!=|<=|>=|&&|\|\||[-+*/%<>!(),:])`,
  ].join("|"),
  "iy",
);

/** The pieces of an expression, with an empty one at its end. Throws ExpressionError where none begins. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? "")) at++;
    if (at >= text.length) break;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) {
      const rest = text.slice(at, at + 20).trim();
      throw new ExpressionError(`cannot read the expression at column ${at + 1}: "${rest}"`, {
        at,
        end: text.length,
      });
    }
    const [kind] = Object.entries(match.groups!).find(([, found]) => found !== undefined)!;
    const end = pattern.lastIndex;
    tokens.push({ kind: kind as Token["kind"], text: match[0], at, end });
    at = end;
  }
  tokens.push({ kind: "end", text: "", at: text.length, end: text.length });
  return tokens;
}
