import type { Range } from "vscode-languageserver-types";
import type { ValueKind } from "../trace/language/form.ts";
import type { StatementToken } from "../trace/language/take.ts";
import type { TraceDocument } from "./document.ts";

/** What words are to an editor's theme. */
export const tokenTypes = [
  "keyword",
  "property",
  "enumMember",
  "variable",
  "class",
  "type",
  "event",
  "number",
  "string",
  "comment",
] as const;
export const tokenModifiers = ["declaration"] as const;

/** A word as the protocol counts: line, column and length from 0, an index of `tokenTypes`, bits of `tokenModifiers`. */
export type SemanticToken = readonly [
  line: number,
  start: number,
  length: number,
  type: number,
  modifiers: number,
];

type TokenType = (typeof tokenTypes)[number];

const valueTypes: Partial<Record<ValueKind, TokenType>> = {
  device: "class",
  devices: "class",
  connection: "variable",
  owner: "variable",
  profile: "type",
  kernel: "type",
  variants: "type",
  version: "enumMember",
  cipher: "enumMember",
  "record-type": "enumMember",
  verdict: "enumMember",
  effect: "event",
  text: "string",
  hex: "string",
  field: "number",
};

const roleTypes = { verb: "keyword", word: "keyword", flag: "enumMember", key: "property" } as const;

/** What the words of some lines are. A script's are told by its grammar alone. */
export function* semanticTokens(document: TraceDocument, range?: Range): Generator<SemanticToken> {
  const last = Math.min(range?.end.line ?? document.lines.length - 1, document.lines.length - 1);
  for (let line = range?.start.line ?? 0; line <= last; line++) {
    const { form, tokens } = document.statement(line);
    const shift = document.range(line, 0, 0).start.character;
    for (const token of tokens) {
      const isName = token.role === "value" && token.part?.value === "name";
      const type = isName ? (form?.verb === "device" ? "class" : "variable") : typeOf(token);
      if (type === null) continue;
      const { start, end } = token;
      yield [line, start + shift, end - start, tokenTypes.indexOf(type), isName ? 1 : 0];
    }
  }
}

function typeOf({ role, part }: StatementToken): TokenType | null {
  if (role === "unknown") return null;
  if (role === "comment") return "comment";
  if (role !== "value") return roleTypes[role];
  return (part?.value && valueTypes[part.value]) || "number";
}
