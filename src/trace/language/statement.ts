import { LineFault, readLine, type Token, textLines } from "../lexer.ts";
import { connectionFormOf, deviceFormOf, eventHead } from "./event-forms.ts";
import type { Form, Part } from "./form.ts";
import { commentForm, connectionForm, deviceForm } from "./forms.ts";
import { mark, markValue, type StatementToken, take } from "./take.ts";
import { takeExpectation } from "./take-expect.ts";

/** A line of a trace file whose words have kept their places and what they are. Its event is the one of its line. */
export interface Statement {
  /** From 1. */
  line: number;
  /** Null: blank, or no line of the language, or not to be told yet. */
  form: Form | null;
  /** In the line's order. Between them stand spaces, `=` and commas only. */
  tokens: StatementToken[];
}

/** What a line is, by its first word; null: none of the language. */
export function lineKind({ text }: Token): "event" | "expect" | "device" | "connection" | null {
  if (/^[+-][\d.]/.test(text)) return "event";
  return text === "expect" || text === "device" || text === "connection" ? text : null;
}

/** The statements of a trace file, one a line. */
export function* statementsOf(text: string): Generator<Statement> {
  let number = 0;
  for (const line of textLines(text)) yield statementOf(line, ++number);
}

/** One line as a statement, read as the trace is: a line of any text has one. */
export function statementOf(text: string, line: number): Statement {
  const tokens: StatementToken[] = [];
  try {
    const { words, comment } = readLine(text, line);
    const form = words.length === 0 ? null : markLine(words, tokens);
    const all = withUnknown(words, tokens);
    if (comment !== null) markComment(all, text, comment);
    return { line, form: form ?? (words.length === 0 && comment !== null ? commentForm : null), tokens: all };
  } catch (fault) {
    if (!(fault instanceof LineFault)) throw fault;
    return { line, form: null, tokens };
  }
}

function markLine(words: Token[], tokens: StatementToken[]): Form | null {
  const first = words[0]!;
  const kind = lineKind(first);
  if (kind === null) return null;
  if (kind === "event") return markEvent(words, tokens);
  if (kind === "expect") return takeExpectation(words, tokens).form;
  const form = kind === "device" ? deviceForm : connectionForm;
  mark(tokens, "verb", null, first);
  take(form, words, 1, tokens);
  return form;
}

/** No verb is of a device and of a connection, so the verb alone tells the form. */
function markEvent(words: Token[], tokens: StatementToken[]): Form | null {
  const [time, name, verb] = words;
  const form = (verb && (connectionFormOf.get(verb.text) ?? deviceFormOf.get(verb.text))) ?? null;
  const [seconds, whose] = eventHead[form?.family === "device" ? "device" : "connection"];
  markValue(tokens, seconds, time!);
  if (name !== undefined) markValue(tokens, whose, name);
  if (form === null) return null;
  mark(tokens, "verb", null, verb!);
  take(form, words, 3, tokens);
  return form;
}

function markComment(tokens: StatementToken[], text: string, comment: string): void {
  const start = text.trimEnd().length - comment.length;
  const part: Part = commentForm.parts[0]!;
  mark(tokens, "comment", part, { text: comment, start, end: start + comment.length });
}

/** Words that no token stands for are unknown; all in the line's order. */
function withUnknown(words: Token[], tokens: StatementToken[]): StatementToken[] {
  const known = tokens.sort((a, b) => a.start - b.start);
  const all: StatementToken[] = [];
  let at = 0;
  for (const word of words) {
    const first = at;
    while (at < known.length && known[at]!.start < word.end) at++;
    if (at === first) mark(all, "unknown", null, word);
    for (const token of known.slice(first, at)) all.push(token);
  }
  return all;
}
