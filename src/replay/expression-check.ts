import { UserError } from "../trace/platform.ts";
import { connectionIn } from "./expression-compile.ts";
import { type Expression, noPath } from "./language/parse.ts";
import { didYouMean } from "./language/spelling.ts";
import type { Timeline } from "./timeline.ts";
import { type Place, parentOf } from "./view/paths.ts";
import { viewAt } from "./view/view.ts";

/**
 * Throws UserError if an expression names what this trace has nowhere: a counter that none of its devices has, a
 * connection. What no trace has is refused by the parser.
 */
export function checkNames(expression: Expression, timeline: Timeline): void {
  for (const each of within(expression)) {
    if (each.kind === "elsewhere") connectionIn(timeline.trace, each.connection);
    if (each.kind === "path") checkPlace(each.place, timeline);
  }
}

function checkPlace({ path, row, member }: Place, timeline: Timeline): void {
  if (!member || !("names" in member.family) || timeline.eventCount === 0) return;
  const { family, key } = member;
  const known = new Set(
    timeline.trace.connections.flatMap((_, connection) =>
      family.names(viewAt(timeline, { event: 0, stage: -1 }, connection)),
    ),
  );
  if (known.has(key)) return;
  const parent = parentOf(row.path);
  const meant = didYouMean(
    path,
    [...known].map((name) => `${parent}.${name}`),
  );
  throw new UserError(meant === "" ? noPath(path) : `no value "${path}"${meant}`);
}

/** An expression and all that it is made of. */
function* within(expression: Expression): Generator<Expression> {
  yield expression;
  for (const part of partsOf(expression)) yield* within(part);
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "unary":
    case "elsewhere":
      return [expression.of];
    case "binary":
      return [expression.left, expression.right];
    case "in":
      return [expression.of, expression.from, expression.to];
    case "call":
      return expression.args;
    case "aggregate":
      return [expression.over.where, expression.over.field].flatMap((part) => part ?? []);
    default:
      return [];
  }
}
