import { UserError } from "../trace/platform.ts";
import type { Expression } from "./expression-parse.ts";
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

/** True if the condition holds: everything but false, 0, null and the empty string. */
export const holds = (view: View, condition: Expression): boolean => Boolean(resultOf(view, condition));

function resultOf(view: View, expression: Expression): Raw {
  switch (expression.kind) {
    case "constant":
      return expression.value;
    case "path":
      return (expression.place && rawAt(view, expression.place)) ?? absent(expression);
    case "unary": {
      const value = resultOf(view, expression.of);
      return expression.op === "!" ? !value : -numeric(value);
    }
    case "binary":
      return binaryOf(view, expression.op, expression.left, expression.right);
    case "call": {
      const [a, b] = expression.args.map((arg) => Number(numeric(resultOf(view, arg))));
      return expression.name === "before" ? a! < b! : a! > b!;
    }
  }
}

function binaryOf(view: View, op: string, leftExpression: Expression, rightExpression: Expression): Raw {
  const whole = resultOf(view, leftExpression);
  if (op === "&&" && !whole) return false;
  if (op === "||" && whole) return true;
  const other = resultOf(view, rightExpression);
  if (op === "&&" || op === "||") return Boolean(other);
  const [left, right] = [bareOf(whole), bareOf(other)];
  if (op === "==") return same(left, right);
  if (op === "!=") return !same(left, right);
  if (left === null || right === null)
    return op === "<" || op === ">" || op === "<=" || op === ">=" ? false : null;
  return plain(op, left, right);
}

/** A sequence number counts by its place in the stream, as plain numbers beside it do. */
const bareOf = (value: Raw): Raw => (value instanceof SeqValue ? value.relative : value);

function same(a: Raw, b: Raw): boolean {
  if (a === null || b === null) return a === b;
  if (typeof a === "bigint" || typeof b === "bigint") return BigInt(numeric(a)) === BigInt(numeric(b));
  return typeof a === typeof b ? a === b : String(a) === String(b);
}

function plain(op: string, left: Raw, right: Raw): Raw {
  if (typeof left === "string" && op === "+") return left + show(right);
  const big = typeof left === "bigint" || typeof right === "bigint";
  const a = big ? BigInt(numeric(left)) : Number(numeric(left));
  const b = big ? BigInt(numeric(right)) : Number(numeric(right));
  switch (op) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
  return arithmetic(op, a, b);
}

function arithmetic(op: string, a: number | bigint, b: number | bigint): Raw {
  if ((op === "/" || op === "%") && Number(b) === 0) return null;
  if (typeof a === "bigint" && typeof b === "bigint") {
    return op === "+" ? a + b : op === "-" ? a - b : op === "*" ? a * b : op === "/" ? a / b : a % b;
  }
  const [x, y] = [Number(a), Number(b)];
  return op === "+" ? x + y : op === "-" ? x - y : op === "*" ? x * y : op === "/" ? x / y : x % y;
}

function numeric(value: Raw): number | bigint {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof SeqValue) return value.relative;
  throw new UserError(`"${show(value)}" is not a number`);
}

/** Paths that may follow what is typed: of the scopes, or of the node before the last dot. */
export function completions(view: View, typed: string): string[] {
  const word = /[\w.[\]]*$/.exec(typed)![0];
  const dot = word.lastIndexOf(".");
  const parent = dot < 0 ? null : placeOf(word.slice(0, dot));
  const children = dot < 0 ? scopesOf(view) : ((parent && nodeAt(view, parent))?.children() ?? []);
  return children.map(({ path }) => path).filter((path) => path.startsWith(word));
}
