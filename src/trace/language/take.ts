import { LineFault, list, part as piece, span, superfluous, type Token } from "../lexer.ts";
import { type Form, isList, type Part } from "./form.ts";

/**
 * What a word, or a piece of one, is on its line: `verb` names the form, `word` belongs to it, `key` stands before `=`,
 * `unknown` has no part in the line.
 */
export type TokenRole = "verb" | "word" | "flag" | "key" | "value" | "comment" | "unknown";

/** A word, or a piece of one, with what it is; the part says what it states. */
export interface StatementToken extends Token {
  role: TokenRole;
  part: Part | null;
}

/** What a line gives, by the parts of its form. */
export interface Given {
  /** The line's. */
  words: Token[];
  /** Where those begin that may stand in any order. */
  free: number;
  /** Values of the parts that begin every line of the form: as many as there are. */
  operands: Token[];
  /** Bits of flags and options. */
  flags: number;
  /** Values of options and words; null = there are none. */
  options: Map<string, Token> | null;
  /** What is wrong with words that mean nothing here, which are left out; null = nothing is. */
  faults: LineFault[] | null;
}

/**
 * Gives the words from `from` on their parts. Values are not looked into. `tokens`: where to tell what each word is;
 * null if nobody asks.
 */
export function take(form: Form, words: Token[], from: number, tokens: StatementToken[] | null): Given {
  const given: Given = { words, free: words.length, operands: [], flags: 0, options: null, faults: null };
  let at = from;
  for (const part of form.fixed) {
    let word = words[at];
    if (part.role === "word") {
      if (word?.text !== part.name) return given;
      if (tokens !== null) mark(tokens, "word", part, word);
      word = words[++at];
    }
    // What belongs behind stands in the place of what is missing.
    if (word === undefined || freePart(form, word) !== undefined) return given;
    if (tokens !== null) markValue(tokens, part, word);
    given.operands.push(word);
    at++;
  }
  given.free = at;
  let sideBySide = false;
  while (at < words.length) {
    const next = takeFree(form, given, at, tokens);
    // Words side by side that mean nothing are one mistake, as `mtu = 1500` is.
    if (next < 0 && !sideBySide) fault(given, strayFault(form, words, at));
    sideBySide = next < 0 || words[at]!.text.endsWith("=");
    at = next < 0 ? (isBare(form) ? words.length : at + 1) : next;
  }
  return given;
}

/** The flag, option or word of the form that a word of the line is. */
function freePart(form: Form, { text }: Token): Part | undefined {
  if (form.free.size === 0) return undefined;
  const equals = text.indexOf("=");
  const part = form.free.get(equals < 0 ? text : text.slice(0, equals));
  if (part === undefined) return undefined;
  const fits = part.role === "option" ? equals >= 0 || part.alone !== null : equals < 0;
  return fits ? part : undefined;
}

const isBare = (form: Form): boolean => form.free.size === 0;

function fault(given: Given, found: LineFault): void {
  given.faults ??= [];
  given.faults.push(found);
}

/** Takes the flag, the option or the word at `at` and gives the place behind it; −1 if there is no such part. */
function takeFree(form: Form, given: Given, at: number, tokens: StatementToken[] | null): number {
  const { words } = given;
  const word = words[at]!;
  const part = freePart(form, word);
  if (part === undefined) return -1;
  if (part.role === "flag") {
    if (tokens !== null) mark(tokens, "flag", part, word);
    if (given.flags & part.bit)
      fault(given, new LineFault(superfluous(word), "this flag is given twice; leave one out"));
    given.flags |= part.bit;
    return at + 1;
  }
  if (part.role === "option") {
    const equals = word.text.indexOf("=");
    if (tokens !== null) markOption(tokens, part, word, equals);
    give(given, part, word, equals < 0 ? { ...word, text: part.alone! } : piece(word, equals + 1));
    return at + 1;
  }
  const value = words[at + 1];
  if (tokens !== null) mark(tokens, "word", part, word);
  if (value === undefined) {
    fault(given, new LineFault(word, part.wants!));
    return at + 1;
  }
  if (tokens !== null) markValue(tokens, part, value);
  give(given, part, word, value);
  return at + 2;
}

function give(given: Given, { name, role, bit }: Part, word: Token, value: Token): void {
  given.options ??= new Map();
  given.flags |= bit;
  if (!given.options.has(name)) given.options.set(name, value);
  else {
    const key = role === "option" ? `${name}=` : name;
    fault(given, new LineFault(superfluous(word), `${key} is given twice; leave one out`));
  }
}

/** A word that has no part in the line. */
function strayFault(form: Form, words: Token[], at: number): LineFault {
  const word = words[at]!;
  if (form.stray !== null) return new LineFault(word, form.stray);
  const flags = [...form.free.values()].flatMap((one) => (one.role === "flag" && !one.rare ? one.name : []));
  if (flags.length > 0 && !word.text.includes("="))
    return new LineFault(word, `not a flag of this event; there are ${list(flags)}`);
  const options = [...form.free.values()].filter(({ role }) => role === "option").map(({ name }) => name);
  if (options.length > 0)
    return new LineFault(word, `not an option of this line; there are ${list(options, "=")}`);
  return new LineFault(
    superfluous(span(word, words.at(-1)!)),
    "nothing more can stand on this line; remove it, or begin a comment with #",
  );
}

export function mark(tokens: StatementToken[], role: TokenRole, part: Part | null, token: Token): void {
  if (token.end > token.start) tokens.push({ ...token, role, part });
}

/** A value, each piece of a list by itself. */
export function markValue(tokens: StatementToken[], part: Part, token: Token): void {
  if (part.value === null || !isList(part.value)) return mark(tokens, "value", part, token);
  let from = 0;
  for (const text of token.text.split(",")) {
    mark(tokens, "value", part, piece(token, from, from + text.length));
    from += text.length + 1;
  }
}

/** `key=value`, whose `=` stands at `equals`; the key alone where that is below 0. */
export function markOption(tokens: StatementToken[], part: Part, word: Token, equals: number): void {
  mark(tokens, "key", part, equals < 0 ? word : piece(word, 0, equals));
  if (equals >= 0) markValue(tokens, part, piece(word, equals + 1));
}
