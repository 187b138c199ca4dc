import type { Judged } from "../../replay/findings.ts";
import type { Position } from "../../replay/timeline.ts";
import { scopesOf } from "../../replay/view/scopes.ts";
import { group, leaf, type NumberStyle, type ViewNode } from "../../replay/view/value.ts";
import { judgedView } from "../../replay/view/view.ts";

/** Scopes whose values are worth comparing: the packet and its descriptors are other ones at every event. */
const compared = new Set(["tcp", "records", "driver", "nic"]);

/** The path that the changes stand under: no expression reads it. */
export const changesPath = "changes";

/** Whose values are compared, and how their numbers are written. */
interface Looked {
  judged: Judged;
  connection: number;
  numbers: NumberStyle;
}

/** What changed of a connection between two positions, as `old → new`; in whichever direction one went. */
export function changesBetween(looked: Looked, from: Position | null, to: Position): ViewNode {
  return group(changesPath, "Changes since the last stop", "", () => {
    if (!from) return [];
    const before = valuesAt(looked, from);
    const after = valuesAt(looked, to);
    const paths = [...new Set([...before.keys(), ...after.keys()])];
    return paths
      .filter((path) => before.get(path) !== after.get(path))
      .map((path) => {
        const value = `${before.get(path) ?? "none"} → ${after.get(path) ?? "none"}`;
        return { ...leaf(changesPath, path, value), path };
      });
  });
}

function valuesAt({ judged, connection, numbers }: Looked, position: Position): Map<string, string> {
  const values = new Map<string, string>();
  const collect = (node: ViewNode): void => {
    const children = node.children();
    // The record map is told by its summary and its named values; a group is told by what is inside it.
    if (children.length === 0 || node.indexed) values.set(node.path, node.value);
    for (const child of children) collect(child);
  };
  const scopes = scopesOf({ ...judgedView(judged, position, connection), numbers });
  for (const scope of scopes.filter(({ path }) => compared.has(path))) collect(scope);
  return values;
}
