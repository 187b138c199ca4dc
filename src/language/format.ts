import type { Range, TextEdit } from "vscode-languageserver-types";
import { Kind } from "../core/words/event.ts";
import type { Form } from "../trace/language/form.ts";
import { commentColumn, timeWidth } from "../trace/language/print.ts";
import { LineFault, readLine, type Token } from "../trace/lexer.ts";
import type { TraceDocument } from "./document.ts";

/**
 * The edits that give lines the form in which traces are printed: columns of times, one space between words, comments
 * from one column on. Words stay as they are, so that the trace does, too; a line that is none of the language is left.
 */
export function formatted(document: TraceDocument, range?: Range): TextEdit[] {
  if (document.isScript) return [];
  const { lines } = document;
  const first = range?.start.line ?? 0;
  // A range that ends where a line begins has nothing of that line.
  const isBefore = range !== undefined && range.end.character === 0 && range.end.line > first;
  const last = Math.min((range?.end.line ?? lines.length) - (isBefore ? 1 : 0), lines.length - 1);
  const edits: TextEdit[] = [];
  for (let line = first; line <= last; line++) {
    const text = lines[line]!;
    const newText = formattedLine(text, document.statement(line).form);
    if (newText !== text) edits.push({ range: document.wholeLine(line), newText });
  }
  return edits;
}

const indentation = " ".repeat(timeWidth.text);

function formattedLine(text: string, form: Form | null): string {
  const read = wordsOf(text);
  if (read === null) return text;
  const { words, comment } = read;
  const [first] = words;
  if (first === undefined) return comment === null ? "" : wholeComment(text, comment);
  if (form === null) return text;
  const said = statementText(words, form);
  return comment === null ? said : `${said.padEnd(commentColumn - 2)}  ${comment}`;
}

/** A line's words; null for one that is too long for one. */
function wordsOf(text: string): { words: Token[]; comment: string | null } | null {
  try {
    return readLine(text, 0);
  } catch (fault) {
    if (fault instanceof LineFault) return null;
    throw fault;
  }
}

/** A remark of a line of its own stays beside the events or below one, where it stood. */
const wholeComment = (text: string, comment: string): string =>
  /^[ \t]/.test(text) ? `${indentation}${comment}` : comment;

function statementText(words: readonly Token[], form: Form): string {
  const [first, ...rest] = words.map(({ text }) => text);
  switch (form.family) {
    case "connection":
    case "device":
      return `${first!.padEnd(timeWidth.text - 1)} ${eventText(rest, form)}`;
    case "expectation":
      // One that begins its line can speak of the whole file.
      return `${words[0]!.start === 0 ? "" : indentation}${[first, ...rest].join(" ")}`;
    default:
      return [first === "device" && rest.length > 0 ? `${first} ` : first, ...rest].join(" ");
  }
}

/** Two spaces set a transmit's fate apart. */
function eventText(words: readonly string[], form: Form): string {
  if (form.kind !== Kind.transmit || form.free.get(words[3] ?? "")?.role !== "flag") return words.join(" ");
  return `${words.slice(0, 3).join(" ")}  ${words.slice(3).join(" ")}`;
}
