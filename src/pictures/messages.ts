import type { Area, PictureView } from "./kind.ts";
import type { KindName } from "./kinds.ts";
import type { Rare } from "./rare.ts";
import type { Role } from "./scene.ts";

/** What a picture in a window asks of the editor. */
export type Ask =
  /** It is there. */
  | { ask: "ready" }
  /** A part of the picture, as many spots wide and rows high; without an area what it shows by itself. `id` comes back. */
  | { ask: "part"; id: number; kind: KindName; columns: number; lines: number; area: Area | null }
  /** What the picture says of a byte, counted from the offload start on, and its story. `id` comes back. */
  | { ask: "byte"; id: number; kind: KindName; byte: number }
  /** The next rare thing, wherever it lies, from one on or from the edge of the part that is looked at. `id` comes back. */
  | { ask: "rare"; id: number; kind: KindName; step: 1 | -1; from: Rare | null; area: Area; hidden: Role[] }
  /** Stop where something is done with bytes [from, to). */
  | { ask: "watch"; from: number; to: number }
  /** Go to an event of the trace. */
  | { ask: "go"; event: number }
  /** Another stream. */
  | { ask: "stream"; threadId: number }
  /** Keep the picture as a file. */
  | { ask: "save"; kind: "svg" | "png"; content: string };

/** What the editor tells a picture. */
export type Tell =
  | { tell: "streams"; streams: { threadId: number; name: string }[]; threadId: number }
  | { tell: "part"; id: number; view: PictureView }
  | { tell: "byte"; id: number; text: string }
  | { tell: "rare"; id: number; rare: Rare | null }
  /** There is more, or the session stands elsewhere: ask again. */
  | { tell: "changed" }
  /** What came of something that was asked for. */
  | { tell: "said"; text: string };
