/** What no value should be, and what some may be. */
const strange: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e300, -0, 2 ** 31, 2 ** 53, Number.MAX_VALUE],
  ...["", " ", "0", "constructor", "__proto__", "\u0000", "\u202e", "\ud800"],
  ...["1".repeat(5000), "(".repeat(5000), "*".repeat(200)],
  ...["1/2 == 18446744073709551615", "'a' * 2", "{", "hit", "hit >="],
  ...["c9:wire@0", "c0:wire@99999999999999999999"],
  ...[[], {}, [[]], [null], [{}], { length: 3 }, { toString: 1 }],
  Array(300).fill({ line: 1, name: "skb", filterId: "resync" }),
];

type Random = () => number;
type Fields = Record<string, unknown>;
const oneOf = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)]!;
const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** A place in it, at any depth, by its parent; null where it has none. */
function place(root: unknown, random: Random): { parent: Fields; key: string } | null {
  let found: { parent: Fields; key: string } | null = null;
  for (let at = root; isObject(at); ) {
    const keys = Object.keys(at);
    if (keys.length === 0) break;
    found = { parent: at, key: oneOf(keys, random) };
    at = random() < 0.3 ? null : at[found.key];
  }
  return found;
}

/** The value with one to three of those in it replaced, left out or put elsewhere, by strange ones or ones of another. */
function damaged(value: unknown, other: unknown, random: Random): unknown {
  if (random() < 0.02) return oneOf(strange, random);
  const copy = structuredClone(value);
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
    const at = place(copy, random);
    if (at === null) return oneOf(strange, random);
    const from = place(other, random);
    const given = from !== null && random() < 0.4 ? from.parent[from.key] : oneOf(strange, random);
    const kind = random();
    if (kind < 0.1) delete at.parent[at.key];
    else if (kind < 0.2 && from !== null && !Array.isArray(at.parent))
      at.parent[from.key] = structuredClone(from.parent[from.key]);
    else at.parent[at.key] = structuredClone(given);
  }
  return copy;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

/** JSON with values of other kinds in it, or of another JSON; null where it is none any more. */
export function damagedJson(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array | null {
  const value = parsed(textOf(input));
  if (value === undefined) return null;
  return bytesOf(JSON.stringify(damaged(value, parsed(textOf(other)), random), null, 1) ?? "");
}

/** The same of lines that are a JSON each: one of them damaged, one of the other put in, or one left out. */
export function damagedLines(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const [lines, others] = [textOf(input).split("\n"), textOf(other).split("\n")];
  const at = Math.floor(random() * lines.length);
  const from = oneOf(others, random);
  const kind = random();
  if (kind < 0.15) lines.splice(at, 0, from);
  else if (kind < 0.2) lines.splice(at, 1);
  else {
    const value = parsed(lines[at]!);
    if (value !== undefined) lines[at] = JSON.stringify(damaged(value, parsed(from), random)) ?? "";
  }
  return bytesOf(lines.slice(-8).join("\n"));
}
