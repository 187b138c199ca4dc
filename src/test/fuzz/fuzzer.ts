import { UserError } from "../../trace/platform.ts";
import { mutate } from "../simulator/mutate.ts";

/** Something that reads what a user gives. */
export interface Reader {
  name: string;
  /** Inputs as they should be, which damaged ones are made of. */
  seeds(): Uint8Array[];
  /**
   * Reads an input and throws if what came of it cannot be; UserError is an answer. True if there was something to read:
   * inputs that are all refused at their first byte prove nothing.
   */
  read(input: Uint8Array): boolean | Promise<boolean>;
  /** Damages an input as its form allows, with what another has; null where that cannot be. Else bytes and words are. */
  damaged?(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array | null;
}

type Random = () => number;

/** An input that its reader does not stand. */
export interface Finding {
  input: Uint8Array;
  says: string;
}

export interface Limits {
  /** Of the processor's time: more, also when tried again, is a finding. */
  ms: number;
  /** Peak memory of the process. */
  bytes: number;
}

/** What came of an input. */
export interface Reading {
  /** What is wrong with how its reader took it, null if nothing is. */
  says: string | null;
  /** True if it was read, not refused. */
  isRead: boolean;
  /** Milliseconds of the processor. */
  ms: number;
}

/** For whatever reads. */
export const limits: Limits = { ms: 1000, bytes: 1 << 30 };

/** Inputs stay below this, so that time beyond the limit is beyond linear. */
const sizeMax = 1 << 18;

/** Reads an input, up to three times if it takes long: the processor's time, too, is more while others use its caches. */
export async function readOnce(reader: Reader, input: Uint8Array, limits: Limits): Promise<Reading> {
  const peak = peakBytes();
  let [ms, isRead] = [Number.POSITIVE_INFINITY, false];
  for (let tries = 0; tries < 3 && ms > limits.ms; tries++) {
    const began = process.cpuUsage();
    try {
      isRead = await reader.read(input);
    } catch (error) {
      if (!(error instanceof UserError)) return { says: wordsOf(error), isRead, ms: 0 };
    }
    const { user, system } = process.cpuUsage(began);
    ms = Math.min(ms, (user + system) / 1000);
  }
  const after = peakBytes();
  const isSlow = ms > limits.ms;
  const says = isSlow
    ? `takes ${Math.round(ms)} ms for ${input.length} bytes`
    : after > limits.bytes && after > peak
      ? `takes the process to ${after >> 20} MiB`
      : null;
  return { says, isRead, ms };
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

/** Most memory that this process had so far. */
export const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

/** Counters of branches, if the code that runs was built with them. */
const hits = (): Uint8Array => (globalThis as { __hits?: Uint8Array }).__hits ?? new Uint8Array(0);

/** Branches that inputs came by, with how often, roughly: 1, 2, 3, 4–7, 8–15, … times. */
class Coverage {
  private readonly seen = new Uint8Array(hits().length);

  /** True if the run since the last call did what none before it did. */
  take(): boolean {
    const counts = hits();
    let isNew = false;
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue;
      const bit = 1 << (31 - Math.clz32(counts[i]!));
      isNew ||= (this.seen[i]! & bit) === 0;
      this.seen[i]! |= bit;
    }
    counts.fill(0);
    return isNew;
  }

  get reached(): number {
    return this.seen.reduce((sum, bits) => sum + (bits > 0 ? 1 : 0), 0);
  }
}

const oneOf = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)]!;

/** Inputs made of those that led somewhere new. */
export class Fuzzer {
  private readonly reader: Reader;
  private readonly limits: Limits;
  private readonly corpus: Uint8Array[];
  private readonly coverage = new Coverage();
  inputs = 0;
  /** Of these, those that were read, not refused. */
  read = 0;
  /** The processor's time for the one that took most. */
  msMax = 0;

  constructor(reader: Reader, limits: Limits) {
    this.reader = reader;
    this.limits = limits;
    this.corpus = reader.seeds().filter(({ length }) => length <= sizeMax);
  }

  /** Branches reached, and inputs that reached something first; seeds count. */
  get reached(): { branches: number; corpus: number } {
    return { branches: this.coverage.reached, corpus: this.corpus.length };
  }

  /** The seeds as they are: what they reach is nothing new afterwards. */
  async begin(): Promise<Finding | null> {
    for (const input of this.corpus) {
      const { says } = await readOnce(this.reader, input, this.limits);
      if (says !== null) return { input, says };
    }
    this.coverage.take();
    return null;
  }

  /** Reads one more input. */
  async next(random: Random): Promise<Finding | null> {
    this.inputs++;
    const input = this.made(random);
    const { says, isRead, ms } = await readOnce(this.reader, input, this.limits);
    if (isRead) this.read++;
    this.msMax = Math.max(this.msMax, ms);
    if (this.coverage.take() && says === null) this.corpus.push(input);
    return says === null ? null : { input, says };
  }

  private made(random: Random): Uint8Array {
    // What was found last is half of what is looked into.
    const recent = this.corpus.slice(random() < 0.5 ? -20 : 0);
    const base = oneOf(recent, random);
    const { damaged } = this.reader;
    const formed = damaged && random() < 0.5 ? damaged(base, oneOf(this.corpus, random), random) : null;
    if (formed !== null) return formed.slice(0, sizeMax);
    const chance = random();
    if (chance < 0.2) return crossed(base, oneOf(this.corpus, random), random);
    if (chance < 0.5) return reworded(base, oneOf(this.corpus, random), random);
    return mutate(base, random).slice(0, sizeMax);
  }
}

/** The beginning of one and the end of another. */
function crossed(a: Uint8Array, b: Uint8Array, random: Random): Uint8Array {
  const head = a.subarray(0, Math.floor(random() * (a.length + 1)));
  const tail = b.subarray(Math.floor(random() * (b.length + 1)));
  return Uint8Array.from([...head, ...tail]).slice(0, sizeMax);
}

const latin = new TextDecoder("latin1");
const extremes =
  "0 -1 1 1.5 65535 65536 2147483648 4294967295 4294967296 9007199254740993 18446744073709551616 1e999";

/** One to four words of a text in the place of others, numbers that things break at among them. */
function reworded(a: Uint8Array, b: Uint8Array, random: Random): Uint8Array {
  const words = latin.decode(a).match(/\w+|\s+|[^\w\s]/g) ?? [];
  const others = latin.decode(b).match(/\w+|\s+|[^\w\s]/g) ?? [""];
  for (let times = 1 + Math.floor(random() * 4); times > 0; times--)
    words[Math.floor(random() * words.length)] =
      random() < 0.3 ? oneOf(extremes.split(" "), random) : oneOf(others, random);
  return Uint8Array.from(Buffer.from(words.join(""), "latin1")).slice(0, sizeMax);
}

/** The finding made smaller by leaving out pieces, as long as it fails with the same first line. */
export async function minimised(reader: Reader, finding: Finding, limits: Limits): Promise<Uint8Array> {
  const [kind] = finding.says.replace(/\d+/g, "N").split("\n");
  const until = Date.now() + 20_000;
  let { input } = finding;
  for (let size = input.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < input.length && Date.now() < until; ) {
      const less = Uint8Array.from([...input.subarray(0, at), ...input.subarray(at + size)]);
      const { says } = await readOnce(reader, less, limits);
      if (says?.replace(/\d+/g, "N").split("\n")[0] === kind) input = less;
      else at += size;
    }
  }
  return input;
}
