import type { Area, Spot } from "../pictures/kind.ts";
import type { Look, Only } from "../pictures/moves.ts";

/** Pixels around the pointer in which a mark is meant, and those that it may move in a click. */
const reach = 6;
const still = 3;
/** How much one turn of the wheel, or one key, zooms. */
export const zoomStep = 1.25;
/** Rows of a list that one turn of the wheel moves. */
const wheelRows = 3;

/** What a pointer is over. Places are pixels of the canvas, shares those of both axes from `from` and from `low` on. */
export interface Pointed {
  readonly canvas: HTMLCanvasElement;
  readonly looked: Look | null;
  moveTo(area: null): void;
  zoom(factor: number, at: readonly [number, number], only?: Only): void;
  shift(x: number, y: number, look?: Look): void;
  shareAt(x: number, y: number): [number, number];
  /** What lies there, within so many pixels. */
  spotAt(x: number, y: number, reach: number): Spot | null;
  byteAt(x: number, y: number): number | null;
  tell(spot: Spot | null, byte: number | null, at: { clientX: number; clientY: number }): void;
  go(spot: Spot | null): void;
  setBrush(brush: Area | null): void;
  watch(bytes: { from: number; to: number }): void;
}

interface Drag {
  x: number;
  y: number;
  look: Look;
  isBrush: boolean;
  moved: boolean;
}

/** What a pointer does with a picture: points, clicks, drags, brushes and turns its wheel. */
export class Pointer {
  private readonly of: Pointed;
  private drag: Drag | null = null;

  constructor(of: Pointed) {
    this.of = of;
  }

  listen(): void {
    const { canvas } = this.of;
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointerleave", (event) => this.of.tell(null, null, event));
    canvas.addEventListener("dblclick", () => this.of.moveTo(null));
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const { of } = this;
    const { looked } = of;
    const turn = event.deltaY > 0 ? 1 : -1;
    if (looked?.moves === "list")
      return of.shift(0, (turn * wheelRows) / (looked.area.high - looked.area.low || 1));
    const only = event.shiftKey ? "y" : event.altKey ? "x" : undefined;
    of.zoom(zoomStep ** turn, of.shareAt(event.offsetX, event.offsetY), only);
  }

  private press({ offsetX: x, offsetY: y, pointerId, shiftKey }: PointerEvent): void {
    const { of } = this;
    const look = of.looked;
    if (!look) return;
    of.canvas.setPointerCapture(pointerId);
    of.tell(null, null, { clientX: 0, clientY: 0 });
    this.drag = { x, y, look, isBrush: shiftKey && look.moves !== "list", moved: false };
  }

  private move(event: PointerEvent): void {
    const { drag, of } = this;
    const { offsetX: x, offsetY: y } = event;
    if (!drag) return of.tell(of.spotAt(x, y, reach), of.byteAt(x, y), event);
    if (Math.abs(x - drag.x) + Math.abs(y - drag.y) > still) drag.moved = true;
    if (!drag.moved) return;
    if (drag.isBrush) return of.setBrush(this.brushed(drag, x, y));
    const [from, to] = [of.shareAt(drag.x, drag.y), of.shareAt(x, y)];
    of.shift(from[0] - to[0], from[1] - to[1], drag.look);
  }

  private release({ offsetX: x, offsetY: y }: PointerEvent): void {
    const { drag, of } = this;
    this.drag = null;
    if (!drag) return;
    if (!drag.moved) return of.go(of.spotAt(x, y, reach));
    if (!drag.isBrush) return;
    of.setBrush(null);
    of.watch(bytesOf(drag.look, this.brushed(drag, x, y)));
  }

  /** The shares of both axes between where the drag began and a place. */
  private brushed(drag: Drag, x: number, y: number): Area {
    const [a, b] = [this.of.shareAt(drag.x, drag.y), this.of.shareAt(x, y)];
    const share = (n: number) => Math.max(0, Math.min(1, n));
    return {
      from: share(Math.min(a[0], b[0])),
      to: share(Math.max(a[0], b[0])),
      low: share(Math.min(a[1], b[1])),
      high: share(Math.max(a[1], b[1])),
    };
  }
}

/** The bytes of the stream that a brush covers. */
function bytesOf({ area, moves }: Look, brush: Area): { from: number; to: number } {
  const at = (first: number, last: number, share: number) => first + (last - first) * share;
  const [from, to] =
    moves === "line"
      ? [at(area.from, area.to, brush.from), at(area.from, area.to, brush.to)]
      : [at(area.low, area.high, brush.low), at(area.low, area.high, brush.high)];
  return { from: Math.floor(from), to: Math.ceil(to) };
}
