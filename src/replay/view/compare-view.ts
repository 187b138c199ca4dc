import type { ComparedEvent } from "../recording.ts";
import { group, leaf, type ViewNode } from "./value.ts";
import type { View } from "./view.ts";

/** What each profile makes of the current event, its own profile first; nothing where none are compared. */
export function comparedNodes({ timeline, position, index, recording }: View): ViewNode[] {
  if (!timeline.compared || index !== recording.connection) return [];
  const { compared } = timeline;
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
