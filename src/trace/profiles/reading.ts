import { LineFault } from "../lexer.ts";
import type { Diagnostic } from "../trace.ts";
import { counted } from "../visible.ts";
import { type JsonMember, type JsonValue, type Place, parseJson } from "./json-text.ts";

/** Errors told of one profile file; one that is something else would give one a key. */
const errorsMax = 20;

/** `"a", "b" or "c"`, all of them: who writes a file cannot look them up where the list is cut. */
export function either(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/**
 * A profile file being read: its text, and what is wrong with it so far. Messages give places and never what stands
 * there: whoever named the file may have named one that is not meant to be shown.
 */
export class ProfileReading {
  private readonly source: string;
  private readonly errors: { at: Place; message: string }[] = [];

  constructor(source: string) {
    this.source = source.replace(/^\uFEFF/, " ");
  }

  get isWrong(): boolean {
    return this.errors.length > 0;
  }

  report(at: Place, message: string): void {
    this.errors.push({ at, message });
  }

  /** Reports a value that is not what its key takes. */
  mistaken(value: JsonValue, key: string, takes: string): void {
    this.report(value, `${key} takes ${takes}, not ${kindOf(value)}`);
  }

  /** The file's value; null if it is no JSON. */
  json(): JsonValue | null {
    try {
      return parseJson(this.source);
    } catch (fault) {
      if (!(fault instanceof LineFault)) throw fault;
      this.report(fault.token, fault.message);
      return null;
    }
  }

  /** The members of an object whose keys are among `known`, each once; null if the value is no object. */
  members<Key extends string>(
    value: JsonValue,
    known: readonly Key[],
    what: string,
  ): Map<Key, JsonMember> | null {
    if (value.is !== "object") {
      this.mistaken(value, what, `an object in braces, as {"KEY": VALUE}`);
      return null;
    }
    const found = new Map<Key, JsonMember>();
    for (const member of value.members) {
      const key = known.find((one) => one === member.key);
      if (key === undefined)
        this.report(member.at, `this is no key of ${what}; there are ${known.join(", ")}`);
      else if (found.has(key)) this.report(member.at, `${key} is given twice; leave one out`);
      else found.set(key, member);
    }
    return found;
  }

  /** A string; null and reported if the value is none. */
  text(value: JsonValue, key: string): string | null {
    if (value.is === "scalar" && typeof value.value === "string") return value.value;
    this.mistaken(value, key, "a text in double quotes");
    return null;
  }

  /** What was wrong, in the text's order, as much of it as somebody would look at. */
  diagnostics(): Diagnostic[] {
    const ordered = this.errors.toSorted((a, b) => a.at.start - b.at.start);
    const shown = ordered.slice(0, errorsMax).map(({ at, message }) => this.diagnostic(at, message));
    const left = ordered.length - shown.length;
    if (left === 0) return shown;
    const last = ordered[errorsMax]!.at;
    return [
      ...shown,
      this.diagnostic(
        last,
        `${counted(left, "more error is", "more errors are")} not shown; correct the first ones`,
      ),
    ];
  }

  /** A place as line and columns; what goes on behind its line's end is cut there. */
  private diagnostic({ start, end }: Place, message: string): Diagnostic {
    const before = this.source.slice(0, start).split(/\r\n?|\n/);
    const column = before.at(-1)!.length;
    const length = this.source.slice(start, end).split(/[\r\n]/, 1)[0]!.length;
    return { severity: "error", message, line: before.length, start: column, end: column + length };
  }
}

/** What a value is, without what it says. */
function kindOf(value: JsonValue): string {
  if (value.is === "object") return "an object";
  if (value.is === "list") return "a list";
  if (value.value === null) return "null";
  return typeof value.value === "string" ? "this text" : `this ${typeof value.value}`;
}
