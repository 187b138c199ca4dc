import type { Hover, MarkupContent, Position } from "vscode-languageserver-types";
import { bugNamed } from "../core/bugs/catalogue.ts";
import { counters } from "../core/machine/counters.ts";
import { kernelById } from "../core/machine/generation.ts";
import { profileAmong, profiles } from "../core/profiles/all.ts";
import type { Form } from "../trace/language/form.ts";
import { wholeText } from "../trace/language/form-text.ts";
import { printEvent } from "../trace/language/print.ts";
import type { StatementToken } from "../trace/language/take.ts";
import { list } from "../trace/lexer.ts";
import { type SignSpec, signs } from "../trace/signs.ts";
import type { TraceDocument } from "./document.ts";
import { declarationsOf } from "./names.ts";
import { saysOf } from "./offers.ts";

/** A page of the documents, as a link; null where they are not at hand. */
export type PageLink = (page: string, text: string) => string | null;

/** What a word is, without a session; null where there is nothing to say. */
export function hoverAt(document: TraceDocument, position: Position, page: PageLink): Hover | null {
  if (document.isScript) return scriptHover(document, position.line);
  const token = document.tokenAt(position);
  const { form, tokens } = document.statement(position.line);
  if (token === null || form === null || token.role === "comment" || token.role === "unknown") return null;
  const paragraphs = token.role === "verb" ? formText(form) : partText(document, token, tokens);
  const link = page(...pageOf(token));
  const value = [...paragraphs, ...(link === null ? [] : [link])].join("\n\n");
  const contents: MarkupContent = { kind: "markdown", value };
  return { contents, range: document.range(position.line, token.start, token.end) };
}

const formText = (form: Form): string[] => [code(wholeText(form)), form.says, `Example: \`${form.example}\``];

const code = (text: string): string => `\`\`\`tlstrace\n${text}\n\`\`\``;

/** The part that a word is, and what its value names. */
function partText(
  document: TraceDocument,
  token: StatementToken,
  tokens: readonly StatementToken[],
): string[] {
  const { part } = token;
  if (part === null) return [];
  const effect = effectOf(token, tokens);
  const isNamed = token.role === "value" || part.value === "counter";
  const value = isNamed ? meaningOf(document, token, tokens) : null;
  if (effect !== undefined && part.value === "effect") return effectText(effect);
  if (effect !== undefined && part.value === "field") return fieldText(effect, keyOf(token, tokens));
  return [...(value === null ? [] : [value]), `\`${part.name}\`: ${saysOf(part)}`];
}

const effectOf = (token: StatementToken, tokens: readonly StatementToken[]): SignSpec | undefined => {
  const named = token.part?.value === "field" ? tokens.find(({ part }) => part?.value === "effect") : token;
  return signs.find(({ name }) => name === named?.text);
};

function effectText({ name, says, args, readOn }: SignSpec): string[] {
  const fields = args.map(([field]) => `${field}=…`).join(" ");
  return [code(`expect ${name} ${fields}`.trimEnd()), says, ...(readOn === undefined ? [] : [readOn])];
}

/** The key that a token is, or is the value of. */
const keyOf = ({ start }: StatementToken, tokens: readonly StatementToken[]): string =>
  tokens.findLast((token) => token.role === "key" && token.start <= start)?.text ?? "";

function fieldText({ name, says, args }: SignSpec, key: string): string[] {
  const form = args.find(([field]) => field === key)?.[1];
  const words = typeof form === "object" ? [`\`${key}\`: ${list(form)}.`] : [];
  return [`A value of **${name}**. ${says}`, ...words];
}

/** What a value names: a declaration, a device's family, a bug, a kernel, a counter. */
function meaningOf(
  document: TraceDocument,
  token: StatementToken,
  tokens: readonly StatementToken[],
): string | null {
  const { text, part } = token;
  switch (part?.value) {
    case "device":
    case "devices":
    case "connection":
    case "owner": {
      const place = declarationsOf(document).find(({ name }) => name === text);
      return place === undefined ? null : code(document.lines[place.line]!.trim());
    }
    case "profile":
    case "kernel":
    case "variants":
      return variantText(document, text);
    case "counter":
      return counterText(document, keyOf(token, tokens));
    default:
      return null;
  }
}

function counterText({ trace }: TraceDocument, name: string): string | null {
  const known = [...profiles, ...trace.profileFiles.values()];
  const owners = known.filter((profile) => Object.values(profile.counters).includes(name));
  const isIt = ({ counter, standard, common, own }: (typeof counters)[number]) =>
    [standard, common, own].includes(name) ||
    owners.some((profile) => (profile.counters as Readonly<Record<string, string>>)[counter] === name);
  const effects = new Set(counters.filter(isIt).flatMap(({ movedBy }) => movedBy));
  if (effects.size === 0) return null;
  const whose = owners.length === 0 ? "" : ` of ${list(owners.map(({ id }) => id))}`;
  return `**${name}**, a counter${whose}: it moves in events that have ${either([...effects])}.`;
}

const either = (names: readonly string[]): string => list(names).replace(/ and ([^ ]+)$/, " or $1");

function variantText({ profiles: find, trace }: TraceDocument, word: string): string | null {
  const kernel = kernelById(word);
  if (kernel !== null) return `**${word}**: ${kernel.title}`;
  const profile = find(word) ?? profileAmong([...trace.profileFiles.values()], word);
  if (profile === null) return null;
  const lines = [`**${profile.id}**: ${profile.title}`];
  for (const name of profile.faults) {
    const bug = bugNamed(name);
    if (bug !== null) lines.push(`${bug.name}: ${bug.says} ${bug.mended}`.trim());
  }
  if (profile.kernel !== null) lines.push(`On ${profile.kernel.id}: ${profile.kernel.title}`);
  return lines.join("\n\n");
}

/** The page of the documents that tells of a token, and how the link reads. */
function pageOf({ part }: StatementToken): [string, string] {
  switch (part?.value) {
    case "profile":
    case "kernel":
    case "variants":
      return ["nic-files.md", "NICs of your own"];
    case "effect":
    case "field":
    case "counter":
    case "verdict":
      return ["regression-tests.md", "Expectations"];
    default:
      return ["language.md", "The trace language"];
  }
}

/** What the events of a script's line are in the trace language. */
function scriptHover(document: TraceDocument, line: number): Hover | null {
  const { trace } = document;
  const { events } = trace;
  const found: string[] = [];
  for (let event = 0; event < events.count && found.length < eventsShown; event++)
    if (events.line.at(event) === line + 1) found.push(printEvent(trace, event));
  if (found.length === 0) return null;
  return { contents: { kind: "markdown", value: code(found.join("\n")) }, range: document.wholeLine(line) };
}

const eventsShown = 20;
