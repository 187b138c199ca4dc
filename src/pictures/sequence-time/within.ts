import type { Marks } from "./lane.ts";
import { type LaneView, laneTable } from "./view.ts";

/** Of a lane's view the marks that lie in a part of it; a line also comes in from where it stood before. */
export function laneWithin(lane: LaneView, { from, to }: { from: number; to: number }): LaneView {
  const { time } = lane.marks;
  const inside = time.findIndex((each) => each >= from);
  const first = inside < 0 ? time.length : inside;
  const behind = time.findIndex((each) => each > to);
  const end = behind < 0 ? time.length : behind;
  const before = laneTable[lane.name].isLine ? Math.max(0, first - 1) : first;
  const cut = (column: number[]) => column.slice(before, end);
  const columns = Object.entries(lane.marks).map(([name, column]) => [name, cut(column)]);
  return {
    ...{ name: lane.name, marks: Object.fromEntries(columns) as Marks, places: cut(lane.places) },
    ...(lane.names && { names: lane.names.slice(before, end) }),
  };
}
