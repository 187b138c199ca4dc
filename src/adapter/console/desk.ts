import type { View } from "../../replay/view/view.ts";
import { UserError } from "../../trace/platform.ts";
import type { Forks } from "../forks/forks.ts";
import type { Numbers } from "../inspection/numbers.ts";
import type { Direction, Runner } from "../runner.ts";
import type { Breakpoints } from "../stops/breakpoints.ts";
import type { Checkpoint } from "../time/checkpoints.ts";
import type { Visits } from "../time/visits.ts";

/** A line that a word says ahead of its answer; with an event it links to that event's line. */
export interface Said {
  text: string;
  event?: number;
}

/** What a word came to. */
export interface Answered {
  /** The answer on one line. */
  result: string;
  /** What is said ahead of it. */
  rows?: readonly Said[];
  /** The word has moved: the stop is told behind the answer. */
  moved?: boolean;
  /** What is begun behind the answer and leaves where the debugger stands, such as a run. */
  begins?(): unknown;
  /** What is done behind the answer while the debugger stays, such as opening another session. */
  opens?(): unknown;
  /** Numbers are written otherwise now: whoever shows some asks for them again. */
  restyled?: boolean;
  /** The checkpoints are others now: whoever keeps them is told. */
  kept?: boolean;
}

/** What the words of the console work with: the session that they are typed in. */
export interface Desk {
  readonly runner: Runner;
  readonly visits: Visits;
  readonly checkpoints: Map<string, Checkpoint>;
  readonly forks: Forks;
  readonly breakpoints: Breakpoints;
  /** The connection whose frame is looked at. */
  readonly connection: number;
  readonly view: View;
  readonly numbers: Numbers;
  /** The event of a line of what the debugger stands in, or of the next line that has one. */
  eventAtLine(line: number): number | null;
  /** Runs to the next stop, or to where an expression holds; its end is told by itself. */
  run(direction: Direction, sought?: string): Promise<void>;
  /** Goes through a long search, which can be cut short; `doing`: what its progress says. */
  look<Found>(search: Generator<number, Found>, doing?: string): Promise<Found>;
}

/** A word of the debug console: what an editor without a button for it can type. */
export interface Word {
  word: string;
  /** A shorter way to write it. */
  short?: string;
  /** What stands behind it, in capitals what is to be replaced; in brackets what may be left out. */
  takes: string;
  /** What it does, as a sentence. */
  says: string;
  /** What can stand next behind it and these words. */
  offers?(before: string): readonly string[];
  /** Throws UserError for what it cannot take. */
  run(desk: Desk, rest: string): Answered | Promise<Answered>;
}

/** What stands behind a word that cannot do without. Throws UserError if nothing does. */
export function needed(rest: string, word: string, what: string): string {
  if (rest === "") throw new UserError(`${word} takes ${what}`);
  return rest;
}
