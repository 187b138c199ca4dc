import { counted } from "../../trace/visible.ts";
import type { ComparedEvent } from "../findings.ts";
import { isFirstOfEvent } from "./facts.ts";
import type { Path } from "./path.ts";
import type { View } from "./view.ts";

/** What the profiles make of the view's event, asked for once: only who looks pays for the other profiles' replays. */
const known = new WeakMap<View, { event: number; each: readonly ComparedEvent[] }>();

function comparedIn(view: View): readonly ComparedEvent[] {
  const { event } = view.position;
  let found = known.get(view);
  if (found?.event !== event) {
    found = { event, each: view.findings.compared?.at(event) ?? [] };
    known.set(view, found);
  }
  return found.each;
}

const idsIn = ({ findings }: View): readonly string[] => findings.compared?.ids ?? [];

function textOf({ queue, replayed, fallback }: ComparedEvent): string {
  const words = [queue];
  if (replayed > 0) words.push(`${counted(replayed, "byte")} replayed`);
  if (fallback > 0) words.push(`${counted(fallback, "byte")} encrypted in software`);
  return words.join(", ");
}

const group: Path = {
  path: "driver.compared",
  says: "Where profiles are compared: which, the connection's own first.",
  reads: ["event"],
  name: () => "Compared",
  where: (view) => view.findings.compared !== null && isFirstOfEvent(view),
  of: (view) => idsIn(view).join(", "),
};

const each: readonly Path<ComparedEvent>[] = [
  {
    path: "driver.compared[i]",
    says: "What one of them makes of the event.",
    reads: ["event"],
    family: { count: (view) => idsIn(view).length, at: (view, i) => comparedIn(view)[i]! },
    name: (_view, { id }) => id,
    of: (_view, compared) => textOf(compared),
  },
  {
    path: "driver.compared[i].queue",
    says: "What is posted, in the family's words.",
    reads: ["event"],
    of: (_view, { queue }) => queue,
  },
  {
    path: "driver.compared[i].replayed",
    says: "The bytes replayed to the device.",
    reads: ["event"],
    of: (_view, { replayed }) => replayed,
  },
  {
    path: "driver.compared[i].fallback",
    says: "The bytes encrypted in software.",
    reads: ["event"],
    of: (_view, { fallback }) => fallback,
  },
  {
    path: "driver.compared[i].effects",
    says: "The effects that not every profile has here.",
    reads: ["event"],
    of: (_view, { effects }) => effects.join("; "),
  },
];

/** What each profile makes of the current event, its own profile first; nothing where none are compared. */
export const comparedPaths: readonly Path[] = [group, ...each];
