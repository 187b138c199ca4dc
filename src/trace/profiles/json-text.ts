import { LineFault } from "../lexer.ts";

/** Where something stands in a text: offsets from 0 in UTF-16 units, end exclusive. */
export interface Place {
  start: number;
  end: number;
}

/** A value of a JSON text, with its place. */
export type JsonValue = Place &
  (
    | { is: "object"; members: JsonMember[] }
    | { is: "list"; items: JsonValue[] }
    | { is: "scalar"; value: string | number | boolean | null }
  );

/** A key of an object with its place, and its value. A key that is given twice is there twice. */
export interface JsonMember {
  key: string;
  at: Place;
  value: JsonValue;
}

/** Deeper nesting is refused, so that no text can exhaust the stack. */
export const jsonDepthMax = 16;

const scalar =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: strings hold none (RFC 8259 section 7)
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Reads a JSON text (RFC 8259). The engine's own parser gives no places, and messages that differ from engine to
 * engine. Throws LineFault, whose token counts from the text's beginning, at the first thing that is not JSON.
 */
export function parseJson(text: string): JsonValue {
  const reader = new JsonReader(text);
  const value = reader.value(0);
  if (reader.next() !== "") throw reader.unexpected("the end of the text");
  return value;
}

class JsonReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The next character that is no space, which stays unread; empty at the end. */
  next(): string {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at++;
    return this.text[this.at] ?? "";
  }

  value(depth: number): JsonValue {
    const first = this.next();
    const start = this.at;
    if (depth === jsonDepthMax)
      throw this.fault(`values are nested deeper than ${jsonDepthMax}; nest them less`);
    if (first === "{") {
      const members = this.listed("}", "a key in double quotes", () => this.member(depth + 1));
      return { is: "object", members, start, end: this.at };
    }
    if (first === "[") {
      const items = this.listed("]", "a value", () => this.value(depth + 1));
      return { is: "list", items, start, end: this.at };
    }
    return { is: "scalar", value: this.scalar("a value"), start, end: this.at };
  }

  /** What stands between an opening bracket, the next character, and its closing one, with commas between. */
  private listed<T>(close: string, what: string, read: () => T): T[] {
    this.at++;
    const found: T[] = [];
    if (this.next() === close) {
      this.at++;
      return found;
    }
    for (;;) {
      if (this.next() === close) throw this.unexpected(`${what} behind the comma`);
      found.push(read());
      const next = this.next();
      if (next !== "," && next !== close) throw this.unexpected(`, or ${close}`);
      this.at++;
      if (next === close) return found;
    }
  }

  private member(depth: number): JsonMember {
    if (this.next() !== '"') throw this.unexpected("a key in double quotes");
    const start = this.at;
    const key = String(this.scalar("a key in double quotes"));
    const at = { start, end: this.at };
    if (this.next() !== ":") throw this.unexpected(": behind the key");
    this.at++;
    return { key, at, value: this.value(depth) };
  }

  private scalar(what: string): string | number | boolean | null {
    scalar.lastIndex = this.at;
    const match = scalar.exec(this.text);
    if (match === null) throw this.unexpected(what);
    this.at += match[0].length;
    return JSON.parse(match[0]) as string | number | boolean | null;
  }

  unexpected(expected: string): LineFault {
    const found = this.next();
    if (found === "") return this.fault(`the text ends where ${expected} is expected`);
    if (found === "/" || found === "#") return this.fault("JSON has no comments; remove it");
    if (found === '"')
      return this.fault(`${expected} is expected here, not " or a string that is not closed`);
    return this.fault(`${expected} is expected here`);
  }

  private fault(message: string): LineFault {
    const end = Math.min(this.at + 1, this.text.length);
    return new LineFault({ text: "", start: this.at, end }, message);
  }
}
