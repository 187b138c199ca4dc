// pictures: kinds of pictures: models as plain data at the level of detail that is asked for, and how their
// views are drawn and told; no DOM.

import type { Box, Role, Scene } from "./scene.ts";

/** A part of a picture, by what its kind lays along the axes: `from` and `to` along x, `low` and `high` along y. */
export interface Area {
  from: number;
  to: number;
  low: number;
  high: number;
}

/** What every view of a picture has. */
export interface PictureView {
  /** All that there is. */
  whole: Area;
  /** The part that it shows. */
  area: Area;
  /** False until what only a run through the events can tell is there. */
  isComplete: boolean;
}

/** The window that a view is drawn in. */
export interface Frame {
  width: number;
  height: number;
  area: Area;
  /** Roles that are not drawn. */
  hidden: ReadonlySet<Role>;
}

/** A place of a picture that says something. */
export interface Spot {
  box: Box;
  says: string;
  /** The event that a click goes to; null = nowhere. */
  event: number | null;
  /** The bytes that it stands for, from the offload start on; null = none. */
  bytes: { from: number; to: number } | null;
}

/** The same as text. */
export interface TextTable {
  head: readonly string[];
  rows: { cells: readonly string[]; event: number | null }[];
}

/** What a colour is; colours are few, so lines and areas are told apart, too. `ofSession`: without one there is none of it. */
export interface LegendEntry {
  role: Role;
  says: string;
  isLine?: boolean;
  ofSession?: boolean;
}

/**
 * How one walks through a picture: a plane of time and sequence space, sequence space alone, or rows of a list, which have
 * their height and are never zoomed.
 */
export type Moves = "plane" | "line" | "list";

/** A kind of picture: how a view of it is drawn, pointed at and told, in functions of plain data. */
export interface Kind<View extends PictureView = PictureView> {
  readonly title: string;
  readonly says: string;
  readonly moves: Moves;
  readonly legend: readonly LegendEntry[];
  /** What of that can be left out of the picture is a box to tick. */
  readonly canHide: boolean;
  /** Where its axes lie in a window. */
  plot(size: { width: number; height: number }): Box;
  scene(view: View, frame: Frame): Scene;
  /** From the back to the front. */
  spots(view: View, frame: Frame): Spot[];
  /** `hidden`: roles that are not drawn. */
  table(view: View, hidden?: ReadonlySet<Role>): TextTable;
}

/** What of a kind's legend there can be. */
export const legendOf = ({ legend }: Pick<Kind, "legend">, hasSession: boolean): LegendEntry[] =>
  legend.filter(({ ofSession }) => hasSession || ofSession !== true);
