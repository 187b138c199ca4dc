import { type CodeAction, CodeActionKind, type Range, type TextEdit } from "vscode-languageserver-types";
import { nearest } from "../replay/language/spelling.ts";
import type { StatementToken } from "../trace/language/take.ts";
import type { Diagnostic as Told } from "../trace/trace.ts";
import { offersAt } from "./completion.ts";
import { diagnosticOf, rangeOf } from "./diagnostics.ts";
import type { TraceDocument } from "./document.ts";
import { declarationsOf } from "./names.ts";

/**
 * What mends the mistakes that lie in a range; of those that mend one the preferred is the one to take. Each step tries one
 * fix, for which the document is read once more, and gives it if it mends: whoever asks decides how long to go on.
 */
export function* actionsIn(document: TraceDocument, range: Range): Generator<CodeAction | null> {
  for (const told of document.trace.diagnostics) {
    if (!touches(rangeOf(document, told), range)) continue;
    let isPreferred = true;
    for (const fix of fixesOf(document, told)) {
      const isRight = mends(document, told, fix);
      yield isRight ? { ...actionOf(document, told, fix), isPreferred } : null;
      isPreferred &&= !isRight;
    }
  }
}

const touches = (a: Range, b: Range): boolean => !isBefore(a, b) && !isBefore(b, a);
const isBefore = ({ end }: Range, { start }: Range): boolean =>
  end.line < start.line || (end.line === start.line && end.character < start.character);

/** A change that mends a mistake, in words. */
interface Fix {
  title: string;
  edit: TextEdit;
  /** It is a word that was meant: whatever the mistake hid on other lines may come to light. */
  isMeant: boolean;
}

/** True if the mistake is gone with the fix, and no other takes its place: the same one may stand on other lines, too. */
function mends(document: TraceDocument, told: Told, { edit, isMeant }: Fix): boolean {
  const added = edit.newText.split(/\r\n?|\n/).length - 1;
  const from = edit.range.start.line + 1;
  const to = told.line ?? 1;
  const isNear = ({ line = 1 }: Told, last: number) => line >= from && line <= last;
  const { diagnostics } = document.trace;
  const near = countsOf(diagnostics.filter((one) => isNear(one, to)));
  const far = countsOf(diagnostics.filter((one) => !isNear(one, to)));
  near.set(told.message, near.get(told.message)! - 1);
  return document.with([edit]).trace.diagnostics.every((one) => {
    const isHere = isNear(one, to + added);
    const before = isHere ? near : far;
    const left = before.get(one.message) ?? 0;
    before.set(one.message, left - 1);
    return left > 0 || (isMeant && !isHere);
  });
}

function countsOf(list: readonly Told[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { message } of list) counts.set(message, (counts.get(message) ?? 0) + 1);
  return counts;
}

const actionOf = (document: TraceDocument, told: Told, { title, edit }: Fix): CodeAction => ({
  title,
  kind: CodeActionKind.QuickFix,
  diagnostics: [diagnosticOf(document, told)],
  edit: { changes: { [document.uri]: [edit] } },
});

function fixesOf(document: TraceDocument, told: Told): Fix[] {
  const { line = 1, instead } = told;
  if (document.isScript || line > document.lines.length) return [];
  if (instead !== undefined) return [insteadFix(document, told, instead)];
  if (document.trace.connections.length === 0 && told.end === 0) return [beginning(document)];
  const token = document.statement(line - 1).tokens.find(({ start }) => start === (told.start ?? 0));
  if (token === undefined) return [];
  const meant = meantFix(document, line - 1, token);
  const missing = declarationFix(document, line - 1, token);
  const isStray = token.role === "unknown" && token.end === told.end;
  const without = isStray && meant === null ? leaveOutFix(document, told) : null;
  return [meant, missing, without].filter((fix) => fix !== null);
}

/** What the reader says would be right. */
function insteadFix(document: TraceDocument, told: Told, instead: string): Fix {
  const { line = 1, start = 0, end = 0 } = told;
  if (instead === "") return leaveOutFix(document, told);
  const range = document.range(line - 1, start, end);
  return { title: `Write \`${instead}\``, edit: { range, newText: instead }, isMeant: false };
}

/** A word less, with the space in front of it. */
function leaveOutFix(document: TraceDocument, { line = 1, start = 0, end = 0 }: Told): Fix {
  const text = document.lines[line - 1]!;
  const from = text.slice(0, start).trimEnd().length;
  return {
    title: `Leave out \`${text.slice(start, end)}\``,
    edit: { range: document.range(line - 1, from, end), newText: "" },
    isMeant: true,
  };
}

/** The nearest of what could stand there. */
function meantFix(document: TraceDocument, line: number, { text, start, end }: StatementToken): Fix | null {
  // Where the word ends, for what stands in it says what is offered: the bugs of a family.
  const found = offersAt(document, line, end);
  if (found === null) return null;
  const labels = found.offers.map(({ label }) => label);
  // A key is told without its `=`, a word that means nothing with it.
  const whole = document.lines[line]!.slice(start, end + 1);
  const equals = /^[^=\s]+=/.exec(whole)?.[0].length ?? 0;
  const isOption = equals > 0 && labels.some((label) => label.endsWith("="));
  const written = isOption ? whole.slice(0, equals) : text;
  const word = nearest(written, labels);
  if (word === null || word === written) return null;
  const range = document.range(line, start, isOption ? start + equals : end);
  return { title: `Change to \`${word}\``, edit: { range, newText: word }, isMeant: true };
}

/** The declaration of a name that has none, above the line. */
function declarationFix(
  document: TraceDocument,
  line: number,
  { text, part, role }: StatementToken,
): Fix | null {
  if (role !== "value") return null;
  const declared = declarationsOf(document);
  if (declared.some(({ name }) => name === text)) return null;
  const isDevice = part?.value === "device" || part?.value === "devices";
  if (!isDevice && part?.value !== "connection") return null;
  const device = declared.find(({ declares }) => declares === "device")?.name;
  const lines = isDevice
    ? [deviceLine(text)]
    : [...(device ? [] : [deviceLine("eth0")]), connectionLine(text, device)];
  const above = isDevice ? line : Math.min(line, (declared.at(-1)?.line ?? -1) + 1);
  const at = document.range(above, 0, 0);
  const newText = lines.map((one) => one + document.lineEnd).join("");
  const title = `Declare ${isDevice ? "device" : "connection"} \`${text}\``;
  return { title, edit: { range: at, newText }, isMeant: false };
}

const deviceLine = (name: string): string => `device  ${name} profile=connectx mtu=1500`;
const connectionLine = (name: string, device = "eth0"): string => `connection ${name} device=${device}`;

/** Declarations for a document that has none. */
function beginning(document: TraceDocument): Fix {
  const newText = [deviceLine("eth0"), connectionLine("web")].map((one) => one + document.lineEnd).join("");
  const edit = { range: document.range(0, 0, 0), newText };
  return { title: "Declare a device and a connection", edit, isMeant: false };
}
