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
  const equals = document.lines[position.line]!.slice(written.end, end).indexOf("=");
  const from = (to: number) => document.range(position.line, written.start, to);
  return found.offers.map((offer, i) => {
    // A key takes the place of a key, and the value that it has stays.
    const isKey = equals >= 0 && offer.label.endsWith("=");
    const newText = isKey ? offer.label.slice(0, -1) : offer.label;
    const insert = from(written.end);
    const replace = from(isKey ? written.end + equals : end);
    return {
      ...itemOf(offer, i),
      textEdit: canReplace ? { newText, insert, replace } : { newText, range: insert },
    };
  });
}

const itemOf = ({ label, kind, says, usage }: Offer, at: number): CompletionItem => ({
  label,
  kind: icons[kind],
  ...(usage !== "" && { detail: usage }),
  documentation: says,
  sortText: String(at).padStart(4, "0"),
  filterText: label,
});
