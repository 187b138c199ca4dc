import type { Area, Moves } from "./kind.ts";
import { lineHeight } from "./list.ts";
import { type Box, scaleOf } from "./scene.ts";

/** Where a place of a picture lies in a window; null where it is not in sight. */
export function boxOfPlace(
  { moves, plot }: { moves: Moves; plot: Box },
  area: Area,
  place: Area,
): Box | null {
  if (moves === "list") {
    const y = plot.y + (place.low - Math.floor(area.low)) * lineHeight;
    const isIn = y >= plot.y && y + lineHeight <= plot.y + plot.height + 1;
    return isIn ? { x: 3, y, width: plot.x + plot.width - 6, height: lineHeight } : null;
  }
  const x = scaleOf([area.from, area.to], [plot.x, plot.x + plot.width]);
  const y = scaleOf([area.low, area.high], [plot.y + plot.height, plot.y]);
  if (place.to < area.from || place.from > area.to) return null;
  const [left, right] = [x(Math.max(place.from, area.from)), x(Math.min(place.to, area.to))];
  if (moves === "line") return { x: left, y: plot.y, width: right - left, height: plot.height };
  const [top, bottom] = [y(place.high), y(place.low)].map((each) =>
    Math.max(plot.y, Math.min(plot.y + plot.height, each)),
  );
  return { x: left, y: top!, width: right - left, height: bottom! - top! };
}

/** Four bars around a box, as a shape has them. */
export function outlineOf({ x, y, width, height }: Box): number[] {
  const [left, top, wide, high] = [x - 3, y - 3, Math.max(4, width) + 6, Math.max(4, height) + 6];
  const [right, bottom] = [left + wide, top + high];
  return [
    ...[left, top, wide, 2],
    ...[left, bottom - 2, wide, 2],
    ...[left, top, 2, high],
    ...[right - 2, top, 2, high],
  ];
}
