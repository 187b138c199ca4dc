import type { Rare, RareAsked } from "../rare.ts";
import type { RecordMapView } from "./view.ts";

/** The byte that a walk begins at. */
export const startOf = ({ step, from, area }: RareAsked): number =>
  from ? from.at : step > 0 ? area.from - 1 : area.to;

/**
 * Where keys go next: through records and what is not of one, in the order of their first bytes; what begins together is one
 * place. Null if there is none.
 */
export function nextPlace(
  { records, ranges, packet, cursors }: Pick<RecordMapView, "records" | "ranges" | "packet" | "cursors">,
  asked: RareAsked,
): Rare | null {
  const { step, hidden } = asked;
  const places = [
    ...cursors.map(({ role, at, says }) => ({ role, from: at, to: at + 1, says, event: null })),
    ...ranges.map((range) => ({ ...range, event: null })),
    ...(packet ? [packet] : []),
    ...records.map((record) => ({ ...record, role: "map-payload" })),
  ].filter(({ role }) => !hidden.has(role));
  if (places.length === 0) return null;
  const start = startOf(asked);
  const bytes = places.map(({ from }) => from);
  const next = bytes.filter((byte) => (step > 0 ? byte > start : byte < start));
  const byte = (step > 0 ? Math.min : Math.max)(...(next.length > 0 ? next : bytes));
  const own = places.filter(({ from }) => from === byte);
  const to = Math.max(...own.map((each) => each.to));
  return {
    ...{ role: "map", at: byte, place: { from: byte, to, low: 0, high: 1 } },
    says: own.map(({ says }) => says).join("; "),
    event: own.find(({ event }) => event !== null)?.event ?? null,
    ...{ bytes: { from: byte, to }, number: null },
  };
}
