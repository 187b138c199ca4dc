import type { Encrypter } from "../core/base/aead.ts";
import type { Sealing } from "../core/base/record.ts";

/** A file by size and ranges; reading past the end gives what there is. Throws UserError if it cannot be read. */
export interface FileAccess {
  name: string;
  size: number;
  read(offset: number, length: number): Uint8Array;
  /** Fills `target` from an offset on and returns the bytes got; for walks through a file that reuse one buffer. */
  readInto?(offset: number, target: Uint8Array): number;
  /** Gives back what the platform holds for it; nothing is read afterwards. */
  close?(): void;
}

/** The platform's AEAD for bulk work, one whole record a call. Null from `open` = the tag does not fit. */
export interface Aead extends Encrypter {
  open(sealing: Sealing, sealed: Uint8Array): Uint8Array | null;
  /** There where the platform opens records only in its own time: `open` has these at hand afterwards, until the next. */
  openAhead?(openings: readonly Opening[]): Promise<void>;
}

/** A record that is to be opened, without what it has in clear. */
export interface Opening {
  sealing: Sealing;
  sealed: Uint8Array;
}

/** How long work stays stoppable: call `tick` after each slice; it throws Cancelled when asked to stop. */
export interface Progress {
  tick(done: number, total: number, what: string): Promise<void>;
}

/** What the composition root (extension, cli) brings: nothing in trace touches the platform by itself. */
export interface Platform {
  aead: Aead;
  /** Inflates gzip, at most `sizeMax` bytes; throws UserError if it would be more or is damaged, and Cancelled. */
  gunzip(file: FileAccess, sizeMax: number, progress: Progress): Promise<FileAccess>;
}

/** What the user asked for cannot be done; the message says why and what to do. Shown, never a crash. */
export class UserError extends Error {
  /** Line of the file that was to be opened, from 1, where the message is about one; else null. */
  readonly line: number | null;

  constructor(message: string, line: number | null = null) {
    super(message);
    this.line = line;
  }
}

/** An error that the program did not foresee, in words: a defect of the program, to be told of. */
export function internalError(error: unknown): string {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `internal error (${said.split("\n", 1)[0]!.slice(0, 200)}): please report it with the file, if you can share it`;
}

/** The user stopped a long job. */
export class Cancelled extends Error {
  constructor() {
    super("cancelled");
  }
}

/** Work goes on for so long before `tick` is called again: whoever asks it to stop waits no longer. */
const sliceMs = 10;

/** What sliced work is: how much there is to do, which may grow, and what it is called. */
interface Work {
  total(): number;
  what: string;
}

/** Does work in slices of time. `advance` does a little of it, which takes next to no time, and gives how much is done. */
export async function sliced(progress: Progress, work: Work, advance: () => number): Promise<void> {
  for (let done = 0; done < work.total(); ) {
    const until = Date.now() + sliceMs;
    do done = advance();
    while (done < work.total() && Date.now() < until);
    await progress.tick(done, work.total(), work.what);
  }
}

/** The same for work that pauses by itself, each time saying what share of a pass is done, and has a result. */
export async function paced<Result>(
  progress: Progress,
  what: string,
  work: Generator<number, Result>,
): Promise<Result> {
  for (;;) {
    const until = Date.now() + sliceMs;
    let step = work.next();
    while (!step.done && Date.now() < until) step = work.next();
    if (step.done) return step.value;
    await progress.tick(step.value, 1, what);
  }
}

/** What such work comes to, for who does not want to stop it. */
export function finished<Result>(work: Generator<number, Result>): Result {
  for (let step = work.next(); ; step = work.next()) if (step.done) return step.value;
}

/** Such work as a part of other work: what it tells of itself lies from one share to another. */
export function* within<Result>(
  [from, to]: readonly [number, number],
  work: Generator<number, Result>,
): Generator<number, Result> {
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) return step.value;
    yield from + (to - from) * step.value;
  }
}

export const noProgress: Progress = { tick: async () => {} };
