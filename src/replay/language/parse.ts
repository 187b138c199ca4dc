import { signs } from "../../trace/signs.ts";
import { type Place, paths, placeOf, scopeNames } from "../view/paths.ts";
import type { Raw } from "../view/value.ts";
import { type EventSet, noSet, setNamed } from "./event-set.ts";
import { didYouMean } from "./spelling.ts";
import { ExpressionError, type Token, tokensOf } from "./tokens.ts";

/**
 * The expression language of conditions, watches, log points, hovers and queries: view paths, numbers, strings,
 * arithmetic, comparison, ranges, globs, and or not, functions, and what happened so far: count(resync where replayed > 8192).
 * Numbers are of one kind (numbers.ts), and sequence numbers are of it: bytes from the offload start.
 */
export type Expression =
  | { kind: "constant"; value: Raw }
  | { kind: "path"; path: string; place: Place }
  /** An argument of the sign that a `where` is about. */
  | { kind: "argument"; index: number }
  /** The value before or behind the change that is spoken of: `old`, `new`. */
  | { kind: "change"; side: "from" | "to" }
  | { kind: "unary"; op: string; of: Expression }
  | { kind: "binary"; op: string; left: Expression; right: Expression }
  /** from ≤ of < to. */
  | { kind: "in"; of: Expression; from: Expression; to: Expression }
  | { kind: "call"; name: FunctionName; args: Expression[] }
  /** The same, asked of another connection. */
  | { kind: "elsewhere"; connection: string | number; of: Expression }
  | { kind: "aggregate"; name: AggregateName; over: Occurring };

/** What is gone through: those of a set for which a condition holds, and what is told of each. */
export interface Occurring {
  set: EventSet;
  where: Expression | null;
  /** Null = the number of the event. */
  field: Expression | null;
}

/** Functions and how many values they take. */
export const functions = { before: 2, after: 2, wire: 1, abs: 1 } as const;
type FunctionName = keyof typeof functions;
export const aggregates = ["count", "sum", "min", "max", "first", "last"] as const;
export type AggregateName = (typeof aggregates)[number];
/** Roots of paths that are asked with something in parentheses. */
export const asked = ["record", "connection"] as const;

const isFunction = (name: string): name is FunctionName => Object.hasOwn(functions, name);
const isAggregate = (name: string): name is AggregateName => aggregates.some((each) => each === name);

/** From what binds least to what binds most. */
const ranks = [
  ["||"],
  ["&&"],
  ["==", "!="],
  ["<", "<=", ">", ">=", "in", "matches"],
  ["+", "-"],
  ["*", "/", "%"],
];
const precedence = new Map(
  ranks.flatMap((operators, rank) => operators.map((op) => [op, rank + 1] as const)),
);
const sumRank = precedence.get("+")!;
const synonyms = new Map([
  ["and", "&&"],
  ["or", "||"],
  ["not", "!"],
]);
const depthMax = 64;

/** Parses an expression. Throws ExpressionError with its place where it cannot be read, or names what there is not. */
export function parseExpression(text: string): Expression {
  return new Parser(text).whole();
}

/** The same of what is said of a change: `old` and `new` are its values. */
export function parseOfChange(text: string): Expression {
  return new Parser(text, sides).whole();
}

const sides: ReadonlyMap<string, Expression> = new Map([
  ["old", { kind: "change", side: "from" }],
  ["new", { kind: "change", side: "to" }],
]);
const noNames: ReadonlyMap<string, Expression> = new Map();

/** Parses a query: `transmits where outOfOrder and length < 100`. Throws likewise. */
export function parseQuery(text: string): Occurring {
  return new Parser(text).query();
}

class Parser {
  private readonly text: string;
  private readonly tokens: readonly Token[];
  private next = 0;
  /** The signs that names may be arguments of. */
  private set: EventSet | null = null;

  /** Words that mean something besides paths. */
  private readonly names: ReadonlyMap<string, Expression>;

  constructor(text: string, names = noNames) {
    this.text = text;
    this.names = names;
    this.tokens = tokensOf(text);
    if (this.tokens.length === 1) throw new ExpressionError("the expression is empty", this.token);
  }

  whole(): Expression {
    const expression = this.binary(1, 0);
    if (this.token.kind !== "end") this.fail("an operator");
    return expression;
  }

  query(): Occurring {
    const occurring = this.occurring(0);
    if (this.token.kind !== "end") this.fail('"where"');
    return occurring;
  }

  private get token(): Token {
    return this.tokens[this.next]!;
  }

  /** The operator that stands here, by its sign. */
  private peek(): string {
    const { text } = this.token;
    return synonyms.get(text) ?? text;
  }

  private fail(wanted: string): never {
    const { token } = this;
    const place =
      token.kind === "end"
        ? `at the end of "${this.text}"`
        : `at column ${token.at + 1}, found "${token.text}"`;
    throw new ExpressionError(`expected ${wanted} ${place}`, token);
  }

  private take(wanted: string): Token {
    const { token } = this;
    if (token.text !== wanted) this.fail(`"${wanted}"`);
    this.next++;
    return token;
  }

  private binary(level: number, depth: number): Expression {
    let left = this.primary(depth);
    for (let op = this.peek(); (precedence.get(op) ?? 0) >= level; op = this.peek()) {
      this.next++;
      if (op === "in") left = this.range(left, depth + 1);
      else left = { kind: "binary", op, left, right: this.binary(precedence.get(op)! + 1, depth + 1) };
    }
    return left;
  }

  private range(of: Expression, depth: number): Expression {
    const from = this.binary(sumRank, depth);
    this.take(":");
    return { kind: "in", of, from, to: this.binary(sumRank, depth) };
  }

  private primary(depth: number): Expression {
    const { token } = this;
    const op = this.peek();
    const begins = token.kind === "sign" || op === "!" ? ["!", "-", "("].includes(op) : token.kind !== "path";
    if (token.kind === "end" || depth > depthMax || !begins) this.fail("a value");
    this.next++;
    if (op === "!" || op === "-") return { kind: "unary", op, of: this.primary(depth + 1) };
    if (op === "(") {
      const inner = this.binary(1, depth + 1);
      this.take(")");
      return inner;
    }
    if (token.kind === "number") return { kind: "constant", value: numberOf(token.text) };
    if (token.kind === "string") return { kind: "constant", value: token.text.slice(1, -1) };
    if (this.token.text === "(") return this.call(token, depth + 1);
    if (constants.has(token.text)) return { kind: "constant", value: constants.get(token.text)! };
    return this.named(token);
  }

  /** A path, an argument of the sign that is spoken of, or the short name of what `packet` has. */
  private named(token: Token): Expression {
    const { text } = token;
    const known = this.names.get(text);
    if (known) return known;
    if (this.set?.of === "signs") {
      const index = signs[this.set.kind]!.args.findIndex(([name]) => name === text);
      if (index >= 0) return { kind: "argument", index };
    }
    return pathNamed(text, token);
  }

  private call(name: Token, depth: number): Expression {
    const { text } = name;
    if (text === "record") return this.record(name);
    if (text === "connection") return this.elsewhere(name);
    if (isAggregate(text)) return this.aggregate(text, depth);
    if (!isFunction(text)) {
      const known = [...Object.keys(functions), ...aggregates, ...asked];
      const meant = didYouMean(text, known) || `; there are ${known.join(", ")}`;
      throw new ExpressionError(`no function "${text}"${meant}`, name);
    }
    this.take("(");
    const args = [this.binary(1, depth)];
    while (this.token.text === ",") {
      this.next++;
      args.push(this.binary(1, depth));
    }
    this.take(")");
    const arity = functions[text];
    if (args.length !== arity)
      throw new ExpressionError(`${text} takes ${arity} arguments, not ${args.length}`, name);
    return { kind: "call", name: text, args };
  }

  /** `record(17).endSeq`: a record by its number, also one that has left the map. */
  private record(name: Token): Expression {
    this.take("(");
    const number = this.token;
    if (number.kind !== "number" || !/^\d+$/.test(number.text)) this.fail("a record number");
    this.next++;
    const close = this.take(")");
    return pathNamed(`record(${number.text})${this.rest()}`, { at: name.at, end: close.end });
  }

  /** `connection("B>A").driver.expectedSeq`, or by its place in the trace, from 1 on. */
  private elsewhere(name: Token): Expression {
    this.take("(");
    const { token } = this;
    if (token.kind !== "string" && !/^[1-9]\d*$/.test(token.text)) this.fail("a connection's name or number");
    this.next++;
    const close = this.take(")");
    const connection = token.kind === "string" ? token.text.slice(1, -1) : Number(token.text);
    const path = this.rest().slice(1);
    if (path === "") this.fail("a path, as .driver.expectedSeq,");
    return { kind: "elsewhere", connection, of: pathNamed(path, { at: name.at, end: close.end }) };
  }

  /** The path that goes on behind a parenthesis. */
  private rest(): string {
    if (this.token.kind !== "path") return "";
    return this.tokens[this.next++]!.text;
  }

  private aggregate(name: AggregateName, depth: number): Expression {
    this.take("(");
    const first = this.token;
    const over = this.occurring(depth);
    this.take(")");
    if (over.field === null && (name === "sum" || name === "min" || name === "max"))
      throw new ExpressionError(`${name} needs to know of what: ${name}(${over.set.name}.length)`, first);
    return { kind: "aggregate", name, over };
  }

  /** `resync.replayed where replayed > 8192`. */
  private occurring(depth: number): Occurring {
    const outer = this.set;
    const { name, field, at, end } = this.setName();
    const set = setNamed(name);
    if (!set) throw new ExpressionError(noSet(name), { at, end });
    this.set = set;
    const told = field === "" ? null : this.named({ kind: "word", text: field, at, end });
    let where: Expression | null = null;
    if (this.token.text === "where") {
      this.next++;
      where = this.binary(1, depth + 1);
    }
    this.set = outer;
    return { set, where, field: told };
  }

  /** A set's name may have hyphens, and what is told of each stands behind a dot: all without a space. */
  private setName(): { name: string; field: string; at: number; end: number } {
    const { at } = this.token;
    if (this.token.kind !== "word") this.fail("a set of events, as transmits or resync,");
    let { end } = this.tokens[this.next++]!;
    while (this.token.at === end && (this.token.text === "-" || this.token.kind === "word"))
      end = this.tokens[this.next++]!.end;
    const whole = this.text.slice(at, end);
    const dot = whole.indexOf(".");
    return {
      name: dot < 0 ? whole : whole.slice(0, dot),
      field: dot < 0 ? "" : whole.slice(dot + 1),
      at,
      end,
    };
  }
}

/** A path as it is written, or without the `packet.` before it. Throws ExpressionError where no view has it. */
function pathNamed(path: string, token: Pick<Token, "at" | "end">): Expression {
  const place = placeOf(path) ?? placeOf(`packet.${path}`);
  if (!place) throw new ExpressionError(noPath(path), token);
  return { kind: "path", path: place.path, place };
}

/** What is said of a path that no view has. */
export function noPath(path: string): string {
  const meant = didYouMean(path.replace(/\[\d+\]/, "[i]"), knownPaths);
  return `no value "${path}"${meant || `; paths begin with ${scopeNames.join(", ")}`}`;
}

const knownPaths = paths.flatMap(({ path }) =>
  path.startsWith("packet.") ? [path, path.slice("packet.".length)] : [path],
);

const constants = new Map<string, Raw>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["unknown", null],
]);

function numberOf(text: string): number | bigint {
  const n = Number(text);
  return Number.isSafeInteger(n) || text.includes(".") ? n : BigInt(text);
}
