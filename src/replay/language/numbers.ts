/**
 * A number of the expression language, and there is one kind: an integer of any size, which is exact, or a fraction,
 * which is a double. Which of JavaScript's types holds an integer makes no difference to any result.
 */
export type Numeric = number | bigint;

/** `+ - * / %` of two numbers; null, which is unknown, where there is no result: divided by 0, or beyond any double. */
export function arithmetic(op: string, a: Numeric, b: Numeric): Numeric | null {
  if ((op === "/" || op === "%") && Number(b) === 0) return null;
  if (!isInteger(a) || !isInteger(b)) return finite(ofDoubles(op, Number(a), Number(b)));
  const quick = typeof a === "number" && typeof b === "number" ? ofDoubles(op, a, b) : Number.NaN;
  return Number.isSafeInteger(quick) ? quick : ofIntegers(op, BigInt(a), BigInt(b));
}

const isInteger = (n: Numeric): boolean => typeof n === "bigint" || Number.isSafeInteger(n);

const finite = (n: number): number | null => (Number.isFinite(n) ? n : null);

function ofDoubles(op: string, a: number, b: number): number {
  return op === "+" ? a + b : op === "-" ? a - b : op === "*" ? a * b : op === "/" ? a / b : a % b;
}

/** A quotient that is no integer is a fraction. */
function ofIntegers(op: string, a: bigint, b: bigint): Numeric | null {
  if (op === "/") return a % b === 0n ? a / b : finite(Number(a) / Number(b));
  return op === "+" ? a + b : op === "-" ? a - b : op === "*" ? a * b : a % b;
}

/** Negative, 0 or positive, as a is smaller than b, equal or greater: exact for any two numbers. */
export const order = (a: Numeric, b: Numeric): number => (a < b ? -1 : a > b ? 1 : 0);
