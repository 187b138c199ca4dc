import type { Area } from "./kind.ts";
import type { Role } from "./scene.ts";

/** Something rare of a picture, wherever in it: what keys walk to. */
export interface Rare {
  role: Role;
  /** Where it stands among others of its role, in the kind's own measure: an event, a byte, a row. */
  at: number;
  /** Where it lies, in what the kind lays along its axes. */
  place: Area;
  says: string;
  event: number | null;
  bytes: { from: number; to: number } | null;
  /** Which one it is, and how many there are; null where nobody has counted them. */
  number: { is: number; of: number } | null;
}

/** The next rare thing that is asked for. */
export interface RareAsked {
  /** 1 = forwards, −1 = backwards; behind the last one comes the first again. */
  step: 1 | -1;
  /** From which on; null = from the edge of what is looked at. */
  from: Pick<Rare, "role" | "at"> | null;
  /** What is looked at. */
  area: Area;
  /** Roles that are not drawn, and so not walked to. */
  hidden: ReadonlySet<Role>;
}
