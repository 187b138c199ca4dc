import type { Area, Frame, Kind, PictureView, Spot, TextTable } from "./kind.ts";
import type { Asked } from "./model.ts";
import type { Rare, RareAsked } from "./rare.ts";
import type { Box, Role, Scene, Shape } from "./scene.ts";

/** A piece of text in one role; `ground`: the role of a bar behind it. */
export interface Run {
  text: string;
  role: Role;
  ground?: Role;
}

/** A cell of a list: pieces of text one behind the other, on a bar that takes a share of the column. */
export interface Cell {
  runs: readonly Run[];
  bar?: { share: number; role: Role };
}

/** A row of a list. */
export interface ListRow {
  cells: readonly Cell[];
  event: number | null;
  bytes: { from: number; to: number } | null;
  /** What it says to who points at it. */
  says: string;
  isRare: boolean;
  /** The debugger stands there. */
  isNow: boolean;
}

/** A picture that is rows of text. Along x lie letters, along y rows, counted from 0, the first one on top. */
export interface ListView extends PictureView {
  title: string;
  /** The columns, `width` in letters. */
  head: readonly { text: string; width: number }[];
  /** Which row the first of `rows` is. */
  first: number;
  rows: readonly ListRow[];
}

export const lineHeight = 16;
/** A letter of the fixed width font that lists are drawn in. */
export const letterWidth = 7.25;
const margin = { left: 8, top: 60 };
/** Lines of a title. */
const titleLines = 2;
/** The rows of a list that are given at once. */
const linesMax = 512;

export const textCell = (text: string, role: Role = "axis"): Cell => ({ runs: [{ text, role }] });

/** The rows [low, high) that are shown of so many: those asked for, else those around one, which stands in the upper third. */
export function rowsShown(
  count: number,
  { area, lines }: { area: Area | null; lines: number },
  around = 0,
): { count: number; low: number; high: number } {
  const size = Math.max(1, Math.min(linesMax, lines));
  const wanted = area ? Math.floor(area.low) : around - Math.floor(size / 3);
  const low = Math.max(0, Math.min(wanted, count - size));
  return { count, low, high: Math.min(count, low + size) };
}

/** What every list's view has of the rows [low, high) of so many. */
export function listExtent(
  head: ListView["head"],
  { count, low, high }: { count: number; low: number; high: number },
  { area, columns }: { area: Area | null; columns: number },
) {
  const letters = head.reduce((sum, { width }) => sum + width + 1, 0);
  const from = area?.from ?? 0;
  return {
    head,
    whole: { from: 0, to: letters, low: 0, high: count },
    area: { from, to: from + columns / letterWidth, low, high },
    first: low,
  };
}

/** A kind of picture whose views are lists. */
export const listKind = (given: Pick<Kind, "title" | "says" | "legend">): Kind<ListView> => ({
  ...given,
  moves: "list",
  canHide: false,
  plot: listPlot,
  scene: listScene,
  spots: listSpots,
  table: listTable,
});

const listPlot = ({ width, height }: { width: number; height: number }): Box => ({
  x: margin.left,
  y: margin.top,
  width: Math.max(1, width - margin.left),
  height: Math.max(1, height - margin.top),
});

/** Where each column begins, in pixels. */
function columnsOf({ head }: ListView, { area }: Frame): number[] {
  let x = margin.left - area.from * letterWidth;
  return head.map(({ width }) => {
    const at = x;
    x += (width + 1) * letterWidth;
    return at;
  });
}

/** The rows of the frame with their places; the view may hold more of them. */
function placedRows({ rows, first }: ListView, { area, height }: Frame): { row: ListRow; y: number }[] {
  return rows
    .map((row, i) => ({ row, y: margin.top + (first + i - Math.floor(area.low)) * lineHeight }))
    .filter(({ y }) => y >= margin.top && y + lineHeight <= height + 1);
}

function listScene(view: ListView, frame: Frame): Scene {
  const columns = columnsOf(view, frame);
  const placed = placedRows(view, frame);
  const now = placed.filter(({ row }) => row.isNow).flatMap(({ y }) => [0, y, frame.width, lineHeight]);
  const heads = view.head.map(({ text }, i) => mono(columns[i]!, margin.top - 8, text, "band-text"));
  const shapes = [
    ...linesOf(view.title, frame).map((line, i) => mono(margin.left, 14 + i * 14, line, "axis")),
    ...heads,
    { kind: "bars", role: "grid", at: [0, margin.top - 3, frame.width, 1] } satisfies Shape,
    { kind: "bars", role: "now-ground", at: now } satisfies Shape,
    ...placed.flatMap(({ row, y }) =>
      row.cells.flatMap((cell, i) => cellShapes(cell, columns[i]!, y, view.head[i]!.width)),
    ),
  ];
  return { width: frame.width, height: frame.height, shapes };
}

/** A title in as many lines as it may have, which end where words do. */
function linesOf(title: string, { width }: Frame): string[] {
  const size = Math.max(20, Math.floor((width - 2 * margin.left) / letterWidth));
  const lines: string[] = [];
  let rest = title;
  while (rest.length > size && lines.length < titleLines - 1) {
    const space = rest.lastIndexOf(" ", size);
    const end = space > 0 ? space : size;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest.length > size ? `${rest.slice(0, size - 1)}…` : rest];
}

const mono = (x: number, y: number, text: string, role: Role): Shape => ({
  ...{ kind: "text", role, text, anchor: "start", isMono: true },
  ...{ x, y },
});

function cellShapes({ runs, bar }: Cell, left: number, y: number, width: number): Shape[] {
  const grounds: Shape[] = [];
  const texts: Shape[] = [];
  if (bar) {
    const at = [left, y + 2, Math.max(0, Math.min(1, bar.share)) * width * letterWidth, lineHeight - 4];
    grounds.push({ kind: "bars", role: bar.role, at });
  }
  let x = left;
  for (const { text, role, ground } of cut(runs, width)) {
    const wide = text.length * letterWidth;
    const inked = text.trimEnd().length * letterWidth;
    if (ground) grounds.push({ kind: "bars", role: ground, at: [x - 1, y + 1, inked + 2, lineHeight - 2] });
    if (inked > 0) texts.push(mono(x, y + 12, text.trimEnd(), role));
    x += wide;
  }
  return [...grounds, ...texts];
}

/** No column reaches into the next one. */
function cut(runs: readonly Run[], width: number): Run[] {
  let room = width;
  return runs.flatMap((run) => {
    const { text } = run;
    const fits = text.trimEnd().length <= room;
    const shown = fits ? text : room > 0 ? `${text.slice(0, room - 1)}…` : "";
    room -= text.length;
    return shown === "" ? [] : [{ ...run, text: shown }];
  });
}

const listSpots = (view: ListView, frame: Frame): Spot[] =>
  placedRows(view, frame).map(({ row, y }) => ({
    box: { x: 0, y, width: frame.width, height: lineHeight },
    says: row.says,
    event: row.event,
    bytes: row.bytes,
  }));

const listTable = ({ head, rows }: ListView): TextTable => ({
  head: head.map(({ text }) => text),
  rows: rows.map(({ cells, event }) => ({
    cells: cells.map(({ runs }) =>
      runs
        .map(({ text }) => text)
        .join("")
        .trim(),
    ),
    event,
  })),
});

/** Blocks of rows that are looked through for one step: whoever presses a key does not wait for more. */
const blocksMax = 64;

/** The next rare row of a list, of which `view` shows a part. */
export function nextRow(view: (asked: Asked) => ListView, asked: Asked, rare: RareAsked): Rare | null {
  const { step, from, area } = rare;
  const first = from ? from.at + step : step > 0 ? Math.floor(area.low) : Math.ceil(area.high) - 1;
  const { high: count } = view({ ...asked, lines: 1 }).whole;
  for (let block = 0, row = first; block < Math.min(blocksMax, Math.ceil(count / linesMax) + 1); block++) {
    if (row < 0 || row >= count) row = step > 0 ? 0 : count - 1;
    const low = step > 0 ? row : Math.max(0, row - linesMax + 1);
    const shown = view({ ...asked, lines: linesMax, area: { ...area, low, high: low + linesMax } });
    const found = rareRows(shown.rows, shown.first, area).filter(({ at }) =>
      step > 0 ? at >= row : at <= row,
    );
    if (found.length > 0) return found.at(step > 0 ? 0 : -1)!;
    row = step > 0 ? shown.first + shown.rows.length : low - 1;
  }
  return null;
}

/** The rare ones of some rows, the first of which is row `first` of all. */
export const rareRows = (rows: readonly ListRow[], first: number, area: Area): Rare[] =>
  rows.flatMap(({ isRare, says, event, bytes }, i) => {
    const at = first + i;
    const place = { from: area.from, to: area.to, low: at, high: at + 1 };
    return isRare ? [{ role: "row", at, place, says, event, bytes, number: null }] : [];
  });
