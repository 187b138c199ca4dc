import type { ViewNode } from "../../replay/view/value.ts";
import { type Raw, show } from "../../replay/view/value.ts";
import type { View } from "../../replay/view/view.ts";
import { printEvent } from "../../trace/language/print.ts";

/** Values copied at once, those inside others counted. */
const valuesMax = 20_000;

/** A value for the clipboard: the packet as its line of a trace, what has values inside it as JSON with all of them, else as it reads. */
export function clipboardText(view: View, node: ViewNode): string {
  if (node.path === "packet") return printEvent(view.timeline.trace, view.position.event);
  const isGroup = node.indexed !== null || node.children().length > 0;
  return isGroup ? JSON.stringify(plain(node, { left: valuesMax }), null, 2) : node.value;
}

type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain };

/** Named values under their names, indexed ones as a list `items`; what a group itself says as `value`. */
function plain(node: ViewNode, budget: { left: number }): Plain {
  budget.left--;
  const children = node.children();
  if (children.length === 0 && node.indexed === null) return rawOf(node);
  const fields: { [name: string]: Plain } = node.value === "" ? {} : { value: node.value };
  for (const child of children) if (budget.left > 0) fields[child.name] = plain(child, budget);
  const items: Plain[] = [];
  for (let i = 0; i < (node.indexed?.count ?? 0) && budget.left > 0; i++)
    items.push(plain(node.indexed!.at(i), budget));
  if (node.indexed) fields.items = items;
  if (budget.left <= 0) fields["…"] = `more than ${valuesMax} values`;
  return fields;
}

/** Numbers, flags and what is unknown as JSON has them; a worded value, a sequence number and what is too large for it as text. */
function rawOf({ raw, value }: ViewNode): Plain {
  const isPlain = raw === null || typeof raw === "boolean" || Number.isSafeInteger(raw);
  return isPlain && value === show(raw as Raw) ? (raw as number | boolean | null) : value;
}
