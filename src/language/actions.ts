import { type CodeAction, CodeActionKind, type Range, type TextEdit } from "vscode-languageserver-types";
import { nearest } from "../replay/language/spelling.ts";
import type { StatementToken } from "../trace/language/take.ts";
import type { Diagnostic as Told } from "../trace/trace.ts";
import { offersAt } from "./completion.ts";
import { diagnosticOf, rangeOf } from "./diagnostics.ts";
import type { TraceDocument } from "./document.ts";
import { declarationsOf } from "./names.ts";

/** What mends the mistakes that lie in a range. */
export function actionsIn(document: TraceDocument, range: Range): CodeAction[] {
  const near = document.trace.diagnostics.filter((told) => touches(rangeOf(document, told), range));
  return near.flatMap((told) => fixesOf(document, told).map((fix) => actionOf(document, told, fix)));
}

const touches = (a: Range, b: Range): boolean => !isBefore(a, b) && !isBefore(b, a);
const isBefore = ({ end }: Range, { start }: Range): boolean =>
  end.line < start.line || (end.line === start.line && end.character < start.character);

/** A change that mends a mistake, in words. */
interface Fix {
  title: string;
  edit: TextEdit;
}

const actionOf = (document: TraceDocument, told: Told, { title, edit }: Fix): CodeAction => ({
  title,
  kind: CodeActionKind.QuickFix,
  diagnostics: [diagnosticOf(document, told)],
  isPreferred: true,
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
  return [...(meant === null ? [] : [meant]), ...(missing === null ? [] : [missing])];
}

/** What the reader says would be right. */
function insteadFix(document: TraceDocument, told: Told, instead: string): Fix {
  const { line = 1, start = 0, end = 0 } = told;
  const text = document.lines[line - 1]!;
  const written = text.slice(start, end);
  if (instead !== "")
    return {
      title: `Write \`${instead}\``,
      edit: { range: document.range(line - 1, start, end), newText: instead },
    };
  // With the space in front of it.
  const from = text.slice(0, start).trimEnd().length;
  return {
    title: `Leave out \`${written}\``,
    edit: { range: document.range(line - 1, from, end), newText: "" },
  };
}

/** The nearest of what could stand there. */
function meantFix(document: TraceDocument, line: number, { text, start, end }: StatementToken): Fix | null {
  const found = offersAt(document, line, start);
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
  return { title: `Change to \`${word}\``, edit: { range, newText: word } };
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
  const newText = lines.map((one) => `${one}\n`).join("");
  return { title: `Declare ${isDevice ? "device" : "connection"} \`${text}\``, edit: { range: at, newText } };
}

const deviceLine = (name: string): string => `device  ${name} profile=connectx mtu=1500`;
const connectionLine = (name: string, device = "eth0"): string => `connection ${name} device=${device}`;

/** Declarations for a document that has none. */
function beginning(document: TraceDocument): Fix {
  const newText = `${deviceLine("eth0")}\n${connectionLine("web")}\n`;
  return { title: "Declare a device and a connection", edit: { range: document.range(0, 0, 0), newText } };
}
