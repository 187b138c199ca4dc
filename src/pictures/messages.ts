import type { Area, SequenceTimeView } from "./sequence-time-view.ts";

/** What a picture in a window asks of the editor. */
export type Ask =
  /** It is there. */
  | { ask: "ready" }
  /** A part of the picture, as many spots wide; without an area the whole stream. `id` comes back with the answer. */
  | { ask: "part"; id: number; columns: number; area: Area | null }
  /** Go to an event of the trace. */
  | { ask: "go"; event: number }
  /** Another stream. */
  | { ask: "stream"; threadId: number }
  /** Keep the picture as a file. */
  | { ask: "save"; kind: "svg" | "png"; content: string };

/** What the editor tells a picture. */
export type Tell =
  | { tell: "streams"; streams: { threadId: number; name: string }[]; threadId: number }
  /** `now`: where the session stands, in nanoseconds; null = there is none. */
  | { tell: "part"; id: number; area: Area; view: SequenceTimeView; now: number | null }
  /** There is more, or the session stands elsewhere: ask again. */
  | { tell: "changed" }
  | { tell: "over"; why: string };
