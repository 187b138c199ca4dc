/** What imports what: each file with the files that it imports. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** Circles of imports, each as the files that it leads through. */
export function circlesIn(imports: Imports): string[][] {
  const done = new Set<string>();
  const found: string[][] = [];
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) found.push(way.slice(at));
    if (at >= 0 || done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}

/**
 * The floor of each file, 0 at the bottom: how often the longest way down through its imports leads into another room.
 * What closes a circle leads nowhere.
 */
export function floorsOf(imports: Imports, roomOf: (file: string) => string): Map<string, number> {
  const floors = new Map<string, number>();
  const floorOf = (file: string): number => {
    const known = floors.get(file);
    if (known !== undefined) return known;
    floors.set(file, -1);
    const below = (imports.get(file) ?? []).map(
      (next) => floorOf(next) + (roomOf(next) === roomOf(file) ? 0 : 1),
    );
    const floor = Math.max(0, ...below);
    floors.set(file, floor);
    return floor;
  };
  for (const file of imports.keys()) floorOf(file);
  return floors;
}
