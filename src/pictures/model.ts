import type { Comparison } from "../judge/compare/compare.ts";
import type { Judged } from "../replay/findings.ts";
import type { Position } from "../replay/timeline.ts";
import type { Area, PictureView } from "./kind.ts";
import type { Rare, RareAsked } from "./rare.ts";

/** What pictures are made of: a replay, what was found of it, and the profiles that it is compared under. */
export interface Pictured extends Judged {
  readonly comparison: Comparison | null;
}

/** Where a session has stopped, or a place that got a name in it. */
export interface Stand {
  kind: "stop" | "checkpoint";
  event: number;
  name: string;
}

/** What of a picture is asked for. */
export interface Asked {
  /** Null = what it shows by itself: all of it, or what lies around the position. */
  area: Area | null;
  /** The room that there is, in spots of the x axis and in rows of a list. */
  columns: number;
  lines: number;
  /** Where the debugger stands. */
  position: Position;
  /** Where else it stood; absent = nowhere. */
  stands?: readonly Stand[];
}

/** A picture of a stream: what can be shown of it, at the level of detail that is asked for. */
export interface Model {
  /** Work that the first view needs; pauses with the share that is done. */
  begin?(): Generator<number>;
  /** Work behind the first view, for what only a run through the events can tell. */
  complete?(): Generator<number>;
  view(asked: Asked): PictureView;
  /** The next rare thing of the whole picture; null if there is none. */
  rare(rare: RareAsked, asked: Asked): Rare | null;
  /** What the picture says of a byte from a position, besides its story. */
  byte?(byte: number, position: Position): string;
}
