import { descriptorPaths } from "./descriptor-scope.ts";
import { driverPaths, nicPaths } from "./device-scopes.ts";
import { memoryPaths } from "./memory.ts";
import { packetPaths } from "./packet-scope.ts";
import { type Family, inlinePaths, type Path, type Source } from "./path.ts";
import { recordPaths } from "./record-scope.ts";
import { keyPaths, tcpPaths } from "./socket-scopes.ts";
import type { Raw } from "./value.ts";
import type { View } from "./view.ts";

/** Every path of the view, in the order of the Variables view. */
export const paths: readonly Path[] = [
  ...driverPaths,
  ...nicPaths,
  ...packetPaths,
  ...tcpPaths,
  ...recordPaths,
  ...descriptorPaths,
  ...memoryPaths,
  ...keyPaths,
];

/** What is looked at first at every stop: the packet, what both sides expect, where it begins, what was posted and found. */
export const nowPaths: readonly string[] = [
  "packet.wrong",
  "packet.event",
  "packet.seq",
  ...inlinePaths,
  "packet.recordSn",
  "packet.recordOffset",
  "packet.part",
  "packet.fate",
  "descriptors",
];

/** The path that one is shown under; empty for a scope. */
export const parentOf = (path: string): string => path.replace(/(^|\.)\w+$|\[i\]$/, "");

/** Names of the scopes: what paths begin with. */
export const scopeNames: readonly string[] = paths.flatMap(({ path }) => (parentOf(path) === "" ? path : []));

/** A path as somebody wrote it, and the row that it leads to: found once, read in any view. */
export interface Place {
  readonly path: string;
  readonly row: Path;
  /** The family that it leads through, and the name or place in it, `last`, or the number (a bigint) that an item carries. */
  readonly member: { family: Family<unknown>; key: string | number | bigint } | null;
  /** Rows that it stands below and that are not always there. */
  readonly above: readonly Path[];
}

/** What stands in a view at a place: an item of its family; without a family nothing in particular. */
export interface Found {
  item: unknown;
  index: number;
}

export const noItem: Found = { item: undefined, index: 0 };

const byPath = new Map(paths.map((row) => [row.path, row]));

/** What is written for a row's path, its member's name or number caught: `[3]`, `.first`, `.last`, and of records `record(17)`. */
function patternOf({ path, family }: Path): RegExp {
  const literal = path.replaceAll(".", "\\.").replace("[i]", "(?:\\[(\\d+)\\]|\\.(first|last))");
  const ending = family === undefined ? literal : literal.replace(/NAME$/, "(\\w+)").replace(/N$/, "(\\d+)");
  const numbered = path.startsWith("records[i]")
    ? `|record\\((\\d+)\\)${path.slice("records[i]".length).replaceAll(".", "\\.")}`
    : "";
  return new RegExp(`^(?:${ending}${numbered})$`);
}

const patterns = paths.map((row) => ({ row, pattern: patternOf(row) }));

/** Where a path leads; null if there is none such in any view. */
export function placeOf(path: string): Place | null {
  for (const { row, pattern } of patterns) {
    const match = pattern.exec(path);
    if (match) return place(path, row, match);
  }
  return null;
}

function place(path: string, row: Path, [, index, end, number]: RegExpExecArray): Place {
  const above: Path[] = [];
  let { family } = row;
  for (let parent = byPath.get(parentOf(row.path)); parent; parent = byPath.get(parentOf(parent.path))) {
    family ??= parent.family;
    if (parent.where) above.push(parent);
  }
  const written = index ?? end ?? number;
  if (!family || written === undefined) return { path, row, member: null, above };
  const ofNumber = "names" in family || end === "last" ? written : end === "first" ? 0 : Number(index);
  return { path, row, member: { family, key: number === undefined ? ofNumber : BigInt(number) }, above };
}

/** What a view has at a place; null where there is nothing. */
export function find(view: View, { row, member, above }: Place): Found | null {
  if (!above.every((each) => each.where!(view, undefined))) return null;
  const found = member ? memberIn(view, member.family, member.key) : noItem;
  return found && (row.where?.(view, found.item) ?? true) ? found : null;
}

function memberIn(view: View, family: Family<unknown>, key: string | number | bigint): Found | null {
  if ("names" in family) {
    const index = family.names(view).indexOf(key as string);
    return index < 0 ? null : { item: key, index };
  }
  if (typeof key === "bigint") return family.numbered?.(view, key) ?? null;
  const count = family.count(view);
  const index = key === "last" ? count - 1 : Number(key) - (family.first ?? 0);
  return index >= 0 && index < count ? { item: family.at(view, index), index } : null;
}

/** The value at a place; null, which is unknown, where there is nothing. */
export function rawAt(view: View, at: Place): Raw {
  const found = find(view, at);
  return found && at.row.of(view, found.item);
}

/** The same as a function, made once for a place that is read often. */
export function readerOf(at: Place): (view: View) => Raw {
  const { row, member, above } = at;
  if (member) return (view) => rawAt(view, at);
  const wheres = [...above, row].flatMap(({ where }) => where ?? []);
  return (view) => {
    for (let i = 0; i < wheres.length; i++) if (!wheres[i]!(view, undefined)) return null;
    return row.of(view, undefined);
  };
}

/** All that the value at a place, and whether it is there at all, changes with; nothing = it is the same everywhere. */
export const readsOf = ({ row, above }: Place): ReadonlySet<Source> =>
  new Set([row, ...above].flatMap(({ reads }) => reads));

/** The table as rows of Markdown: each path and what it tells. */
export function pathsTable(): string {
  const rows = paths.map(({ path, says }) => `| \`${path}\` | ${says} |`);
  return ["| path | what it tells |", "|---|---|", ...rows, ""].join("\n");
}
