import { visibleLine } from "../trace/visible.ts";
import type { Role, Scene, Shape } from "./scene.ts";

/** A scene as an SVG document; `colour` gives what each role is drawn in. */
export function svgOf({ width, height, shapes }: Scene, colour: (role: Role) => string): string {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`;
  const ground = `<rect width="100%" height="100%" fill="${escaped(colour("ground"))}"/>`;
  return [
    head,
    ground,
    ...shapes.map((shape) => elementOf(shape, escaped(colour(shape.role)))),
    "</svg>",
    "",
  ].join("\n");
}

function elementOf(shape: Shape, colour: string): string {
  switch (shape.kind) {
    case "bars":
      return `<path fill="${colour}" d="${barsPath(shape.at)}"/>`;
    case "line":
      return `<path fill="none" stroke="${colour}" stroke-width="1.5" d="${linePath(shape.at)}"/>`;
    case "text":
      return `<text fill="${colour}" x="${px(shape.x)}" y="${px(shape.y)}" text-anchor="${shape.anchor}"${shape.isMono ? mono : ""}>${escaped(shape.text)}</text>`;
  }
}

/** As the canvas has it; blanks count. */
const mono = ' font-family="monospace" font-size="12" xml:space="preserve"';

const px = (n: number): string => String(Math.round(n * 10) / 10);

function barsPath(at: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < at.length; i += 4) {
    const [x, y, width, height] = [px(at[i]!), px(at[i + 1]!), px(at[i + 2]!), px(at[i + 3]!)];
    parts.push(`M${x} ${y}h${width}v${height}h-${width}z`);
  }
  return parts.join("");
}

function linePath(at: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < at.length; i += 2) parts.push(`${i === 0 ? "M" : "L"}${px(at[i]!)} ${px(at[i + 1]!)}`);
  return parts.join("");
}

/** Text as it may stand in XML (1.0 §2.2), also of a name that a file gives. */
const escaped = (text: string): string =>
  visibleLine(text)
    .replace(/[\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd")
    .replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
