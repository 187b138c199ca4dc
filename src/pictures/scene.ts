/** A picture as shapes, which a canvas, an SVG file and a printer draw alike: what stands where, and in which role. */
export interface Scene {
  width: number;
  height: number;
  shapes: Shape[];
}

/** What something is, which themes give a colour to. */
export type Role = string;

/** Shapes of one role, drawn in one go; coordinates in pixels from the top left corner. */
export type Shape =
  /** Filled rectangles: x, y, width and height of each, one behind the other. */
  | { kind: "bars"; role: Role; at: number[] }
  /** Lines through points: x and y of each. */
  | { kind: "line"; role: Role; at: number[] }
  | {
      kind: "text";
      role: Role;
      x: number;
      y: number;
      text: string;
      anchor: "start" | "middle" | "end";
      /** In letters of one width. */
      isMono?: true;
    };

/** A rectangle of the scene. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A value's place in pixels. */
export type Scale = (value: number) => number;

/** A range of values laid onto a range of pixels. */
export function scaleOf(
  [from, to]: readonly [number, number],
  [first, last]: readonly [number, number],
): Scale {
  const factor = to === from ? 0 : (last - first) / (to - from);
  return (value) => first + (value - from) * factor;
}

/** How far apart `most` or fewer round values of a range are: 1, 2 or 5 times a power of ten, no less than `least`. */
export function tickStep(from: number, to: number, most: number, least = 0): number {
  const rough = (to - from) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  return Math.max(least, power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10));
}

/** Those values. */
export function ticksOf(from: number, to: number, most: number, least = 0): number[] {
  if (!(to > from) || most < 1) return [];
  const step = tickStep(from, to, most, least);
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

const units = [
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "µs"],
  [1, "ns"],
] as const;

/** A time of the axis, in nanoseconds, in the unit that its ticks are apart in: `12.5 ms`. */
export function timeLabel(ns: number, step: number): string {
  const [size, unit] = units.find(([each]) => step >= each / 10) ?? units[3];
  const decimals = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
  return `${(ns / size).toFixed(Math.min(9, decimals))} ${unit}`;
}

/** A number of bytes with its thousands apart, as it is read from far: `1 234 567`. */
export const byteLabel = (bytes: number): string =>
  String(Math.round(bytes)).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
