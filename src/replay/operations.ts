import { UserError } from "../trace/platform.ts";
import { arithmetic, type Numeric, order } from "./numbers.ts";
import { type Raw, SeqValue, show } from "./view/value.ts";

/** Everything but false, 0, unknown and the empty string. */
export const isTrue = (value: Raw): boolean =>
  value instanceof SeqValue ? value.relative !== 0 : Boolean(value);

/** What order between two values satisfies an operator; the others compute. */
const comparisons: ReadonlyMap<string, (order: number) => boolean> = new Map([
  ["<", (order) => order < 0],
  ["<=", (order) => order <= 0],
  [">", (order) => order > 0],
  [">=", (order) => order >= 0],
]);

/** `== != < <= > >= + - * / %` of two values. Throws UserError where one is no number and should be. */
export function operated(op: string, left: Raw, right: Raw): Raw {
  if (op === "==") return same(left, right);
  if (op === "!=") return !same(left, right);
  const compares = comparisons.get(op);
  if (left === null || right === null) return compares ? false : null;
  if (typeof left === "string" && op === "+") return left + show(right);
  const [a, b] = [numeric(left), numeric(right)];
  return compares ? compares(order(a, b)) : arithmetic(op, a, b);
}

/** Equal as values are: numbers by what they count, unknown to nothing but unknown. */
export function same(a: Raw, b: Raw): boolean {
  if (a === null || b === null) return a === b;
  if (isNumber(a) && isNumber(b)) return order(numeric(a), numeric(b)) === 0;
  return typeof a === typeof b ? a === b : String(a) === String(b);
}

const isNumber = (value: Raw): boolean =>
  typeof value === "number" || typeof value === "bigint" || value instanceof SeqValue;

/** A sequence number counts by its place in the stream, as plain numbers beside it do. */
export function numeric(value: Raw): Numeric {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof SeqValue) return value.relative;
  throw new UserError(`"${show(value)}" is not a number`);
}
