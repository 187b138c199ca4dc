// webview: pictures in a window: the only room that knows the DOM.

import type { Area, Frame, Kind, PictureView, Spot } from "../pictures/kind.ts";
import { type KindName, kindOf } from "../pictures/kinds.ts";
import { type ListView, lineHeight } from "../pictures/list.ts";
import type { Ask, Tell } from "../pictures/messages.ts";
import { type Look, type Only, shifted, showing, zoomed } from "../pictures/moves.ts";
import { boxOfPlace, outlineOf } from "../pictures/place.ts";
import type { Rare } from "../pictures/rare.ts";
import type { Scene } from "../pictures/scene.ts";
import { svgOf } from "../pictures/svg.ts";
import { zoomStep } from "../pictures/wheel.ts";
import { drawScene } from "./canvas.ts";
import { button, element } from "./elements.ts";
import { Legend, rowsIn } from "./legend.ts";
import { type Pointed, Pointer } from "./pointer.ts";
import { RangeTold } from "./range.ts";
import { Tabs } from "./tabs.ts";
import { forgetTheme, themeColour } from "./theme.ts";
import { Tip } from "./tip.ts";
import { t, term } from "./words.ts";

/** What share of the picture one key moves. */
const moveStep = 0.1;

/**
 * Pictures in a window, one of them shown at a time. What is looked at is drawn at once from what is known, and again when
 * what was asked for is there.
 */
export class PictureWindow implements Pointed {
  readonly canvas = element("canvas", { tabIndex: 0, role: "img" });
  readonly send: (ask: Ask) => void;
  private readonly hasSession: boolean;
  private readonly tip: Tip;
  private readonly status = element("div", { className: "status", role: "status" });
  private readonly range = new RangeTold(() => this.looked);
  private readonly details = element("details", {});
  private readonly table = element("table", { ariaLabel: t("This part as a table") });
  private readonly summary = element("summary", { textContent: t("This part as a table") });
  private readonly streams = element("select", { ariaLabel: t("Stream") });
  private readonly legend: Legend;
  private name: KindName;
  private view: PictureView | null = null;
  /** The part that is looked at; null = what the picture shows by itself. */
  private area: Area | null = null;
  private asked = 0;
  private heard = 0;
  private isDrawn = true;
  private isAsked = true;
  /** What lies under the pointer, as it is drawn. */
  private spots: Spot[] | null = null;
  private walked: Rare | null = null;
  /** The last walk that was asked for; 0 = none is under way. */
  private walking = 0;
  private brush: Area | null = null;

  /** `names`: the kinds of pictures that there are, the first of which is shown. `hasSession`: that it follows and leads. */
  constructor(place: HTMLElement, names: readonly KindName[], send: (ask: Ask) => void, hasSession = true) {
    this.send = send;
    this.hasSession = hasSession;
    this.legend = new Legend(hasSession);
    this.canvas.ariaDescription = hasSession
      ? t(
          "Arrow keys move, + and - zoom, ] and [ go to the next rare thing and the one before, Enter goes to its event.",
        )
      : t("Arrow keys move, + and - zoom, ] and [ go to the next rare thing and the one before.");
    this.name = names[0]!;
    this.tip = new Tip((id, byte) => send({ ask: "byte", id, kind: this.name, byte }));
    const tabs = names.length > 1 ? [new Tabs(names, (name) => this.choose(name)).element] : [];
    const { details } = this;
    details.append(this.summary, this.table);
    // Nobody reads a table that is closed, and making one takes longer than drawing the picture.
    details.addEventListener("toggle", () => this.list());
    place.append(...tabs, this.toolbar(), this.legend.element, this.canvas, this.tip.element);
    place.append(this.status, this.range.element, details);
    this.legend.show(this.kind, () => this.relist());
    this.dress();
    this.listen();
  }

  get kind(): Kind {
    return kindOf(this.name);
  }

  private toolbar(): HTMLElement {
    const bar = element("div", { className: "bar", role: "toolbar", ariaLabel: t("Picture's tools") });
    this.streams.addEventListener("change", () =>
      this.send({ ask: "stream", threadId: Number(this.streams.value) }),
    );
    bar.append(
      ...(this.hasSession ? [this.streams] : []),
      button(t("Zoom In"), "+", () => this.zoom(1 / zoomStep)),
      button(t("Zoom Out"), "−", () => this.zoom(zoomStep)),
      button(t("Whole Picture"), t("Whole"), () => this.moveTo(null)),
      ...(this.hasSession ? [button(t("Now: Where the Session Stands"), t("Now"), () => this.centre())] : []),
      button(t("Save as SVG"), "SVG", () => this.save("svg")),
      button(t("Save as PNG"), "PNG", () => this.save("png")),
    );
    return bar;
  }

  private listen(): void {
    const { canvas } = this;
    new ResizeObserver(() => this.ask()).observe(canvas);
    new Pointer(this).listen();
    canvas.addEventListener("keydown", (event) => this.key(event));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.dress());
    new MutationObserver(() => this.dress()).observe(document.documentElement, {
      subtree: true,
      attributeFilter: ["class", "style"],
    });
  }

  /** Puts on the theme of the moment. */
  private dress(): void {
    forgetTheme();
    this.legend.dress();
    this.draw();
  }

  private choose(name: KindName): void {
    this.name = name;
    this.view = null;
    this.walked = null;
    this.walking = 0;
    this.heard = this.asked;
    // What another kind has drawn says nothing here.
    this.canvas.width = 1;
    this.canvas.ariaLabel = term(this.kind.says);
    this.table.replaceChildren();
    this.legend.show(this.kind, () => this.relist());
    this.look(null);
  }

  /** Takes what the editor tells. */
  hear(told: Tell): void {
    switch (told.tell) {
      case "streams":
        this.streams.replaceChildren(
          ...told.streams.map(({ threadId, name }) =>
            element("option", {
              value: String(threadId),
              textContent: name,
              selected: threadId === told.threadId,
            }),
          ),
        );
        return this.look(null);
      case "part":
        if (told.id <= this.heard) return;
        this.heard = told.id;
        this.view = headed(told.view);
        this.redraw();
        return this.list();
      case "rare":
        if (told.id === this.walking) this.arrive(told.rare);
        return;
      case "byte":
        return this.tip.add(told.id, told.text);
      case "changed":
        return this.ask();
      case "said":
        this.status.textContent = told.text;
    }
  }

  /** Looks at a part, and tells which it is. */
  moveTo(area: Area | null): void {
    this.look(area);
    this.range.tell();
  }

  look(area: Area | null): void {
    this.area = area;
    this.redraw();
    this.ask();
  }

  /** Asks for the part that is looked at, in as much detail as the window has room for: once a frame at most. */
  private ask(): void {
    if (!this.isAsked) return;
    this.isAsked = false;
    requestAnimationFrame(() => {
      this.isAsked = true;
      const { width, height } = this.kind.plot(this.size());
      const lines = Math.max(1, Math.floor(height / lineHeight));
      const asked = { kind: this.name, columns: Math.max(1, Math.round(width)), lines, area: this.area };
      this.send({ ask: "part", id: ++this.asked, ...asked });
    });
  }

  private size(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.canvas;
    return { width: Math.max(1, clientWidth), height: Math.max(1, clientHeight) };
  }

  /** Other roles are shown. */
  private relist(): void {
    this.redraw();
    this.list();
  }

  /** What was drawn is no longer true. */
  private redraw(): void {
    this.spots = null;
    this.draw();
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

  /** What the window shows; null as long as nothing is known. */
  get frame(): (Frame & { view: PictureView }) | null {
    const { view, area } = this;
    return view && { view, ...this.size(), area: area ?? view.area, hidden: this.legend.hidden };
  }

  private scene(): Scene | null {
    const { frame, walked, brush } = this;
    if (!frame) return null;
    const scene = this.kind.scene(frame.view, frame);
    if (brush) scene.shapes.push({ kind: "bars", role: "brush", at: this.brushed(frame, brush) });
    const { moves } = this.kind;
    const box = walked && boxOfPlace({ moves, plot: this.kind.plot(frame) }, frame.area, walked.place);
    if (box) scene.shapes.push({ kind: "bars", role: "walked", at: outlineOf(box) });
    return scene;
  }

  private brushed(frame: Frame, { from, to, low, high }: Area): number[] {
    const { x, y, width, height } = this.kind.plot(frame);
    return this.kind.moves === "line"
      ? [x + from * width, y, (to - from) * width, height]
      : [x, y + (1 - high) * height, width, (high - low) * height];
  }

  /** Of several the one that is drawn last. */
  spotAt(x: number, y: number, reach: number): Spot | null {
    const { frame } = this;
    if (!frame) return null;
    this.spots ??= this.kind.spots(frame.view, frame);
    const isNear = ({ box }: Spot) =>
      box.x - reach <= x &&
      x <= box.x + box.width + reach &&
      box.y - reach <= y &&
      y <= box.y + box.height + reach;
    return this.spots.findLast(isNear) ?? null;
  }

  shareAt(x: number, y: number): [number, number] {
    const plot = this.kind.plot(this.size());
    const down = (y - plot.y) / plot.height;
    return [(x - plot.x) / plot.width, this.kind.moves === "list" ? down : 1 - down];
  }

  /** The byte of the stream that lies there; null where the picture has none. */
  byteAt(x: number, y: number): number | null {
    const { frame } = this;
    if (!frame) return null;
    const { from, to, low, high } = frame.area;
    const [along, across] = this.shareAt(x, y);
    if (along < 0 || along > 1 || across < 0 || across > 1) return null;
    if (this.kind.moves === "list") return this.spotAt(x, y, 0)?.bytes?.from ?? null;
    return Math.floor(this.kind.moves === "line" ? from + (to - from) * along : low + (high - low) * across);
  }

  /** What is looked at; null as long as nothing is known. */
  get looked(): Look | null {
    const { frame, kind } = this;
    return frame && { area: frame.area, whole: frame.view.whole, moves: kind.moves };
  }

  /** Zooms around a place of the picture, its middle if none is given. */
  zoom(factor: number, at: readonly [number, number] = [0.5, 0.5], only?: Only): void {
    const { looked } = this;
    if (looked && looked.moves !== "list") this.moveTo(zoomed(looked, factor, at, only));
  }

  shift(x: number, y: number, look = this.looked): void {
    if (look) this.moveTo(shifted(look, x, y));
  }

  /** Goes to where the session stands: of the sequence–time picture its moment, what else it is follows by itself. */
  private centre(): void {
    const { looked, view } = this;
    const now = view && "now" in view ? view.now : null;
    if (!looked || typeof now !== "number") return this.moveTo(null);
    const { from, to } = looked.area;
    this.shift((now - (from + to) / 2) / (to - from || 1), 0);
  }

  /** Marks what a range of shares covers; null = nothing any more. */
  setBrush(brush: Area | null): void {
    this.brush = brush;
    this.draw();
  }

  tell(spot: Spot | null, byte: number | null, at: { clientX: number; clientY: number }): void {
    this.tip.show(spot?.says ?? "", byte, at);
  }

  go(spot: Pick<Spot, "event"> | null): void {
    if (spot?.event != null) this.send({ ask: "go", event: spot.event });
  }

  private key(event: KeyboardEvent): void {
    const isList = this.kind.moves === "list";
    const line = isList ? 1 / ((this.looked?.area.high ?? 1) - (this.looked?.area.low ?? 0) || 1) : moveStep;
    const up = isList ? -1 : 1;
    const acts: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => this.shift(-moveStep, 0),
      ArrowRight: () => this.shift(moveStep, 0),
      ArrowUp: () => this.shift(0, up * line),
      ArrowDown: () => this.shift(0, -up * line),
      PageUp: () => this.shift(0, up),
      PageDown: () => this.shift(0, -up),
      "+": () => this.zoom(1 / zoomStep),
      "-": () => this.zoom(zoomStep),
      "0": () => this.moveTo(null),
      Home: () => this.moveTo(null),
      ".": () => this.centre(),
      "]": () => this.walk(1),
      "[": () => this.walk(-1),
      Enter: () => this.go(this.walked),
      w: () => this.watch(this.walked?.bytes ?? null),
      Escape: () => this.walk(0),
    };
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  /** To the next thing that is rare, wherever in the picture it lies; 0 = to none. */
  private walk(step: 1 | -1 | 0): void {
    const { frame, name: kind, walked: from } = this;
    if (!frame) return;
    if (step === 0) return this.leave();
    this.walking = ++this.asked;
    const hidden = [...this.legend.hidden];
    this.send({ ask: "rare", id: this.walking, kind, step, from, area: frame.area, hidden });
  }

  /** Shows what was walked to, and says it. */
  private arrive(rare: Rare | null): void {
    const { looked } = this;
    this.leave();
    this.walked = rare;
    if (rare && looked) this.look(showing(looked, rare.place));
    if (!rare) this.status.textContent = t("nothing rare in this picture");
    else if (!rare.number) this.status.textContent = rare.says;
    else this.status.textContent = t("{0} of {1}: {2}", rare.number.is, rare.number.of, rare.says);
  }

  private leave(): void {
    this.walking = 0;
    this.walked = null;
    this.status.textContent = "";
    this.draw();
  }

  /** Stops where something is done with bytes. */
  watch(bytes: { from: number; to: number } | null): void {
    if (bytes && bytes.to > bytes.from) this.send({ ask: "watch", ...bytes });
  }

  private list(): void {
    const { frame, kind } = this;
    if (!frame) return;
    const table = kind.table(frame.view, frame.hidden);
    const { length } = table.rows;
    this.canvas.ariaLabel =
      length === 1
        ? t("{0}: {1} row, which stands in the table below", term(kind.says), length)
        : t("{0}: {1} rows, which stand in the table below", term(kind.says), length);
    const go = this.hasSession ? (event: number) => this.go({ event }) : null;
    this.table.replaceChildren(...(this.details.open ? rowsIn(table, go) : []));
  }

  private save(kind: "svg" | "png"): void {
    const scene = this.scene();
    if (!scene) return;
    const content = kind === "svg" ? svgOf(scene, themeColour) : this.canvas.toDataURL("image/png");
    this.send({ ask: "save", kind, content });
  }
}

/** A list has the names of its columns drawn with it. */
function headed(view: PictureView | ListView): PictureView {
  if (!("head" in view)) return view;
  const list: ListView = { ...view, head: view.head.map((each) => ({ ...each, text: term(each.text) })) };
  return list;
}
