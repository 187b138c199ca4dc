import { type Expression, noPath } from "./expression-parse.ts";
import { arithmetic, order } from "./numbers.ts";
import { isTrue, numeric, operated } from "./operations.ts";
import type { Source } from "./view/path.ts";
import { rawAt, readsOf } from "./view/paths.ts";
import type { Raw } from "./view/value.ts";
import type { View } from "./view/view.ts";

/** Gives a value where a view stands. Throws UserError where an operator is given what it cannot take. */
export type Evaluator = (view: View) => Raw;

/** An expression made ready: a function of a view, and what its value changes with. */
export interface Compiled {
  readonly of: Evaluator;
  readonly reads: ReadonlySet<Source>;
  /** True if the trace's own columns tell its value: no state has to be made for it. */
  readonly ofColumns: boolean;
}

const known = new WeakMap<Expression, Compiled>();

/** Made once an expression, however many ask. */
export function compiled(expression: Expression): Compiled {
  let made = known.get(expression);
  if (!made) {
    const reads = new Set<Source>();
    const of = evaluatorOf(expression, reads);
    made = { of, reads, ofColumns: [...reads].every((source) => source === "event") };
    known.set(expression, made);
  }
  return made;
}

function evaluatorOf(expression: Expression, reads: Set<Source>): Evaluator {
  switch (expression.kind) {
    case "constant": {
      const { value } = expression;
      return () => value;
    }
    case "path":
      return pathOf(expression, reads);
    case "unary": {
      const of = evaluatorOf(expression.of, reads);
      return expression.op === "!" ? (view) => !isTrue(of(view)) : (view) => negative(of(view));
    }
    case "binary":
      return chainOf(expression, reads);
    case "call": {
      const [a, b] = expression.args.map((arg) => evaluatorOf(arg, reads)) as [Evaluator, Evaluator];
      return expression.name === "before"
        ? (view) => isBefore(a(view), b(view))
        : (view) => isBefore(b(view), a(view));
    }
  }
}

const negative = (value: Raw): Raw => (value === null ? null : arithmetic("-", 0, numeric(value)));

const isBefore = (a: Raw, b: Raw): boolean => a !== null && b !== null && order(numeric(a), numeric(b)) < 0;

/** What only some events and states have is unknown elsewhere; a path that leads nowhere is a slip of the pen. */
function pathOf({ path, place }: Extract<Expression, { kind: "path" }>, reads: Set<Source>): Evaluator {
  for (const source of readsOf(place)) reads.add(source);
  const isNamed = typeof place.member?.key === "string";
  return (view) => {
    const value = rawAt(view, place);
    if (value === null && isNamed) throw noPath(path);
    return value;
  };
}

/** Operators of one rank lean to the left, thousands of them if somebody writes so: a loop, where a call each overflows. */
function chainOf(expression: Expression, reads: Set<Source>): Evaluator {
  const links: { op: string; right: Evaluator }[] = [];
  let first = expression;
  const chain: Extract<Expression, { kind: "binary" }>[] = [];
  for (; first.kind === "binary"; first = first.left) chain.push(first);
  const start = evaluatorOf(first, reads);
  for (const { op, right } of chain.reverse()) links.push({ op, right: evaluatorOf(right, reads) });
  if (links.length === 1) return linkOf(start, links[0]!.op, links[0]!.right);
  return (view) => {
    let value = start(view);
    for (const { op, right } of links) {
      if (op === "&&") value = isTrue(value) && isTrue(right(view));
      else if (op === "||") value = isTrue(value) || isTrue(right(view));
      else value = operated(op, value, right(view));
    }
    return value;
  };
}

function linkOf(left: Evaluator, op: string, right: Evaluator): Evaluator {
  if (op === "&&") return (view) => isTrue(left(view)) && isTrue(right(view));
  if (op === "||") return (view) => isTrue(left(view)) || isTrue(right(view));
  return (view) => operated(op, left(view), right(view));
}
