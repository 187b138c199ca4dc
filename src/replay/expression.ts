import { UserError } from "../trace/platform.ts";
import type { Expression } from "./expression-parse.ts";
import { arithmetic, type Numeric, order } from "./numbers.ts";
import { placeOf, rawAt, scopeNames } from "./view/paths.ts";
import { nodeAt, scopesOf } from "./view/scopes.ts";
import { type Raw, SeqValue, show, type ViewNode } from "./view/value.ts";
import type { View } from "./view/view.ts";

/** The value of an expression where the view stands; a bare path gives its node, so that it can be opened. */
export function evaluate(view: View, expression: Expression): Raw | ViewNode {
  if (expression.kind !== "path") return resultOf(view, expression);
  const node = expression.place && nodeAt(view, expression.place);
  return node ?? absent(expression);
}

/** What only some events and states have is unknown elsewhere; a path that leads nowhere is a slip of the pen. */
function absent({ path, place }: Extract<Expression, { kind: "path" }>): null {
  if (place && typeof place.member?.key !== "string") return null;
  throw new UserError(`no value "${path}"; paths begin with ${scopeNames.join(", ")}`);
}

/** True if the condition holds: everything but false, 0, unknown and the empty string. */
export const holds = (view: View, condition: Expression): boolean => isTrue(resultOf(view, condition));

const isTrue = (value: Raw): boolean => (value instanceof SeqValue ? value.relative !== 0 : Boolean(value));

function resultOf(view: View, expression: Expression): Raw {
  switch (expression.kind) {
    case "constant":
      return expression.value;
    case "path":
      return (expression.place && rawAt(view, expression.place)) ?? absent(expression);
    case "unary": {
      const value = resultOf(view, expression.of);
      if (expression.op === "!") return !isTrue(value);
      return value === null ? null : arithmetic("-", 0, numeric(value));
    }
    case "binary":
      return chainOf(view, expression);
    case "call": {
      const [a, b] = expression.args.map((arg) => resultOf(view, arg));
      if (a === null || b === null) return false;
      const ordered = order(numeric(a!), numeric(b!));
      return expression.name === "before" ? ordered < 0 : ordered > 0;
    }
  }
}

/** Operators of one rank lean to the left, thousands of them if somebody writes so: a loop, where a call each overflows. */
function chainOf(view: View, expression: Expression): Raw {
  const links: Extract<Expression, { kind: "binary" }>[] = [];
  let first = expression;
  for (; first.kind === "binary"; first = first.left) links.push(first);
  let value = resultOf(view, first);
  for (const { op, right } of links.reverse()) {
    if (op === "&&") value = isTrue(value) && isTrue(resultOf(view, right));
    else if (op === "||") value = isTrue(value) || isTrue(resultOf(view, right));
    else value = operated(op, value, resultOf(view, right));
  }
  return value;
}

/** What order between two values satisfies an operator; the others compute. */
const comparisons: ReadonlyMap<string, (order: number) => boolean> = new Map([
  ["<", (order) => order < 0],
  ["<=", (order) => order <= 0],
  [">", (order) => order > 0],
  [">=", (order) => order >= 0],
]);

function operated(op: string, left: Raw, right: Raw): Raw {
  if (op === "==") return same(left, right);
  if (op === "!=") return !same(left, right);
  const compares = comparisons.get(op);
  if (left === null || right === null) return compares ? false : null;
  if (typeof left === "string" && op === "+") return left + show(right);
  const [a, b] = [numeric(left), numeric(right)];
  return compares ? compares(order(a, b)) : arithmetic(op, a, b);
}

function same(a: Raw, b: Raw): boolean {
  if (a === null || b === null) return a === b;
  if (isNumber(a) && isNumber(b)) return order(numeric(a), numeric(b)) === 0;
  return typeof a === typeof b ? a === b : String(a) === String(b);
}

const isNumber = (value: Raw): boolean =>
  typeof value === "number" || typeof value === "bigint" || value instanceof SeqValue;

/** A sequence number counts by its place in the stream, as plain numbers beside it do. */
function numeric(value: Raw): Numeric {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof SeqValue) return value.relative;
  throw new UserError(`"${show(value)}" is not a number`);
}

/** The path that is being typed at the end of a text. */
export function wordBefore(typed: string): string {
  let start = typed.length;
  while (start > 0 && /[\w.[\]]/.test(typed[start - 1]!)) start--;
  return typed.slice(start);
}

/** Paths that may follow what is typed: of the scopes, or of the node before the last dot. */
export function completions(view: View, typed: string): string[] {
  const word = wordBefore(typed);
  const dot = word.lastIndexOf(".");
  const parent = dot < 0 ? null : placeOf(word.slice(0, dot));
  const children = dot < 0 ? scopesOf(view) : ((parent && nodeAt(view, parent))?.children() ?? []);
  return children.map(({ path }) => path).filter((path) => path.startsWith(word));
}
