import { UserError } from "../../trace/platform.ts";
import { type Raw, SeqValue, show } from "../view/value.ts";
import { arithmetic, type Numeric, order } from "./numbers.ts";

/** Everything but false, 0, unknown and the empty string. */
export const isTrue = (value: Raw): boolean =>
  value instanceof SeqValue ? value.relative !== 0 : Boolean(value);

type Operation = (left: Raw, right: Raw) => Raw;

/** `== != < <= > >= + - * / %` of two values. They throw UserError where one is no number and should be. */
const operations: Readonly<Record<string, Operation>> = {
  "==": same,
  "!=": (a, b) => !same(a, b),
  "<": (a, b) => a !== null && b !== null && order(numeric(a), numeric(b)) < 0,
  "<=": (a, b) => a !== null && b !== null && order(numeric(a), numeric(b)) <= 0,
  ">": (a, b) => a !== null && b !== null && order(numeric(a), numeric(b)) > 0,
  ">=": (a, b) => a !== null && b !== null && order(numeric(a), numeric(b)) >= 0,
  "+": (a, b) => (typeof a === "string" && b !== null ? a + show(b) : computed("+", a, b)),
  "-": (a, b) => computed("-", a, b),
  "*": (a, b) => computed("*", a, b),
  "/": (a, b) => computed("/", a, b),
  "%": (a, b) => computed("%", a, b),
};

export const operation = (op: string): Operation => operations[op]!;

const computed = (op: string, a: Raw, b: Raw): Raw =>
  a === null || b === null ? null : arithmetic(op, numeric(a), numeric(b));

/** Equal as values are: numbers by what they count, unknown to nothing but unknown. */
export function same(a: Raw, b: Raw): boolean {
  if (typeof a === "number" && typeof b === "number") return a === b;
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
