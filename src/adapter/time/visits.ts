import type { Position } from "../../replay/timeline.ts";

/** Stops that one can go back to; those before them are forgotten. */
const visitsMax = 1000;

/** The stops of a session in the order in which they were made, as a browser keeps pages: every stop is a checkpoint. */
export class Visits {
  private places: Position[] = [];
  private at = -1;

  /** All of them, in the order in which they were made. */
  get all(): readonly Position[] {
    return this.places;
  }

  /** A stop that was not made by going through these: what was ahead of it is forgotten. */
  add(position: Position): void {
    const now = this.places[this.at];
    if (now && now.event === position.event && now.stage === position.stage) return;
    this.places = [...this.places.slice(Math.max(0, this.at + 2 - visitsMax), this.at + 1), position];
    this.at = this.places.length - 1;
  }

  /** The stop before or behind this one, which is from now on where one is; null if there is none. */
  go(direction: 1 | -1): Position | null {
    const place = this.places[this.at + direction];
    if (!place) return null;
    this.at += direction;
    return place;
  }
}
