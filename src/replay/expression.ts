import { compiled } from "./expression-compile.ts";
import { isTrue } from "./language/operations.ts";
import type { Expression } from "./language/parse.ts";
import { placeOf } from "./view/paths.ts";
import { nodeAt, scopesOf } from "./view/scopes.ts";
import type { Raw, ViewNode } from "./view/value.ts";
import type { View } from "./view/view.ts";

/** The value of an expression where the view stands; a bare path gives its node, so that it can be opened. */
export function evaluate(view: View, expression: Expression): Raw | ViewNode {
  if (expression.kind !== "path") return compiled(expression).of(view);
  return nodeAt(view, expression.place) ?? compiled(expression).of(view);
}

/** True if the condition holds: everything but false, 0, unknown and the empty string. */
export const holds = (view: View, condition: Expression): boolean => isTrue(compiled(condition).of(view));

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
