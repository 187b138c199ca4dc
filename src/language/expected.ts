import {
  connectionFormOf,
  connectionForms,
  deviceFormOf,
  deviceForms,
  eventHead,
} from "../trace/language/event-forms.ts";
import { type Form, isList, type Part } from "../trace/language/form.ts";
import { connectionForm, deviceForm, expectForms } from "../trace/language/forms.ts";
import { lineKind } from "../trace/language/statement.ts";
import { take } from "../trace/language/take.ts";
import { takeExpectation } from "../trace/language/take-expect.ts";
import { readLine, type Token } from "../trace/lexer.ts";
import { signs } from "../trace/signs.ts";

/** What can stand at a place of a line: a word that begins a form, a part's own word, its value. */
export type Expected =
  | { what: "verb"; form: Form }
  | { what: "time"; part: Part }
  | { what: "word"; part: Part; form: Form }
  | { what: "value"; part: Part; form: Form; effect: string | null; field: string | null };

/** A place of a line, and what can stand there. */
export interface Place {
  /** What is written there already, up to the place: what it replaces. */
  written: Token;
  /** Where the word ends that the place stands in, or its piece: what is behind the place can be replaced, too. */
  end: number;
  /** The other pieces of the list that the place is one of. */
  others: readonly string[];
  expected: Expected[];
}

/** What is known of names above: those of devices have other events than those of connections. */
export type NameKind = (name: string) => "device" | "connection" | null;

/**
 * What can stand at a column of a line, by the forms that the line is read by: what stands before says which parts it
 * has already. Null within a comment.
 */
export function expectedAt(text: string, column: number, kindOf: NameKind): Place | null {
  const { words, comment } = readLine(text.slice(0, column), 0);
  if (comment !== null) return null;
  const last = words.at(-1);
  const isWithin = last !== undefined && last.end === column;
  const before = isWithin ? words.slice(0, -1) : words;
  const written = isWithin ? last : { text: "", start: column, end: column };
  const behind = /^[^ \t]*/.exec(text.slice(column))![0];
  return pieceOf(written, behind, expectedBehind(before, written.text, kindOf));
}

/** Of an option its key or its value, of a list one piece is what is written. `behind`: what follows in the same word. */
function pieceOf(written: Token, behind: string, expected: Expected[]): Place {
  const [one] = expected;
  const to = (end: number) => written.end + (end < 0 ? behind.length : end);
  if (one?.what !== "value") return { written, end: to(-1), others: [], expected };
  const { role, value } = one.part;
  const equals = role === "option" ? written.text.indexOf("=") + 1 : 0;
  const isListed = value !== null && isList(value);
  const from = isListed ? Math.max(equals, written.text.lastIndexOf(",") + 1) : equals;
  const piece = { ...written, text: written.text.slice(from), start: written.start + from };
  if (!isListed) return { written: piece, end: to(-1), others: [], expected };
  const others = [...written.text.slice(equals, from).split(","), ...behind.split(",").slice(1)];
  return { written: piece, end: to(behind.indexOf(",")), others, expected };
}

function expectedBehind(before: Token[], written: string, kindOf: NameKind): Expected[] {
  const [first, name, verb] = before;
  if (first === undefined) return heads;
  const kind = lineKind(first);
  if (kind === "device" || kind === "connection")
    return inForm(kind === "device" ? deviceForm : connectionForm, before, 1, written);
  if (kind === "expect") return inExpectation(before, written);
  if (kind === null) return [];
  if (name === undefined) return [valued(eventHead.connection[1], connectionForms[0]!)];
  if (verb === undefined) return verbsOf(kindOf(name.text));
  const form = connectionFormOf.get(verb.text) ?? deviceFormOf.get(verb.text);
  return form === undefined ? [] : inForm(form, before, 3, written);
}

const verbs = (forms: readonly Form[]): Expected[] => forms.map((form) => ({ what: "verb", form }));
const heads: Expected[] = [
  { what: "time", part: eventHead.connection[0] },
  ...verbs([expectForms.effect, connectionForm, deviceForm]),
];

const verbsOf = (kind: "device" | "connection" | null): Expected[] => [
  ...(kind === "device" ? [] : verbs(connectionForms)),
  ...(kind === "connection" ? [] : verbs(deviceForms)),
];

const wordOf = (part: Part, form: Form): Expected => ({ what: "word", part, form });
const valued = (
  part: Part,
  form: Form,
  effect: string | null = null,
  field: string | null = null,
): Expected => ({
  what: "value",
  part,
  form,
  effect,
  field,
});

/** Behind the words of a line of the form, whose own begin at `from`. */
function inForm(form: Form, before: Token[], from: number, written: string): Expected[] {
  const given = take(form, before, from, null);
  const due = form.fixed[given.operands.length];
  const last = before.at(-1)!;
  if (due !== undefined) {
    const isNamed = due.role !== "word" || (before.length > from && last.text === due.name);
    return [isNamed ? valued(due, form) : wordOf(due, form)];
  }
  const behind = before.length > given.free ? form.free.get(last.text) : undefined;
  if (behind?.role === "word" && behind.value !== null && given.options?.get(behind.name) === undefined)
    return [valued(behind, form)];
  const equals = written.indexOf("=");
  const option = equals < 0 ? undefined : form.free.get(written.slice(0, equals));
  if (option?.role === "option") return [valued(option, form)];
  const stands = (name: string) =>
    given.options?.has(name) === true || (given.flags & (form.flags[name] ?? 0)) !== 0;
  const isFree = ({ name, needs, not }: Part) =>
    !stands(name) && (needs === null || stands(needs)) && (not === null || !stands(not.name));
  const excluded = [...form.free.values()].flatMap(({ name, not }) =>
    not && stands(name) ? [not.name] : [],
  );
  return [...form.free.values()]
    .filter((part) => isFree(part) && !excluded.includes(part.name))
    .map((part) => wordOf(part, form));
}

const partOf = (form: Form, name: string): Part => form.parts.find((part) => part.name === name)!;

function inExpectation(before: Token[], written: string): Expected[] {
  const given = takeExpectation(before, null);
  const { form, subject, details, no, under } = given;
  const list = partOf(form, "under");
  if (before.length > 2 && before.at(-1)!.text === "under") return [valued(list, form)];
  if (under !== null) return [];
  if (subject === null) return subjects(no !== null, written);
  const then = wordOf(list, form);
  if (form === expectForms.wire) return [then];
  if (form === expectForms.counter) return inCounter(details, written, then);
  return inEffect(given.form, subject.text, details, { written, then });
}

function subjects(isNo: boolean, written: string): Expected[] {
  const { effect, no, counter, wire } = expectForms;
  if (written.startsWith("wire=")) return [valued(partOf(wire, "wire"), wire)];
  const effects = valued(partOf(effect, "EFFECT"), effect);
  const others = [wordOf(partOf(no, "no"), no), wordOf(partOf(counter, "counter"), counter)];
  return [effects, ...(isNo ? [] : others), wordOf(partOf(wire, "wire"), wire)];
}

/** Behind `counter`: whose, its name and value, `under`. */
function inCounter(details: Token[], written: string, then: Expected): Expected[] {
  const form = expectForms.counter;
  if (written.includes("=")) return [];
  if (details.some(({ text }) => text.includes("="))) return [then];
  const name = valued(partOf(form, "NAME"), form);
  return details.length > 0 ? [name] : [name, valued(partOf(form, "DEVICE|CONNECTION"), form)];
}

/** Behind an effect: its fields that are not given, `under`. */
function inEffect(
  form: Form,
  effect: string,
  details: Token[],
  { written, then }: { written: string; then: Expected },
): Expected[] {
  const field = partOf(form, "field");
  const args = signs.find(({ name }) => name === effect)?.args ?? [];
  const equals = written.indexOf("=");
  if (equals >= 0) return [valued(field, form, effect, written.slice(0, equals))];
  const isGiven = (name: string) => details.some(({ text }) => text.startsWith(`${name}=`));
  const fields = args.filter(([name]) => !isGiven(name)).map(([name]) => wordOf({ ...field, name }, form));
  return [...fields, then];
}
