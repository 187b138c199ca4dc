import { bugs } from "../../core/bugs/catalogue.ts";
import type { Kernel } from "../../core/machine/generation.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { minimising } from "../../lab/minimise.ts";
import { printTrace } from "../../trace/language/print.ts";
import { finished } from "../../trace/platform.ts";
import type { Diagnostic, Trace } from "../../trace/trace.ts";
import { type Coverage, type Failure, failuresOf, laws, noCoverage } from "./check.ts";
import { Dice } from "./dice.ts";
import { generate, playedUnder, type Setting, textOf, traceOf } from "./generate.ts";
import { seekFailure } from "./seeks.ts";

/** A run that failed: what, and the trace that shows it. */
export interface FailedRun {
  seed: number;
  failure: Failure;
  /** Read as if nothing were broken. */
  trace: Trace;
  /** The trace as a file. */
  text: string;
}

const unreadable = "trace";
/** One run in so many tries every way to a position, too; and one is under a device or kernel that is broken. */
const seeksEvery = 16;
const brokenEvery = 3;

/** Where the run of a seed takes place: each of the profiles and kernels in turn, now and then broken. */
export function settingOf(
  seed: number,
  profiles: readonly Profile[],
  kernels: readonly (Kernel | null)[],
): Setting {
  const profile = profiles[seed % profiles.length]!;
  const kernel = kernels[Math.floor(seed / profiles.length) % kernels.length]!;
  const dice = new Dice(~seed);
  if (seed % brokenEvery !== 0 || isBroken(profile)) return { profile, kernel };
  const bug = dice.one(...bugs.filter(({ isIn }) => isIn(profile)));
  return { profile: brokenBy(profile, bug.name), kernel };
}

export const brokenBy = (profile: Profile, bug: string): Profile => ({
  ...profile,
  id: `${profile.id}/${bug}`,
  faults: [bug],
});

export const isBroken = ({ faults }: Profile): boolean => faults.length > 0;

/**
 * One simulation: the trace of the seed, played in the setting and checked after every event. What is broken on
 * purpose does not do as the reference says: there only the laws are checked.
 */
export function simulate(
  seed: number,
  setting: Setting,
  coverage: Coverage = noCoverage(),
): FailedRun | null {
  const { profile } = setting;
  const story = generate(seed, setting);
  const trace = traceOf(story, profile);
  const error = errorIn(trace);
  const failure = error
    ? { event: -1, rule: unreadable, message: `line ${error.line}: ${error.message}` }
    : failureOf(trace, profile, seed, coverage);
  return failure && { seed, failure, trace, text: textOf(story) };
}

const errorIn = ({ diagnostics }: Trace): Diagnostic | undefined =>
  diagnostics.find(({ severity }) => severity === "error");

/** The first rule that a trace breaks; a crash of the model counts, too. */
function failureOf(read: Trace, profile: Profile, seed: number, coverage?: Coverage): Failure | null {
  const trace = playedUnder(read, profile);
  try {
    const wanted = ({ rule }: Failure) => !isBroken(profile) || laws.includes(rule);
    const failures = failuresOf(trace, isBroken(profile) ? Number.POSITIVE_INFINITY : 1, coverage);
    const failure = failures.find(wanted);
    if (failure) return failure;
    const sought = seed % seeksEvery === 0 ? seekFailure(trace, seed) : null;
    return sought === null ? null : { event: -1, rule: "seek", message: sought };
  } catch (error) {
    return { event: -1, rule: "crash", message: String((error as Error).stack ?? error) };
  }
}

/** A smaller trace that breaks the same rule; the trace as it is where its text does not. */
export function minimise(
  failed: FailedRun,
  profile: Profile,
  timeMs: number,
  failureIn = (trace: Trace) => failureOf(trace, profile, failed.seed),
): FailedRun {
  if (failed.failure.rule === unreadable) return failed;
  const deadline = Date.now() + timeMs;
  let { failure } = failed;
  const goal = {
    shows: (trace: Trace) => {
      const still = failureIn(trace);
      if (still?.rule !== failure.rule) return false;
      failure = still;
      return true;
    },
    isOver: () => Date.now() > deadline,
  };
  const small = finished(minimising(failed.trace, goal));
  return small === null ? failed : { ...failed, failure, trace: small.trace, text: printTrace(small.trace) };
}
