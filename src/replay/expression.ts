import { compiled } from "./expression-compile.ts";
import { setNames } from "./language/event-set.ts";
import { isTrue } from "./language/operations.ts";
import { aggregates, asked, type Expression, functions } from "./language/parse.ts";
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

/** What a set is asked for by, at the end of a text that is typed. */
const inSet = new RegExp(`\\b(?:${aggregates.join("|")})\\(\\s*([\\w-]*)$`);

/** The path, or the set of events, that is being typed at the end of a text. */
export function wordBefore(typed: string): string {
  const set = inSet.exec(typed);
  if (set) return set[1]!;
  let start = typed.length;
  while (start > 0 && /[\w.[\]]/.test(typed[start - 1]!)) start--;
  return typed.slice(start);
}

const functionNames = [...aggregates, ...Object.keys(functions), ...asked];

/**
 * What may follow what is typed: sets of events behind `count(` and the like; of the node before the last dot what is in
 * it; else the scopes, what can be said of the packet without its name, and functions.
 */
export function completions(view: View, typed: string): string[] {
  const word = wordBefore(typed);
  const starting = (words: readonly string[]) => words.filter((each) => each.startsWith(word));
  if (inSet.test(typed)) return starting(setNames);
  const dot = word.lastIndexOf(".");
  const parent = dot < 0 ? null : placeOf(word.slice(0, dot));
  const children = dot < 0 ? scopesOf(view) : ((parent && nodeAt(view, parent))?.children() ?? []);
  const inside = starting(children.map(({ path }) => path));
  if (dot >= 0 || word === "") return inside;
  const ofPacket = children.find(({ path }) => path === "packet")?.children() ?? [];
  return [
    ...inside,
    ...starting(ofPacket.map(({ path }) => path.slice("packet.".length))),
    ...starting(functionNames),
  ];
}
