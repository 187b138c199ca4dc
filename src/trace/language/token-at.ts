import { signs } from "../signs.ts";
import { connectionFormOf } from "./event-forms.ts";

/** Part of a line by columns from 0, end exclusive, and what to evaluate for it. */
export interface Token {
  start: number;
  end: number;
  text: string;
}

/** What language a line is of, and the connection of the event above it, which an expect line speaks of. */
export interface Around {
  isScript: boolean;
  above(): string | null;
}

/** Times, ranges, names and numbers, longest first. An address's digits are none. */
const tokens =
  /\+\d*\.?\d+|(?<![\w.:])-?\d+:-?\d+(\(\d+\))?|[A-Za-z_][\w.]*(-\w+)*|(?<![\w.:-])-?\d+(?![\w.:])/g;
const comments = { trace: /(?<!\S)#.*$/, script: /(?<!\S)(#|\/\/).*$/ };

/** An event of the trace language: its time, what it happens to, its verb, what stands behind. */
const eventLine = /^([+-][\d.]+[ \t]+)([^\s#]\S*)([ \t]+)?(\S+)?/;

/** What an event's line is about: its connection's or device's name; null for a line of another kind. */
export const subjectOf = (line: string): string | null => eventLine.exec(line)?.[2] ?? null;

/**
 * The token at a column of a line, null if there is nothing to evaluate. A number is one only where the grammar has a
 * place of the stream: lengths, counts and record numbers are none. It is told with its stream, as `web 1448`.
 */
export function tokenAt(line: string, column: number, around: Around): Token | null {
  const told = line.replace(comments[around.isScript ? "script" : "trace"], "");
  const [head = "", time = "", name = "", gap = "", verb = ""] = eventLine.exec(told) ?? [];
  const isOfName = !around.isScript && column >= time.length && column < time.length + name.length;
  if (isOfName) return { start: time.length, end: time.length + name.length, text: name };
  for (const match of told.matchAll(tokens)) {
    const [text] = match;
    const start = match.index;
    const end = start + text.length;
    if (column < start || column >= end) continue;
    if (/^[A-Za-z_]/.test(text)) return { start, end, text };
    if (text.startsWith("+")) return null;
    const before = told.slice(0, start);
    if (around.isScript) return isScriptPlace(before, text) ? { start, end, text } : null;
    const isEvent = head.length > 0 && gap !== "";
    const stream = isEvent ? name : around.above();
    const isPlace = isEvent ? isEventPlace(verb, before.slice(head.length)) : isExpected(told, before);
    return isPlace && stream !== null ? { start, end, text: `${stream} ${text}` } : null;
  }
  return null;
}

const placeKinds: readonly (string | null)[] = ["place", "range", "ranges", "segment"];

/** By the form of the event's verb: behind a word that a place belongs to, or a place itself stands there. */
function isEventPlace(verb: string, before: string): boolean {
  const parts = connectionFormOf.get(verb)?.parts ?? [];
  const words = before.split(/[\s,]+/).filter((word) => word !== "");
  return parts.some(({ role, name, value }) => {
    if (!placeKinds.includes(value)) return false;
    if (role === "operand") return before.trim() === "";
    const behind = words.lastIndexOf(name);
    return behind >= 0 && words.slice(behind + 1).every((word) => /^\d+:\d+$/.test(word));
  });
}

/** `expected=2896`: an argument of the effect that is a sequence number. */
function isExpected(line: string, before: string): boolean {
  const effect = /^\s*expect\s+(?:no\s+)?([\w-]+)/.exec(line)?.[1];
  const key = /(\w+)=$/.exec(before)?.[1];
  const sign = signs.find(({ name }) => name === effect);
  return sign?.args.some(([name, form]) => name === key && form === "seq") ?? false;
}

/** The script's sender counts its own stream: what it sends, and what is acknowledged of it; not the peer's numbers. */
function isScriptPlace(before: string, text: string): boolean {
  const packet = /(?:^|\s)([<>])\s(.*)$/.exec(before);
  if (packet === null) return false;
  const [, direction, behind] = packet;
  if (direction === ">") return text.includes("(") && !/\back\b|</.test(behind!);
  return /(?:\back|\bsack(?:\s+\d+:\d+)*)\s+$/.test(behind!);
}
