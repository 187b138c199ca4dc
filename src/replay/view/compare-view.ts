import type { ComparedEvent } from "../findings.ts";
import { group, leaf, type ViewNode } from "./value.ts";
import type { View } from "./view.ts";

/** What each profile makes of the current event, its own profile first; nothing where none are compared. */
export function comparedNodes({ findings, position, index, recording }: View): ViewNode[] {
  const { compared } = findings;
  if (!compared || index !== recording.connection) return [];
  const path = "driver.compared";
  const node = group(path, "Compared", compared.ids.join(", "), () => []);
  // Only who opens it pays for the other profiles' replays.
  let each: ComparedEvent[] | null = null;
  const at = (i: number): ViewNode => {
    each ??= compared.at(position.event);
    return comparedNode(`${path}[${i}]`, each[i]!);
  };
  node.indexed = { count: compared.ids.length, at };
  return [node];
}

function comparedNode(path: string, { id, effects, queue, replayed, fallback }: ComparedEvent): ViewNode {
  const words = [queue];
  if (replayed > 0) words.push(`${replayed} bytes replayed`);
  if (fallback > 0) words.push(`${fallback} bytes encrypted in software`);
  return group(path, id, words.join(", "), () => [
    leaf(path, "queue", queue),
    leaf(path, "replayed", replayed),
    leaf(path, "fallback", fallback),
    leaf(path, "effects", effects.join("; ")),
  ]);
}
