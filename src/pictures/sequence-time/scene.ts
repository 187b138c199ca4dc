import { secondsText } from "../../replay/view/value.ts";
import type { Frame, Kind, Spot } from "../kind.ts";
import {
  type Box,
  byteLabel,
  type Scale,
  type Scene,
  type Shape,
  scaleOf,
  tickStep,
  ticksOf,
  timeLabel,
} from "../scene.ts";
import type { Marks } from "./lane.ts";
import { rowsOf } from "./rows.ts";
import { type LaneName, type LaneView, laneNames, laneTable, rails, type SequenceTimeView } from "./view.ts";

const margin = { left: 92, right: 10, top: 6, bottom: 26 };
const railHeight = 6;
/** Nothing is thinner than this, what is rare not than that. */
const thin = 1.5;
const visible = 4;
/** Pixels between two ticks, at least. */
const tickGap = { x: 110, y: 36 };
const bandTextHeight = 14;

/** Where the plane of time and sequence space lies in the picture. */
const plotOf = ({ width, height }: Pick<Frame, "width" | "height">): Box => ({
  x: margin.left,
  y: margin.top + rails.length * railHeight + 4,
  width: Math.max(1, width - margin.left - margin.right),
  height: Math.max(1, height - margin.top - margin.bottom - rails.length * railHeight - 4),
});

interface Plane {
  plot: Box;
  x: Scale;
  y: Scale;
}

function planeOf(frame: Pick<Frame, "width" | "height" | "area">): Plane {
  const { area } = frame;
  const plot = plotOf(frame);
  return {
    plot,
    x: scaleOf([area.from, area.to], [plot.x, plot.x + plot.width]),
    y: scaleOf([area.low, area.high], [plot.y + plot.height, plot.y]),
  };
}

/** The sequence–time picture as shapes, from the back to the front. */
function sequenceTimeScene(view: SequenceTimeView, frame: Frame): Scene {
  const plane = planeOf(frame);
  const lanes = view.lanes.filter(({ name }) => !frame.hidden.has(name));
  const shapes = [
    ...bands(view, plane),
    ...axes(frame, plane),
    ...lanes.flatMap(({ name, marks }) => laneShapes(name, marks, plane)),
    ...lanes.flatMap(({ name, marks }) => railShapes(name, marks, plane)),
    ...nowShapes(view, frame, plane),
  ];
  return { width: frame.width, height: frame.height, shapes };
}

/** Records as bands, every other one shaded, with their names where there is room. */
function bands({ records }: SequenceTimeView, { plot, y }: Plane): Shape[] {
  const shapes: Shape[] = [];
  const at: number[] = [];
  for (const [i, { name, from, to }] of records.entries()) {
    const top = Math.max(plot.y, y(to));
    const bottom = Math.min(plot.y + plot.height, y(from));
    if (bottom <= top) continue;
    if (i % 2 === 0) at.push(plot.x, top, plot.width, bottom - top);
    const isRoom = bottom - top >= bandTextHeight;
    if (isRoom)
      shapes.push({
        ...{ kind: "text", role: "band-text", text: name, anchor: "end" },
        ...{ x: plot.x + plot.width - 4, y: (top + bottom) / 2 + 4 },
      });
  }
  return [{ kind: "bars", role: "band", at }, ...shapes];
}

function axes({ area }: Frame, { plot, x, y }: Plane): Shape[] {
  const { left } = { left: plot.x - 6 };
  const bottom = plot.y + plot.height;
  const along = [area.from, area.to, plot.width / tickGap.x, 1] as const;
  const times = ticksOf(...along);
  const places = ticksOf(area.low, area.high, plot.height / tickGap.y, 1);
  const step = tickStep(...along);
  const grid = [
    ...times.map((time) => [x(time), plot.y, 1, plot.height]),
    ...places.map((place) => [plot.x, y(place), plot.width, 1]),
  ].flat();
  return [
    { kind: "bars", role: "grid", at: grid },
    ...times.map(
      (time): Shape => ({
        ...{ kind: "text", role: "axis", text: timeLabel(time, step), anchor: "middle" },
        ...{ x: x(time), y: bottom + 16 },
      }),
    ),
    ...places.map(
      (place): Shape => ({
        ...{ kind: "text", role: "axis", text: byteLabel(place), anchor: "end" },
        ...{ x: left, y: y(place) + 4 },
      }),
    ),
  ];
}

/** While a part is moved what is known of the one before is drawn, which may lie beside the plot. */
const isAcross = ({ x, width }: Box, at: number): boolean => at >= x - visible && at <= x + width + visible;

const isRare = (name: LaneName): boolean => rails.includes(name);

function laneShapes(name: LaneName, marks: Marks, plane: Plane): Shape[] {
  return laneTable[name].isLine ? [stepsOf(name, marks, plane)] : [barsOf(name, marks, plane)];
}

function barsOf(name: LaneName, { time, low, high }: Marks, { plot, x, y }: Plane): Shape {
  const least = isRare(name) ? visible : thin;
  const at: number[] = [];
  for (let i = 0; i < time.length; i++) {
    const top = Math.max(plot.y, y(high[i]!));
    const bottom = Math.min(plot.y + plot.height, y(low[i]!));
    if (bottom < plot.y || top > plot.y + plot.height || !isAcross(plot, x(time[i]!))) continue;
    const height = Math.max(least, bottom - top);
    at.push(x(time[i]!) - least / 2, top - (height - Math.max(0, bottom - top)) / 2, least, height);
  }
  return { kind: "bars", role: name, at };
}

/** A value that stays until the next mark. */
function stepsOf(name: LaneName, { time, low, high }: Marks, { plot, x, y }: Plane): Shape {
  const at: number[] = [];
  const inside = (value: number) => Math.max(plot.y, Math.min(plot.y + plot.height, value));
  let last = Number.NaN;
  for (let i = 0; i < time.length; i++) {
    const left = Math.max(plot.x, x(time[i]!));
    if (!Number.isNaN(last)) at.push(left, last);
    if (low[i] !== high[i]) at.push(left, inside(y(low[i]!)));
    last = inside(y(high[i]!));
    at.push(left, last);
  }
  if (!Number.isNaN(last)) at.push(plot.x + plot.width, last);
  return { kind: "line", role: name, at };
}

function railShapes(name: LaneName, { time }: Marks, { plot, x }: Plane): Shape[] {
  const rail = rails.indexOf(name);
  if (rail < 0) return [];
  const top = margin.top + rail * railHeight;
  const at = time.flatMap((each) =>
    isAcross(plot, x(each)) ? [x(each) - thin, top, 2 * thin, railHeight - 1] : [],
  );
  return [{ kind: "bars", role: name, at }];
}

function nowShapes({ now }: SequenceTimeView, { area }: Frame, { plot, x }: Plane): Shape[] {
  if (now === null || now < area.from || now > area.to) return [];
  return [
    { kind: "bars", role: "now", at: [x(now) - 0.75, margin.top, 1.5, plot.y + plot.height - margin.top] },
  ];
}

/** Every mark that is drawn, from the back to the front. */
const spotsOf = (view: SequenceTimeView, frame: Frame): Spot[] => {
  const plane = planeOf(frame);
  return view.lanes
    .filter(({ name }) => !frame.hidden.has(name) && !laneTable[name].isLine)
    .flatMap((lane) => laneSpots(lane, plane));
};

function laneSpots({ name, marks, names }: LaneView, { plot, x, y }: Plane): Spot[] {
  const rows = Array.from(marks.time.keys()).filter((i) => isAcross(plot, x(marks.time[i]!)));
  return rows.map((i) => {
    const time = marks.time[i]!;
    const [low, high, event, count] = [marks.low[i]!, marks.high[i]!, marks.event[i]!, marks.count[i]!];
    const own = names?.[i] ? ` ${names[i]}` : "";
    const many = count > 1 ? `, the first of ${count}` : "";
    const bottom = Math.min(plot.y + plot.height, y(low));
    const top = Math.min(bottom, Math.max(plot.y, y(high)));
    return {
      box: { x: x(time) - visible / 2, y: top, width: visible, height: bottom - top },
      says: `${laneTable[name].says}${own}: ${byteLabel(low)} to ${byteLabel(high)}, ${secondsText(time)}, event ${event + 1}${many}`,
      event,
      bytes: { from: low, to: Math.max(low + 1, high) },
    };
  });
}

export const sequenceTime: Kind<SequenceTimeView> = {
  title: "Sequence–Time",
  says: "Sequence numbers over time",
  moves: "plane",
  legend: laneNames.map((role) => ({ role, ...laneTable[role] })),
  canHide: true,
  plot: plotOf,
  scene: sequenceTimeScene,
  spots: spotsOf,
  table: (view, hidden) => ({ head: ["Time", "What", "Bytes", "Where"], rows: rowsOf(view, hidden) }),
};
