import {
  type DocumentHighlight,
  DocumentHighlightKind,
  type DocumentLink,
  type Location,
  type Position,
  type Range,
  type TextEdit,
} from "vscode-languageserver-types";
import { nameBytes, nameSizeMax } from "../trace/language/keystream.ts";
import { UserError } from "../trace/platform.ts";
import { fileWordOf } from "../trace/profile-word.ts";
import { isSteering } from "../trace/visible.ts";
import type { TraceDocument } from "./document.ts";
import { declarationsOf, type NamePlace, namesOf, placesOfName, rangeOfName } from "./names.ts";

/** The device or connection that is named at a place. */
function nameAt(document: TraceDocument, position: Position): NamePlace | null {
  const column = document.columnOf(position);
  const places = namesOf(document, position.line);
  return places.find(({ token: { start, end } }) => start <= column && column <= end) ?? null;
}

/** Where what is named at a place is declared: a line of the document, or a file of a profile. */
export function definitionAt(document: TraceDocument, position: Position): Location | null {
  const named = nameAt(document, position);
  if (named !== null) {
    const declared = declarationsOf(document).find(({ name }) => name === named.name);
    return declared === undefined ? null : locationOf(document, declared);
  }
  const link = linksOfLine(document, position.line).find(({ range }) => isWithin(range, position));
  const begin = { line: 0, character: 0 };
  return link?.target === undefined ? null : { uri: link.target, range: { start: begin, end: begin } };
}

const isWithin = ({ start, end }: Range, { character }: Position): boolean =>
  start.character <= character && character <= end.character;

const locationOf = (document: TraceDocument, place: NamePlace): Location => ({
  uri: document.uri,
  range: rangeOfName(document, place),
});

/** Every place that names the same device or connection. */
export function referencesAt(
  document: TraceDocument,
  position: Position,
  withDeclaration: boolean,
): Location[] {
  return [...samePlaces(document, position)]
    .filter(({ declares }) => withDeclaration || declares === null)
    .map((place) => locationOf(document, place));
}

export const highlightsAt = (document: TraceDocument, position: Position): DocumentHighlight[] =>
  [...samePlaces(document, position)].map((place) => ({
    range: rangeOfName(document, place),
    kind: place.declares === null ? DocumentHighlightKind.Read : DocumentHighlightKind.Write,
  }));

function samePlaces(document: TraceDocument, position: Position): Iterable<NamePlace> {
  const named = nameAt(document, position);
  return named === null ? [] : placesOfName(document, named.name);
}

/** What is renamed at a place; null where nothing can be. */
export function renamedAt(
  document: TraceDocument,
  position: Position,
): { range: Range; placeholder: string } | null {
  const named = nameAt(document, position);
  return named && { range: rangeOfName(document, named), placeholder: named.name };
}

/** The edits that give a device or a connection another name. Throws UserError for a name that cannot be. */
export function renameAt(document: TraceDocument, position: Position, name: string): TextEdit[] {
  const places = [...samePlaces(document, position)];
  if (places.length === 0) throw new UserError("no device or connection is named here");
  const isConnection = places.some(({ declares }) => declares === "connection");
  const problem = problemOf(document, name, isConnection);
  if (problem !== null) throw new UserError(problem);
  const edits = places.map((place) => ({ range: rangeOfName(document, place), newText: name }));
  mustStayRight(document, document.with(edits));
  return edits;
}

function problemOf(document: TraceDocument, name: string, isConnection: boolean): string | null {
  if (!/^[^\s#,=][^\s,=]*$/.test(name) || isSteering(name))
    return "a name is one word without comma, `=` and control characters, and does not begin with #";
  if (declarationsOf(document).some((declared) => declared.name === name))
    return `${name} is already declared; choose another name`;
  if (!placesOfName(document, name).next().done)
    return `${name} is named already, and declared nowhere; choose another name`;
  if (isConnection && nameBytes(name).length > nameSizeMax)
    return `a connection's name has at most ${nameSizeMax} bytes, for keys and payload come from it`;
  return null;
}

/** A word of the language as a name can make another line of one. Throws UserError where it does. */
function mustStayRight({ trace: before }: TraceDocument, { trace: after }: TraceDocument): void {
  const [first] = after.diagnostics.slice(before.diagnostics.length);
  const isSame = before.events.count === after.events.count && first === undefined;
  if (!isSame) throw new UserError(`with this name lines mean something else: ${first?.message ?? ""}`);
}

/** The files that a document names. */
export function linksOf(document: TraceDocument): DocumentLink[] {
  const found: DocumentLink[] = [];
  for (const [line, text] of document.lines.entries())
    if (/\.json/i.test(text)) found.push(...linksOfLine(document, line));
  return found;
}

function linksOfLine(document: TraceDocument, line: number): DocumentLink[] {
  return document.statement(line).tokens.flatMap(({ role, part, text, start }) => {
    const isVariant = role === "value" && (part?.value === "profile" || part?.value === "variants");
    const path = isVariant ? fileWordOf(text)?.path : undefined;
    const target = path === undefined ? null : uriBeside(document.uri, path);
    return target === null ? [] : [{ range: document.range(line, start, start + path!.length), target }];
  });
}

/** The URI of a path that begins beside a file; null where the file has no folder, as before it is saved. */
export function uriBeside(uri: string, path: string): string | null {
  if (!uri.startsWith("file:") || /^[/\\]{2}/.test(path)) return null;
  const steps = path.split(/[/\\]/).map(encodeURIComponent);
  return new URL(steps.join("/"), uri).href;
}
