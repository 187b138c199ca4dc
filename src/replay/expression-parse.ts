import { UserError } from "../trace/platform.ts";
import { didYouMean } from "./spelling.ts";
import { type Place, paths, placeOf, scopeNames } from "./view/paths.ts";
import type { Raw } from "./view/value.ts";

/**
 * The expression language of conditions, hit conditions, watches and log points: view paths, numbers, strings,
 * arithmetic, comparison, && || !, and before(a, b), after(a, b). Numbers are of one kind (numbers.ts), and sequence
 * numbers are of it: bytes from the offload start.
 */
export type Expression =
  | { kind: "constant"; value: Raw }
  | { kind: "path"; path: string; place: Place }
  | { kind: "unary"; op: string; of: Expression }
  | { kind: "binary"; op: string; left: Expression; right: Expression }
  | { kind: "call"; name: string; args: Expression[] };

interface Token {
  text: string;
  at: number;
}

const tokenPattern =
  /\s*(?:(0x[0-9a-f]+|\d+(?:\.\d+)?)|("[^"]*"|'[^']*')|([A-Za-z_][\w.]*(?:\[\d+\](?:\.[A-Za-z_]\w*)*)*)|(==|!=|<=|>=|&&|\|\||[-+*/%<>!(),]))/iy;

function tokenize(whole: string): Token[] {
  const text = whole.trimEnd();
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at = tokenPattern.lastIndex) {
    tokenPattern.lastIndex = at;
    const match = tokenPattern.exec(text);
    if (!match)
      throw new UserError(
        `cannot read the expression at column ${at + 1}: "${text.slice(at, at + 20).trim()}"`,
      );
    tokens.push({ text: match[0].trim(), at });
  }
  return tokens;
}

/** From what binds least to what binds most. */
const ranks = [["||"], ["&&"], ["==", "!="], ["<", "<=", ">", ">="], ["+", "-"], ["*", "/", "%"]];
const precedence = new Map(
  ranks.flatMap((operators, rank) => operators.map((op) => [op, rank + 1] as const)),
);
const depthMax = 64;

/** Parses an expression. Throws UserError with the place when it cannot be read. */
export function parseExpression(text: string): Expression {
  return new Parser(text).whole();
}

class Parser {
  private readonly text: string;
  private readonly tokens: Token[];
  private next = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = tokenize(text);
    if (this.tokens.length === 0) throw new UserError("the expression is empty");
  }

  whole(): Expression {
    const expression = this.binary(1, 0);
    if (this.next < this.tokens.length) this.fail("an operator");
    return expression;
  }

  private peek(): string {
    return this.tokens[this.next]?.text ?? "";
  }

  private fail(wanted: string): never {
    const token = this.tokens[this.next];
    const place = token ? `at column ${token.at + 1}, found "${token.text}"` : `at the end of "${this.text}"`;
    throw new UserError(`expected ${wanted} ${place}`);
  }

  private take(wanted: string): void {
    if (this.peek() !== wanted) this.fail(`"${wanted}"`);
    this.next++;
  }

  private binary(level: number, depth: number): Expression {
    let left = this.primary(depth);
    for (let op = this.peek(); (precedence.get(op) ?? 0) >= level; op = this.peek()) {
      this.next++;
      left = { kind: "binary", op, left, right: this.binary(precedence.get(op)! + 1, depth + 1) };
    }
    return left;
  }

  private primary(depth: number): Expression {
    const token = this.peek();
    if (token === "" || depth > depthMax || !/^[\w"'!(-]/.test(token)) this.fail("a value");
    this.next++;
    if (token === "!" || token === "-") return { kind: "unary", op: token, of: this.primary(depth + 1) };
    if (token === "(") {
      const inner = this.binary(1, depth + 1);
      this.take(")");
      return inner;
    }
    if (/^\d/.test(token)) return { kind: "constant", value: numberOf(token) };
    if (/^["']/.test(token)) return { kind: "constant", value: token.slice(1, -1) };
    if (this.peek() === "(") return this.call(token, depth);
    return constants.has(token)
      ? { kind: "constant", value: constants.get(token)! }
      : { kind: "path", path: token, place: placeNamed(token) };
  }

  private call(name: string, depth: number): Expression {
    const arity = functions.get(name);
    if (arity === undefined)
      throw new UserError(`no function "${name}"; there are ${[...functions.keys()].join(", ")}`);
    this.take("(");
    const args = [this.binary(1, depth + 1)];
    while (this.peek() === ",") {
      this.next++;
      args.push(this.binary(1, depth + 1));
    }
    this.take(")");
    if (args.length !== arity) throw new UserError(`${name} takes ${arity} arguments, not ${args.length}`);
    return { kind: "call", name, args };
  }
}

function placeNamed(path: string): Place {
  const place = placeOf(path);
  if (!place) throw noPath(path);
  return place;
}

/** What is said of a path that no view has. */
export function noPath(path: string): UserError {
  const meant = didYouMean(path.replace(/\[\d+\]/, "[i]"), knownPaths);
  return new UserError(`no value "${path}"${meant || `; paths begin with ${scopeNames.join(", ")}`}`);
}

const knownPaths = paths.map((row) => row.path);

const constants = new Map<string, Raw>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["unknown", null],
]);
const functions = new Map([
  ["before", 2],
  ["after", 2],
]);

function numberOf(token: string): number | bigint {
  const n = Number(token);
  return Number.isSafeInteger(n) || token.includes(".") ? n : BigInt(token);
}
