import { readFileSync } from "node:fs";
import type { Profile } from "../core/machine/profile.ts";
import { nodePlatform, openFile } from "../node/platform.ts";
import { globMatcher } from "../trace/glob.ts";
import { type OpenOptions, openTrace } from "../trace/open.ts";
import { type Progress, UserError } from "../trace/platform.ts";
import { namesFile } from "../trace/profile-word.ts";
import { type ProfileFinder, pathBeside, profileFinder, profileForms } from "../trace/profiles/finder.ts";
import type { Stream, Trace } from "../trace/trace.ts";
import { kernelIds, type Variant, variantOf } from "../trace/variant.ts";

/** What the command line says about how to read a file. */
export interface LoadFlags {
  keys?: string[];
  profile?: string;
  stream?: string[];
  tap?: string;
  offloadStart?: string;
  /** Files of kernel evidence to lay over the replay. */
  evidence?: string[];
}

/** A trace that is open, and the progress that goes on while it is worked on. */
export interface Opened {
  trace: Trace;
  progress: Progress & { end(): void };
}

/** Opens a file as the flags say. Throws UserError for what the user has to mend. */
export async function open(fileName: string, flags: LoadFlags): Promise<Opened> {
  const progress = terminalProgress();
  const keys = (flags.keys ?? []).map(readKeys);
  const trace = await openTrace(openFile(fileName), keys, optionsOf(fileName, flags), nodePlatform, progress);
  progress.end();
  return { trace, progress };
}

function readKeys(fileName: string): string {
  const file = openFile(fileName);
  if (file.size > 64 * 1024 * 1024) throw new UserError(`${fileName} is too large for a key log`);
  return readFileSync(fileName, "utf8");
}

function optionsOf(fileName: string, flags: LoadFlags): OpenOptions {
  return {
    profiles: profilesBeside(fileName),
    profile: flags.profile === undefined ? null : profileNamed(flags.profile),
    streams: flags.stream ?? [],
    tap: oneOf("tap", flags.tap ?? "auto", ["auto", "host", "wire"] as const),
    offloadStart: oneOf("offload start", flags.offloadStart ?? "after-finished", [
      "after-finished",
      "after-ccs",
    ] as const),
  };
}

function oneOf<T extends string>(what: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (!found) throw new UserError(`no ${what} "${value}"; there are ${allowed.join(", ")}`);
  return found;
}

/** Finds what a trace names: profile files lie beside it. */
export const profilesBeside = (fileName: string): ProfileFinder =>
  profileFinder((path) => openFile(pathBeside(fileName, path)));

/** The profile of a word of the command line; files are looked for from here. Throws UserError saying what is wrong. */
export function profileNamed(word: string, besides = ""): Profile {
  const messages: string[] = [];
  const profile = profileFinder(openFile)(word, (message) => messages.push(message));
  if (profile !== null) return profile;
  if (namesFile(word)) throw new UserError(messages.join("\n"));
  throw new UserError(`no profile "${word}"; ${profileForms(word)}${besides}`);
}

/** What a run can be under: a profile, a broken variant of one, a kernel generation. Throws UserError for others. */
export const variantNamed = (id: string): Variant =>
  variantOf(id, (word) => profileNamed(word, `; and kernels ${kernelIds.join(", ")}`))!;

/** Progress on stderr, only on a terminal and only for what takes over a second. */
function terminalProgress(): Progress & { end(): void } {
  const started = Date.now();
  let shown = false;
  return {
    async tick(done, total, what) {
      await new Promise(setImmediate);
      if (!process.stderr.isTTY || Date.now() - started < 1000) return;
      shown = true;
      const share = total > 0 ? ` ${Math.floor((100 * done) / total)} %` : "";
      process.stderr.write(`\r\x1b[K${what}${share}`);
    },
    end() {
      if (shown) process.stderr.write("\r\x1b[K");
    },
  };
}

/** Streams of the trace that the flags select. */
export const selectedStreams = ({ streams }: Trace, flags: LoadFlags): Stream[] => {
  const matches = globMatcher(flags.stream ?? []);
  return streams.filter(({ name }) => matches(name));
};

/** Diagnostics go to stderr, with their place, in the form that problem matchers read. */
export function complain(file: string, { diagnostics }: Trace): void {
  for (const { severity, message, line, frame } of diagnostics) {
    const place = line !== undefined ? `:${line}` : frame ? `: frame ${frame}` : "";
    process.stderr.write(`${file}${place}: ${severity}: ${message}\n`);
  }
}
