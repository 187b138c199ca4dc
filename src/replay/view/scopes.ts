import type { Path } from "./path.ts";
import { type Found, find, noItem, type Place, parentOf, paths, placeOf, scopeNames } from "./paths.ts";
import { show, type ViewNode } from "./value.ts";
import type { View } from "./view.ts";

/** A row of the table of paths with the rows that are shown under it. */
interface Branch {
  row: Path;
  /** What it adds to its parent's path, as `.sn` or `[i]`. */
  suffix: string;
  named: Branch[];
  indexed: Branch | null;
}

const branches = branchesOf(paths);

/** The rows as a tree; every row stands behind the one it is shown under. */
function branchesOf(rows: readonly Path[]): ReadonlyMap<string, Branch> {
  const known = new Map<string, Branch>();
  for (const row of rows) {
    const parent = parentOf(row.path);
    const branch: Branch = { row, suffix: row.path.slice(parent.length), named: [], indexed: null };
    known.set(row.path, branch);
    if (branch.suffix === "[i]") known.get(parent)!.indexed = branch;
    else known.get(parent)?.named.push(branch);
  }
  return known;
}

/** All scopes of a view, in the order of the Variables view. */
export const scopesOf = (view: View): ViewNode[] => scopeNames.flatMap((name) => scopeAt(view, name) ?? []);

/** The scope whose paths begin with `name`; null if there is none, or it speaks of another connection's event. */
export function scopeAt(view: View, name: string): ViewNode | null {
  const branch = scopeNames.includes(name) ? branches.get(name)! : null;
  return branch && (branch.row.where?.(view, undefined) ?? true) ? nodeOf(view, branch, name, noItem) : null;
}

/** The node at a place; null where there is nothing. */
export function nodeAt(view: View, place: Place): ViewNode | null {
  const found = find(view, place);
  return found && nodeOf(view, branches.get(place.row.path)!, place.path, found);
}

/** A node by the path that it carries, also below one that `recordNode` gave; null where there is nothing. */
export function nodeByPath(view: View, path: string): ViewNode | null {
  const place = placeOf(path);
  if (place) return nodeAt(view, place);
  const row = /^record\(#(\d+)\)/.exec(path);
  if (!row || Number(row[1]) >= view.state.tail) return null;
  let node: ViewNode | undefined = recordNode(view, Number(row[1]));
  while (node && node.path !== path)
    node = node.children().find((child) => path === child.path || path.startsWith(`${child.path}.`));
  return node ?? null;
}

/** One row of the record log, also one that is not in the map, with everything known of it. Its path names the row: numbers may come again. */
export const recordNode = (view: View, row: number): ViewNode =>
  nodeOf(view, branches.get("records[i]")!, `record(#${row})`, { item: row, index: row });

function nodeOf(view: View, branch: Branch, path: string, found: Found): ViewNode {
  const { row, named, indexed } = branch;
  const { item, index } = found;
  const raw = row.of(view, item);
  return {
    name: row.name?.(view, item, index) ?? /\w+$/.exec(path)![0],
    value: row.word?.(view, raw, item) ?? show(raw, view.numbers),
    raw,
    path,
    children: () => named.flatMap((child) => nodesBelow(view, child, path, found)),
    indexed: indexed && indexedBelow(view, indexed, path),
    range: row.range?.(view, item) ?? null,
    event: row.event?.(view, item) ?? null,
  };
}

/** The named nodes of one row below a node: one, none where it is not there, or a family's members. */
function nodesBelow(view: View, branch: Branch, parent: string, found: Found): ViewNode[] {
  const { row, suffix } = branch;
  const { family } = row;
  const at = (written: string, item: unknown, index: number) =>
    nodeOf(view, branch, parent + suffix.replace(/N(AME)?$/, written), { item, index });
  if (!family)
    return (row.where?.(view, found.item) ?? true) ? [nodeOf(view, branch, parent + suffix, found)] : [];
  if ("names" in family) return family.names(view).map((name, i) => at(String(name), name, i));
  const { first = 0 } = family;
  return Array.from({ length: family.count(view) }, (_, i) => at(String(first + i), family.at(view, i), i));
}

function indexedBelow(view: View, branch: Branch, parent: string): ViewNode["indexed"] {
  const { family } = branch.row;
  if (!family || "names" in family) return null;
  const at = (i: number) => nodeOf(view, branch, `${parent}[${i}]`, { item: family.at(view, i), index: i });
  return { count: family.count(view), at };
}
