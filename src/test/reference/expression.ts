import { type Judged, signsAt } from "../../replay/findings.ts";
import type { Expression } from "../../replay/language/parse.ts";
import type { EffectRecord } from "../../replay/recording.ts";
import { rawAt } from "../../replay/view/paths.ts";
import { type Raw, SeqValue } from "../../replay/view/value.ts";
import { judgedView, type View } from "../../replay/view/view.ts";
import { signs } from "../../trace/signs.ts";

/** What cannot be computed. */
export class NoNumber extends Error {}

/** A number as a fraction of integers where it is exact; only operands that are whole are used here. */
const whole = (value: Raw): bigint => {
  if (value instanceof SeqValue) return BigInt(value.relative);
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  throw new NoNumber();
};

const truth = (value: Raw): boolean => {
  if (value === null || value === "" || value === false) return false;
  return typeof value === "string" || typeof value === "boolean" || whole(value) !== 0n;
};

const equal = (a: Raw, b: Raw): boolean => {
  if (a === null || b === null) return a === b;
  const isText = (value: Raw) => typeof value === "string";
  const isFlag = (value: Raw) => typeof value === "boolean";
  if (!isText(a) && !isText(b) && !isFlag(a) && !isFlag(b)) return whole(a) === whole(b);
  return typeof a === typeof b ? a === b : String(a) === String(b);
};

/** `*` and `?`, capitals or not, by trying every place: the plain meaning. */
function fits(name: string, pattern: string): boolean {
  if (pattern === "") return name === "";
  if (pattern[0] === "*")
    return Array.from({ length: name.length + 1 }, (_, i) => i).some((i) =>
      fits(name.slice(i), pattern.slice(1)),
    );
  return (
    name !== "" && (pattern[0] === "?" || pattern[0] === name[0]) && fits(name.slice(1), pattern.slice(1))
  );
}

/**
 * Expressions interpreted by their sentences in expressions.md, one node after the other, over recorded views: against
 * it the compiled ones are tested. Only for integers, strings and flags, and sums of them.
 */
export function interpret(
  judged: Judged,
  view: View,
  expression: Expression,
  sign: EffectRecord | null = null,
): Raw {
  const of = (inner: Expression): Raw => interpret(judged, view, inner, sign);
  switch (expression.kind) {
    case "constant":
      return expression.value;
    case "path":
      return rawAt(view, expression.place);
    case "argument": {
      const [, form] = signs[sign!.kind]!.args[expression.index]!;
      const value = expression.index === 0 ? sign!.a : sign!.b;
      if (form === "seq") return value - view.connection.startSeq;
      if (form !== "count") throw new NoNumber();
      return value;
    }
    case "change":
      return view.change![expression.side];
    case "unary": {
      const value = of(expression.of);
      if (expression.op === "!") return !truth(value);
      return value === null ? null : -whole(value);
    }
    case "binary": {
      const { op } = expression;
      const left = of(expression.left);
      if (op === "&&") return truth(left) && truth(of(expression.right));
      if (op === "||") return truth(left) || truth(of(expression.right));
      return operate(op, left, of(expression.right));
    }
    case "in": {
      const [value, from, to] = [of(expression.of), of(expression.from), of(expression.to)];
      if (value === null || from === null || to === null) return false;
      return whole(from) <= whole(value) && whole(value) < whole(to);
    }
    case "call": {
      const [a, b] = expression.args.map(of);
      if (expression.name === "before") return operate("<", a!, b!);
      if (expression.name === "after") return operate(">", a!, b!);
      throw new NoNumber();
    }
    case "elsewhere":
      return interpret(
        judged,
        judgedView(judged, view.position, Number(expression.connection) - 1),
        expression.of,
      );
    case "aggregate":
      return aggregated(judged, view, expression);
  }
}

function operate(op: string, left: Raw, right: Raw): Raw {
  if (op === "==") return equal(left, right);
  if (op === "!=") return !equal(left, right);
  if (op === "matches") return left !== null && fits(String(left).toLowerCase(), String(right).toLowerCase());
  const isOrder = op[0] === "<" || op[0] === ">";
  if (left === null || right === null) return isOrder ? false : null;
  const [a, b] = [whole(left), whole(right)];
  if (op === "<") return a < b;
  if (op === "<=") return a <= b;
  if (op === ">") return a > b;
  if (op === ">=") return a >= b;
  return op === "+" ? a + b : op === "-" ? a - b : a * b;
}

/** Goes through every event up to the view's, each time anew. */
function aggregated(
  judged: Judged,
  { position }: View,
  { name, over: { set, where, field } }: Extract<Expression, { kind: "aggregate" }>,
): Raw {
  const { timeline } = judged;
  const values: Raw[] = [];
  const until = position.stage < 0 ? position.event - 1 : position.event;
  for (let event = 0; event <= until; event++) {
    const { stages } = timeline.record(event);
    const places =
      set.of === "signs"
        ? stages.flatMap((_, stage) =>
            signsAt(judged, { event, stage }).flatMap((sign) =>
              sign.kind === set.kind ? [{ stage, sign }] : [],
            ),
          )
        : set.kinds.includes(timeline.trace.events.kind.at(event)) && stages.length > 0
          ? [{ stage: stages.length - 1, sign: null }]
          : [];
    for (const { stage, sign } of places) {
      const view = judgedView(judged, { event, stage });
      if (where && !truth(interpret(judged, view, where, sign))) continue;
      values.push(field ? interpret(judged, view, field, sign) : event + 1);
    }
  }
  if (name === "count") return values.length;
  const told = values.filter((value) => value !== null);
  if (name === "sum") return told.reduce<bigint>((sum, value) => sum + whole(value), 0n);
  if (told.length === 0) return null;
  if (name === "first") return told[0]!;
  if (name === "last") return told.at(-1)!;
  const ordered = told.map(whole).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return name === "min" ? ordered[0]! : ordered.at(-1)!;
}

export const isTruth = truth;
export const isSame = equal;
