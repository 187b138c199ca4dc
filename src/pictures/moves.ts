import type { Area, Moves } from "./kind.ts";

/** A part of a picture that is looked at, and all that there is. */
export interface Look {
  area: Area;
  whole: Area;
  moves: Moves;
}

/** Which axes are zoomed, where not all that the kind has. */
export type Only = "x" | "y" | undefined;

/** The part a factor larger, around a place of it: its shares of both axes, from `from` and from `low` on. */
export function zoomed(look: Look, factor: number, [x, y]: readonly [number, number], only?: Only): Area {
  const { area, moves } = look;
  if (moves === "list") return area;
  const [from, to] = only === "y" ? [area.from, area.to] : around([area.from, area.to], x, factor);
  const [low, high] =
    only === "x" || moves === "line" ? [area.low, area.high] : around([area.low, area.high], y, factor);
  return within(look, { from, to, low, high });
}

/** The part moved by shares of itself. */
export function shifted(look: Look, x: number, y: number): Area {
  const { area, moves } = look;
  const along = moves === "list" ? 0 : (area.to - area.from) * x;
  const rise = (area.high - area.low) * y;
  const across = moves === "line" ? 0 : moves === "list" ? Math.round(rise) : rise;
  const { from, to, low, high } = area;
  return within(look, { from: from + along, to: to + along, low: low + across, high: high + across });
}

/** The part moved so that a place is in its middle, unless it shows it already. */
export function showing(look: Look, place: Area): Area {
  const { area, moves } = look;
  const isIn = ([from, to]: readonly number[], [first, last]: readonly number[]) =>
    from! <= first! && last! <= to!;
  const isAlong = moves === "list" || isIn([area.from, area.to], [place.from, place.to]);
  const isAcross = moves === "line" || isIn([area.low, area.high], [place.low, place.high]);
  const share = (from: number, to: number, first: number, last: number) =>
    ((first + last) / 2 - (from + to) / 2) / (to - from || 1);
  return shifted(
    look,
    isAlong ? 0 : share(area.from, area.to, place.from, place.to),
    isAcross ? 0 : share(area.low, area.high, place.low, place.high),
  );
}

const around = ([from, to]: readonly [number, number], share: number, factor: number): [number, number] => {
  const middle = from + (to - from) * share;
  return [middle - (middle - from) * factor, middle + (to - middle) * factor];
};

/** An area that shows something of what there is, and no less than one of each axis. */
function within({ whole }: Look, area: Area): Area {
  const [from, to] = kept([area.from, area.to], [whole.from, whole.to]);
  const [low, high] = kept([area.low, area.high], [whole.low, whole.high]);
  return { from, to, low, high };
}

/** A range that is no larger than what there is and lies within it, and no smaller than one. */
function kept(
  [from, to]: readonly [number, number],
  [first, last]: readonly [number, number],
): [number, number] {
  const size = Math.max(1, Math.min(to - from, Math.max(1, last - first)));
  const middle = (from + to) / 2;
  const begin = Math.max(first, Math.min(middle - size / 2, Math.max(first, last - size)));
  return [begin, begin + size];
}
