import type { Area, Spot } from "../pictures/kind.ts";
import type { Look, Only } from "../pictures/moves.ts";
import { turnOf } from "../pictures/wheel.ts";

/** Pixels around the pointer in which a mark is meant, and those that it may move in a click. */
const reach = 6;
const still = 3;

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
  /** The part of a row that the wheel has turned and a list has not moved yet. */
  private rows = 0;

  constructor(of: Pointed) {
    this.of = of;
  }

  listen(): void {
    const { canvas } = this.of;
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", () => this.cancel());
    canvas.addEventListener("pointerleave", (event) => this.of.tell(null, null, event));
    canvas.addEventListener("dblclick", () => this.of.moveTo(null));
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const { of } = this;
    const { looked } = of;
    if (!looked) return;
    const { zoom, along, rows } = turnOf(event);
    const { offsetX: x, offsetY: y } = event;
    if (looked.moves === "list") this.roll(rows, looked);
    else if (along !== 0) of.shift(of.shareAt(x + along, y)[0] - of.shareAt(x, y)[0], 0);
    else of.zoom(zoom, of.shareAt(x, y), event.shiftKey ? "y" : event.altKey ? "x" : undefined);
  }

  /** Moves a list by whole rows. */
  private roll(rows: number, { area }: Look): void {
    this.rows += rows;
    const whole = Math.trunc(this.rows);
    this.rows -= whole;
    if (whole !== 0) this.of.shift(0, whole / (area.high - area.low || 1));
  }

  private press({ offsetX: x, offsetY: y, pointerId, shiftKey, button }: PointerEvent): void {
    const { of } = this;
    const look = of.looked;
    // Other buttons, and a pen's other end, are the editor's.
    if (!look || button !== 0) return;
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

  /** The system has taken the pointer for something else. */
  private cancel(): void {
    this.drag = null;
    this.of.setBrush(null);
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
