import assert from "node:assert/strict";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Range } from "vscode-languageserver-types";
import { profileById } from "../../core/profiles/all.ts";
import { actionsIn } from "../../language/actions.ts";
import { completionsAt } from "../../language/completion.ts";
import { diagnosticsOf } from "../../language/diagnostics.ts";
import { TraceDocument } from "../../language/document.ts";
import { formatted } from "../../language/format.ts";
import { hoverAt } from "../../language/hover.ts";
import { definitionAt, linksOf, referencesAt, renameAt, renamedAt } from "../../language/navigation.ts";
import { foldsOf, outlineOf } from "../../language/outline.ts";
import { semanticTokens } from "../../language/semantic-tokens.ts";
import { signatureAt } from "../../language/signature.ts";
import { UserError } from "../../trace/platform.ts";
import { comparable } from "../comparable.ts";

const uri = "file:///input.tlstrace";
/** Lines and columns that are asked about, spread over the document. */
const placesMax = 12;
/** Fixes that are tried: the document is read once more for each. */
const fixesMax = 32;

/** Asks a document all that an editor can; what is edited means what it did. False where it is no trace. */
export function askedAsDocument(text: string): boolean {
  const document = new TraceDocument(uri, text, profileById);
  const inText = textDocument(text);
  const whole: Range = { start: { line: 0, character: 0 }, end: inText.positionAt(text.length) };
  for (const { range } of diagnosticsOf(document)) mustLieIn(inText, range);
  const ranges = [...outlineOf(document), ...linksOf(document)].map(({ range }) => range);
  for (const range of ranges) mustLieIn(inText, range);
  for (const { startLine, endLine } of foldsOf(document))
    assert.ok(startLine < endLine && endLine < document.lines.length);
  for (const [line, start, length] of semanticTokens(document))
    assert.ok(start + length <= lineEnd(inText, line));
  const fixes = actionsIn(document, whole);
  for (let tried = 0; tried < fixesMax && fixes.next().done !== true; ) tried++;
  for (const place of placesIn(document)) askAt(document, inText, place);
  mustMeanTheSame(document, inText);
  return document.trace.connections.length > 0;
}

const textDocument = (text: string) => TextDocument.create(uri, "tlstrace", 1, text);

/** Columns of a line without its end. */
const lineEnd = (text: TextDocument, line: number): number =>
  text
    .getText({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } })
    .replace(/[\r\n]+$/, "").length;

function mustLieIn(text: TextDocument, { start, end }: Range): void {
  assert.ok(start.line < end.line || (start.line === end.line && start.character <= end.character));
  assert.ok(end.line < text.lineCount && end.character <= lineEnd(text, end.line));
}

function* placesIn({ lines }: TraceDocument) {
  const step = Math.max(1, Math.floor(lines.length / placesMax));
  for (let line = 0; line < lines.length; line += step) {
    const { length } = lines[line]!;
    for (const character of new Set([0, Math.floor(length / 3), Math.floor(length / 2), length, length + 5]))
      yield { line, character };
  }
}

function askAt(
  document: TraceDocument,
  text: TextDocument,
  place: { line: number; character: number },
): void {
  for (const { textEdit } of completionsAt(document, place, false))
    if (textEdit && "range" in textEdit) mustLieIn(text, textEdit.range);
  hoverAt(document, place, () => null);
  signatureAt(document, place);
  definitionAt(document, place);
  const places = referencesAt(document, place, true);
  assert.equal(renamedAt(document, place) !== null, places.length > 0);
  if (places.length === 0) return;
  try {
    for (const { range } of renameAt(document, place, "another-name")) mustLieIn(text, range);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

function mustMeanTheSame(document: TraceDocument, text: TextDocument): void {
  const again = new TraceDocument(uri, TextDocument.applyEdits(text, formatted(document)), profileById);
  assert.deepEqual(comparable(again.trace), comparable(document.trace));
  assert.deepEqual(formatted(again), []);
}
