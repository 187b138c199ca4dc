import type { Position, SignatureHelp } from "vscode-languageserver-types";
import type { Form } from "../trace/language/form.ts";
import { wholeText } from "../trace/language/form-text.ts";
import type { StatementToken } from "../trace/language/take.ts";
import { signs } from "../trace/signs.ts";
import { expectedIn } from "./completion.ts";
import type { TraceDocument } from "./document.ts";
import { saysOf } from "./offers.ts";

/** The form of the line at a place, and which part of it stands there. */
export function signatureAt(document: TraceDocument, position: Position): SignatureHelp | null {
  const column = document.columnOf(position);
  const { form, tokens } = document.statement(position.line);
  const verb = tokens.find(({ role }) => role === "verb");
  const isBehind = verb !== undefined && verb.end < column;
  if (form === null || !isBehind || form.family === "comment") return null;
  const place = expectedIn(document, position.line, column);
  if (place === null) return null;
  const { label, parts } = labelled(form, tokens.find(({ part }) => part?.value === "effect")?.text);
  const [first] = place.expected;
  const due = first?.what === "value" ? (first.field ?? first.part.name) : partWritten(tokens, column);
  const activeParameter = parts.findIndex(({ name }) => name === due);
  const parameters = parts.map(({ name, says }) => ({ label: spanOf(label, name), documentation: says }));
  const signature = { label, documentation: form.says };
  // Of parameters one is always shown as the one that stands there.
  if (activeParameter < 0) return { signatures: [{ ...signature, parameters: [] }], activeSignature: 0 };
  return { signatures: [{ ...signature, parameters }], activeSignature: 0, activeParameter };
}

/** The part that a word at a place is, and an effect's field by its own name; null where there is none. */
function partWritten(tokens: readonly StatementToken[], column: number): string | null {
  const token = tokens.find(({ start, end }) => start <= column && column <= end);
  return (token?.part?.value === "field" ? token.text : token?.part?.name) ?? null;
}

interface Labelled {
  label: string;
  parts: { name: string; says: string }[];
}

/** A form as one line; of an expected effect with its own fields. */
function labelled(form: Form, effect: string | undefined): Labelled {
  const parts = form.parts.map((part) => ({ name: part.name, says: saysOf(part) }));
  const sign = signs.find(({ name }) => name === effect);
  if (sign === undefined) return { label: wholeText(form), parts };
  const fields = sign.args.map(([name]) => name);
  const shown = [sign.name, ...fields.map((name) => `[${name}=…]`), "[under PROFILE,…]"].join(" ");
  const own = fields.map((name) => ({ name, says: `A value of ${sign.name}.` }));
  return { label: `expect [no] ${shown}`, parts: [...own, ...parts.filter(({ name }) => name === "under")] };
}

/** Where a part stands in the label. */
function spanOf(label: string, name: string): [number, number] {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const start = Math.max(0, label.search(new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`)));
  return [start, start + name.length];
}
