import type { Position, Timeline } from "../replay/timeline.ts";
import { scopesOf } from "../replay/view/scopes.ts";
import { group, leaf, type ViewNode } from "../replay/view/value.ts";
import { viewAt } from "../replay/view/view.ts";

/** Scopes whose values are worth comparing: the packet and its descriptors are other ones at every event. */
const compared = new Set(["tcp", "records", "driver", "nic"]);

/** What changed of a connection between two positions, as `old → new`; in whichever direction one went. */
export function changesBetween(
  timeline: Timeline,
  from: Position | null,
  to: Position,
  connection: number,
): ViewNode {
  return group("changes", "Changes since the last stop", "", () => {
    if (!from) return [];
    const before = valuesAt(timeline, from, connection);
    const after = valuesAt(timeline, to, connection);
    const paths = [...new Set([...before.keys(), ...after.keys()])];
    return paths
      .filter((path) => before.get(path) !== after.get(path))
      .map((path) => {
        const value = `${before.get(path) ?? "none"} → ${after.get(path) ?? "none"}`;
        return { ...leaf("changes", path, value), path };
      });
  });
}

function valuesAt(timeline: Timeline, position: Position, connection: number): Map<string, string> {
  const values = new Map<string, string>();
  const collect = (node: ViewNode): void => {
    const children = node.children();
    // The record map is told by its summary and its named values; a group is told by what is inside it.
    if (children.length === 0 || node.indexed) values.set(node.path, node.value);
    for (const child of children) collect(child);
  };
  const scopes = scopesOf(viewAt(timeline, position, connection));
  for (const scope of scopes.filter(({ path }) => compared.has(path))) collect(scope);
  return values;
}
