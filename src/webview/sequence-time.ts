// webview: pictures in a window: the only room that knows the DOM.

import type { Ask, Tell } from "../pictures/messages.ts";
import { byteLabel } from "../pictures/scene.ts";
import { rowsOf } from "../pictures/sequence-time-rows.ts";
import { planeOf, sequenceTimeScene } from "../pictures/sequence-time-scene.ts";
import {
  type Area,
  type LaneName,
  laneNames,
  laneTable,
  type SequenceTimeView,
} from "../pictures/sequence-time-view.ts";
import { svgOf } from "../pictures/svg.ts";
import { secondsText } from "../replay/view/value.ts";
import { drawScene } from "./canvas.ts";
import { button, element } from "./elements.ts";
import { forgetTheme, themeColour } from "./theme.ts";

/** How much one turn of the wheel, or one key, zooms; and what share of the picture one key moves. */
const zoomStep = 1.25;
const moveStep = 0.1;
/** Pixels around the pointer in which a mark is meant. */
const reach = 6;

/** What was answered last. */
interface Shown {
  area: Area;
  view: SequenceTimeView;
  now: number | null;
}

/** A mark under the pointer. */
interface Hit {
  lane: LaneName;
  event: number;
  count: number;
  time: number;
  low: number;
  high: number;
}

/** The sequence–time picture in a window. It is drawn at once from what is known, and again when what was asked for is there. */
export class SequenceTimePicture {
  private readonly send: (ask: Ask) => void;
  private readonly canvas = element("canvas", { tabIndex: 0, role: "img" });
  private readonly tip = element("div", { className: "tip", role: "status" });
  private readonly table = element("table", {});
  private readonly streams = element("select", { ariaLabel: "Stream" });
  private readonly legend = element("fieldset", { className: "legend" });
  private readonly swatches = new Map<LaneName, HTMLElement>();
  private readonly hidden = new Set<string>();
  private shown: Shown | null = null;
  /** The part that is looked at; null = the whole stream. */
  private area: Area | null = null;
  private asked = 0;
  private isDrawn = true;
  private dragged: { x: number; y: number; area: Area; moved: boolean } | null = null;

  constructor(place: HTMLElement, send: (ask: Ask) => void) {
    this.send = send;
    place.append(this.toolbar(), this.legend, this.canvas, this.tip, this.alternative());
    this.fillLegend();
    this.dress();
    this.listen();
  }

  /** Puts on the theme of the moment. */
  private dress(): void {
    forgetTheme();
    for (const [name, swatch] of this.swatches) {
      const colour = themeColour(name);
      if (swatch.style.background !== colour) swatch.style.background = colour;
    }
    this.draw();
  }

  private toolbar(): HTMLElement {
    const bar = element("div", { className: "bar", role: "toolbar", ariaLabel: "Picture" });
    this.streams.addEventListener("change", () =>
      this.send({ ask: "stream", threadId: Number(this.streams.value) }),
    );
    bar.append(
      this.streams,
      button("Zoom In", "+", () => this.zoom(1 / zoomStep)),
      button("Zoom Out", "−", () => this.zoom(zoomStep)),
      button("Whole Stream", "Whole", () => this.look(null)),
      button("Where the Session Stands", "Now", () => this.centre()),
      button("Save as SVG", "SVG", () => this.save("svg")),
      button("Save as PNG", "PNG", () => this.save("png")),
    );
    return bar;
  }

  private fillLegend(): void {
    this.legend.append(element("legend", { textContent: "Shown" }));
    for (const name of laneNames) {
      const box = element("input", { type: "checkbox", checked: true });
      const swatch = element("span", { className: "swatch" });
      this.swatches.set(name, swatch);
      const label = element("label", {});
      label.append(box, swatch, laneTable[name].says);
      box.addEventListener("change", () => {
        if (box.checked) this.hidden.delete(name);
        else this.hidden.add(name);
        this.draw();
      });
      this.legend.append(label);
    }
  }

  /** The same as a table, for who cannot see the picture, or wants the numbers. */
  private alternative(): HTMLElement {
    const details = element("details", {});
    details.append(element("summary", { textContent: "What is rare in this part, as a table" }), this.table);
    return details;
  }

  private listen(): void {
    const { canvas } = this;
    new ResizeObserver(() => this.ask()).observe(canvas);
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointerleave", () => this.tell(null, 0, 0));
    canvas.addEventListener("dblclick", () => this.look(null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.dress());
    new MutationObserver(() => this.dress()).observe(document.documentElement, {
      subtree: true,
      attributeFilter: ["class", "style"],
    });
  }

  /** Takes what the editor tells. */
  hear(told: Tell): void {
    switch (told.tell) {
      case "streams": {
        const options = told.streams.map(({ threadId, name }) =>
          element("option", {
            value: String(threadId),
            textContent: name,
            selected: threadId === told.threadId,
          }),
        );
        this.streams.replaceChildren(...options);
        this.look(null);
        return;
      }
      case "part":
        if (told.id !== this.asked) return;
        this.shown = told;
        this.area ??= told.area;
        this.draw();
        this.list();
        return;
      case "changed":
        this.ask();
        return;
      case "over":
        this.tip.textContent = told.why;
    }
  }

  private look(area: Area | null): void {
    this.area = area;
    this.draw();
    this.ask();
  }

  /** Asks for the part that is looked at, in as much detail as the window has room for. */
  private ask(): void {
    const { width } = this.size();
    this.send({ ask: "part", id: ++this.asked, columns: Math.max(1, width), area: this.area });
  }

  private size(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.canvas;
    return { width: Math.max(1, clientWidth), height: Math.max(1, clientHeight) };
  }

  /** Draws in the next frame, however often it is asked for in this one. */
  private draw(): void {
    if (!this.isDrawn) return;
    this.isDrawn = false;
    requestAnimationFrame(() => {
      this.isDrawn = true;
      const scene = this.scene();
      if (scene) drawScene(this.canvas, scene, themeColour);
    });
  }

  private scene() {
    const { shown, hidden } = this;
    if (!shown) return null;
    const { view, now } = shown;
    return sequenceTimeScene(view, { ...this.size(), area: this.area ?? shown.area, now, hidden });
  }

  /** The area in which the whole stream has some air around it, and out of which nobody zooms. */
  private get limits(): Area {
    const { whole } = this.shown!.view;
    return { ...whole, columns: 1 };
  }

  /** Zooms around a place of the window, its middle if none is given: time, or sequence space. */
  private zoom(factor: number, at?: { x: number; y: number }, only?: "time" | "space"): void {
    const area = this.area ?? this.shown?.area;
    if (!area) return;
    const { plot } = planeOf({ ...this.size(), area });
    const [x, y] = at
      ? [(at.x - plot.x) / plot.width, (plot.y + plot.height - at.y) / plot.height]
      : [0.5, 0.5];
    const { from, to } = only === "space" ? area : around(area.from, area.to, x, factor);
    const { low, high } = only === "time" ? area : spaceAround(area, y, factor);
    this.look(this.within({ ...area, from, to, low, high }));
  }

  /** An area that shows something of the stream, and no less than a nanosecond and a byte. */
  private within(area: Area): Area {
    const { from, to, low, high } = this.limits;
    const time = kept([area.from, area.to], [from, to]);
    const space = kept([area.low, area.high], [low, high]);
    return { ...area, from: time[0], to: time[1], low: space[0], high: space[1] };
  }

  private shift(x: number, y: number, area = this.area ?? this.shown?.area): void {
    if (!area) return;
    const [time, space] = [(area.to - area.from) * x, (area.high - area.low) * y];
    const moved = { ...area, from: area.from + time, to: area.to + time };
    this.look(this.within({ ...moved, low: area.low + space, high: area.high + space }));
  }

  private centre(): void {
    const area = this.area ?? this.shown?.area;
    const now = this.shown?.now ?? null;
    if (!area || now === null) return;
    this.shift((now - (area.from + area.to) / 2) / (area.to - area.from || 1), 0);
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const factor = event.deltaY > 0 ? zoomStep : 1 / zoomStep;
    const at = { x: event.offsetX, y: event.offsetY };
    this.zoom(factor, at, event.shiftKey ? "space" : event.altKey ? "time" : undefined);
  }

  private press({ offsetX: x, offsetY: y, pointerId }: PointerEvent): void {
    const area = this.area ?? this.shown?.area;
    if (!area) return;
    this.canvas.setPointerCapture(pointerId);
    this.dragged = { x, y, area, moved: false };
  }

  private move({ offsetX: x, offsetY: y }: PointerEvent): void {
    const { dragged } = this;
    if (!dragged) return this.tell(this.hitAt(x, y), x, y);
    const { plot } = planeOf({ ...this.size(), area: dragged.area });
    if (Math.abs(x - dragged.x) + Math.abs(y - dragged.y) > 3) dragged.moved = true;
    if (dragged.moved) this.shift((dragged.x - x) / plot.width, (y - dragged.y) / plot.height, dragged.area);
  }

  private release({ offsetX: x, offsetY: y }: PointerEvent): void {
    const isClick = this.dragged?.moved === false;
    this.dragged = null;
    const hit = isClick ? this.hitAt(x, y) : null;
    if (hit) this.send({ ask: "go", event: hit.event });
  }

  private key(event: KeyboardEvent): void {
    const acts: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => this.shift(-moveStep, 0),
      ArrowRight: () => this.shift(moveStep, 0),
      ArrowUp: () => this.shift(0, moveStep),
      ArrowDown: () => this.shift(0, -moveStep),
      "+": () => this.zoom(1 / zoomStep),
      "-": () => this.zoom(zoomStep),
      "0": () => this.look(null),
      Home: () => this.look(null),
      ".": () => this.centre(),
    };
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  /** The mark under a place of the window: of several the one that is drawn last. */
  private hitAt(x: number, y: number): Hit | null {
    const { shown } = this;
    if (!shown) return null;
    const plane = planeOf({ ...this.size(), area: this.area ?? shown.area });
    for (const { name, marks } of [...shown.view.lanes].reverse()) {
      if (this.hidden.has(name) || laneTable[name].isLine) continue;
      const near = marks.time.findIndex(
        (time, i) =>
          Math.abs(plane.x(time) - x) <= reach &&
          plane.y(marks.high[i]!) - reach <= y &&
          y <= plane.y(marks.low[i]!) + reach,
      );
      if (near < 0) continue;
      const [time, low, high] = [marks.time[near]!, marks.low[near]!, marks.high[near]!];
      return { lane: name, event: marks.event[near]!, count: marks.count[near]!, time, low, high };
    }
    return null;
  }

  private tell(hit: Hit | null, x: number, y: number): void {
    this.tip.hidden = hit === null;
    if (!hit) return;
    const many = hit.count > 1 ? `, the first of ${hit.count}` : "";
    this.tip.textContent = `${laneTable[hit.lane].says}: ${byteLabel(hit.low)} to ${byteLabel(hit.high)}, ${secondsText(hit.time)}, event ${hit.event + 1}${many}`;
    this.tip.style.transform = `translate(${x + 12}px, ${y + 12}px)`;
  }

  private list(): void {
    const { shown } = this;
    if (!shown) return;
    const head = element("tr", {});
    head.append(
      ...["Time", "What", "Bytes", "Where"].map((textContent) =>
        element("th", { textContent, scope: "col" }),
      ),
    );
    const rows = rowsOf(shown.view).map(({ time, what, bytes, place, event }) => {
      const row = element("tr", {});
      const go = button(`Go to event ${event + 1}`, place, () => this.send({ ask: "go", event }));
      const last = element("td", {});
      last.append(go);
      row.append(...[time, what, bytes].map((textContent) => element("td", { textContent })), last);
      return row;
    });
    this.table.replaceChildren(head, ...rows);
    this.canvas.ariaLabel = `Sequence numbers over time, ${rows.length} rare marks in this part: they stand in the table below`;
  }

  private save(kind: "svg" | "png"): void {
    const scene = this.scene();
    if (!scene) return;
    const content = kind === "svg" ? svgOf(scene, themeColour) : this.canvas.toDataURL("image/png");
    this.send({ ask: "save", kind, content });
  }
}

const around = (from: number, to: number, share: number, factor: number) => {
  const middle = from + (to - from) * share;
  return { from: middle - (middle - from) * factor, to: middle + (to - middle) * factor };
};

const spaceAround = ({ low, high }: Area, share: number, factor: number) => {
  const { from, to } = around(low, high, share, factor);
  return { low: from, high: to };
};

/** A range that is no larger than what there is and lies within it, and no smaller than one. */
function kept([from, to]: [number, number], [first, last]: [number, number]): [number, number] {
  const size = Math.max(1, Math.min(to - from, Math.max(1, last - first)));
  const middle = (from + to) / 2;
  const begin = Math.max(first, Math.min(middle - size / 2, Math.max(first, last - size)));
  return [begin, begin + size];
}
