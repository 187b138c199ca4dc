import type { Range } from "vscode-languageserver-types";
import { lineKind } from "../trace/language/statement.ts";
import type { StatementToken } from "../trace/language/take.ts";
import { signs } from "../trace/signs.ts";
import type { TraceDocument } from "./document.ts";

/** A place where a device or a connection is named. */
export interface NamePlace {
  name: string;
  line: number;
  token: StatementToken;
  /** The line declares it. */
  declares: "device" | "connection" | null;
}

const naming: readonly (string | null | undefined)[] = ["device", "devices", "connection", "owner"];

/** The places of a line that name a device or a connection. */
export function namesOf(document: TraceDocument, line: number): NamePlace[] {
  const { form, tokens } = document.statement(line);
  const isDeclaration = form?.family === "declaration";
  return tokens.flatMap((token, i) => {
    const kind = token.role === "value" ? token.part?.value : null;
    const declares = kind === "name" && isDeclaration ? (form.verb as "device" | "connection") : null;
    const isName = declares !== null || naming.includes(kind) || isDeviceField(tokens, i);
    return isName ? [{ name: token.text, line, token, declares }] : [];
  });
}

/** `device=eth1` of an effect that tells a device. */
function isDeviceField(tokens: readonly StatementToken[], at: number): boolean {
  const { role, part } = tokens[at]!;
  if (role !== "value" || part?.value !== "field") return false;
  const effect = tokens.find((token) => token.part?.value === "effect")?.text;
  const key = tokens[at - 1]?.text;
  const sign = signs.find(({ name }) => name === effect);
  return sign?.args.some(([name, form]) => name === key && form === "device") ?? false;
}

/** Every place that names it, in the document's order. */
export function* placesOfName(document: TraceDocument, name: string): Generator<NamePlace> {
  for (const [line, text] of document.lines.entries()) {
    if (!text.includes(name)) continue;
    for (const place of namesOf(document, line)) if (place.name === name) yield place;
  }
}

/** What a document declares, in its order. */
export function declarationsOf(document: TraceDocument): NamePlace[] {
  const found: NamePlace[] = [];
  for (const [line, text] of document.lines.entries()) {
    const first = /^[ \t]*([a-z]+)/.exec(text)?.[1];
    const kind = first === undefined ? null : lineKind({ text: first, start: 0, end: 0 });
    if (kind !== "device" && kind !== "connection") continue;
    found.push(...namesOf(document, line).filter(({ declares }) => declares !== null));
  }
  return found;
}

export const rangeOfName = (document: TraceDocument, { line, token }: NamePlace): Range =>
  document.range(line, token.start, token.end);
