import { LineFault, span, type Token } from "../lexer.ts";
import type { Form, Part } from "./form.ts";
import { expectForms } from "./forms.ts";
import { mark, markOption, markValue, type StatementToken } from "./take.ts";

/** What an `expect` line gives, by its parts. */
export interface GivenExpectation {
  form: Form;
  no: Token | null;
  /** The effect, `counter` or `wire=VERDICT`; null: it is missing. */
  subject: Token | null;
  /** What stands behind the subject: fields, or a counter's name and value. */
  details: Token[];
  /** The ids behind `under`; null: there are none. */
  under: Token | null;
  /** What is wrong with the line's order; null = nothing is. */
  fault: LineFault | null;
}

/** Gives the words of an `expect` line their parts, as `take` those of other lines. */
export function takeExpectation(words: Token[], tokens: StatementToken[] | null): GivenExpectation {
  const at = underAt(words);
  const before = at < 0 ? words : words.slice(0, at);
  const no = before[1]?.text === "no" ? before[1] : null;
  const [subject = null, ...details] = before.slice(no === null ? 1 : 2);
  const given: GivenExpectation = {
    form: formOf(subject, no),
    no,
    subject,
    details,
    under: at < 0 ? null : (words[at + 1] ?? null),
    fault: faultOf(words, at, subject),
  };
  if (tokens !== null) markExpectation(tokens, words, at, given);
  return given;
}

/** Where `under` stands. A connection may have this name; a counter's value follows then. */
const underAt = (words: Token[]): number =>
  words.findIndex((word, i) => i > 1 && word.text === "under" && !words[i + 1]?.text.includes("="));

function formOf(subject: Token | null, no: Token | null): Form {
  if (subject?.text === "counter") return expectForms.counter;
  if (subject?.text.startsWith("wire=")) return expectForms.wire;
  return no === null ? expectForms.effect : expectForms.no;
}

function faultOf(words: Token[], at: number, subject: Token | null): LineFault | null {
  if (at >= 0 && words[at + 1] === undefined)
    return new LineFault(words[at]!, partOf(expectForms.effect, "under").wants!);
  if (at >= 0 && at + 2 < words.length)
    return new LineFault(
      span(words[at + 2]!, words.at(-1)!),
      "nothing stands behind the profiles of under; divide them by commas without spaces, and put fields before under",
    );
  if (subject === null)
    return new LineFault(
      words[0]!,
      "behind expect stands an effect, `no` and an effect, `wire=VERDICT` or `counter NAME=N`",
    );
  return null;
}

const partOf = (form: Form, name: string): Part => form.parts.find((part) => part.name === name)!;

function markExpectation(
  tokens: StatementToken[],
  words: Token[],
  at: number,
  { form, no, subject, details, under }: GivenExpectation,
): void {
  mark(tokens, "verb", null, words[0]!);
  if (no !== null) mark(tokens, "word", partOf(expectForms.no, "no"), no);
  if (subject !== null) markSubject(tokens, form, subject, details);
  if (at >= 0) mark(tokens, "word", partOf(form, "under"), words[at]!);
  if (under !== null) markValue(tokens, partOf(form, "under"), under);
}

function markSubject(tokens: StatementToken[], form: Form, subject: Token, details: Token[]): void {
  if (form === expectForms.wire) return markOption(tokens, partOf(form, "wire"), subject, "wire".length);
  const isCounter = form === expectForms.counter;
  if (isCounter) mark(tokens, "word", partOf(form, "counter"), subject);
  else markValue(tokens, partOf(form, "EFFECT"), subject);
  for (const word of details) {
    const equals = word.text.indexOf("=");
    if (equals >= 0) markOption(tokens, partOf(form, isCounter ? "NAME" : "field"), word, equals);
    else if (isCounter) markValue(tokens, partOf(form, "DEVICE|CONNECTION"), word);
  }
}
