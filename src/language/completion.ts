import { type CompletionItem, CompletionItemKind, type Position } from "vscode-languageserver-types";
import type { TraceDocument } from "./document.ts";
import { expectedAt, type NameKind, type Place } from "./expected.ts";
import { declarationsOf } from "./names.ts";
import { type LinePlace, type Offer, type OfferKind, offersOf } from "./offers.ts";

const icons: Readonly<Record<OfferKind, CompletionItemKind>> = {
  form: CompletionItemKind.Keyword,
  word: CompletionItemKind.Keyword,
  flag: CompletionItemKind.EnumMember,
  option: CompletionItemKind.Property,
  name: CompletionItemKind.Variable,
  constant: CompletionItemKind.Constant,
  effect: CompletionItemKind.Event,
  profile: CompletionItemKind.Class,
  number: CompletionItemKind.Value,
};

/** Characters behind which something else can stand. */
export const completionTriggers = [" ", "=", ",", "/", "@", "+"];

/** What the names of a document are. */
function kindsOfNames(document: TraceDocument): NameKind {
  const kinds = new Map(declarationsOf(document).map(({ name, declares }) => [name, declares]));
  return (name) => kinds.get(name) ?? null;
}

/** What can stand at a column of a line; null where nothing can, as in a comment. */
export function expectedIn(document: TraceDocument, line: number, column: number): Place | null {
  const text = document.lines[line];
  if (document.isScript || text === undefined || text.length > lineMax) return null;
  return expectedAt(text, column, kindsOfNames(document));
}

/** What can be written there, in the order in which it is worth looking at. */
export function offersAt(
  document: TraceDocument,
  line: number,
  column: number,
): { place: Place; offers: Offer[] } | null {
  const place = expectedIn(document, line, column);
  if (place === null) return null;
  const text = document.lines[line]!;
  const { written } = place;
  const linePlace: LinePlace = {
    document,
    line,
    before: text.slice(0, written.start),
    written: written.text,
  };
  const offers = place.expected.flatMap((expected) => offersOf(expected, linePlace));
  return { place, offers: offers.filter(({ label }) => !place.others.includes(label)) };
}

/** No line of the language is longer (lexer). */
const lineMax = 10_000;

/** What can be written at a place. `canReplace`: the client lets the user choose whether the rest of a word goes. */
export function completionsAt(
  document: TraceDocument,
  position: Position,
  canReplace: boolean,
): CompletionItem[] {
  const found = offersAt(document, position.line, document.columnOf(position));
  if (found === null) return [];
  const { written, end } = found.place;
  const insert = document.range(position.line, written.start, written.end);
  const replace = document.range(position.line, written.start, end);
  const ranges = canReplace ? { insert, replace } : { range: insert };
  const isKeyed = document.lines[position.line]![end] === "=";
  return found.offers.map((offer, i) => ({
    ...itemOf(offer, i),
    textEdit: { ...ranges, newText: isKeyed ? offer.label.replace(/=$/, "") : offer.label },
  }));
}

const itemOf = ({ label, kind, says, usage }: Offer, at: number): CompletionItem => ({
  label,
  kind: icons[kind],
  ...(usage !== "" && { detail: usage }),
  documentation: says,
  sortText: String(at).padStart(4, "0"),
  filterText: label,
});
