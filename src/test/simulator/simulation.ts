import { bugs } from "../../core/bugs/catalogue.ts";
import type { Kernel } from "../../core/machine/generation.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { type Coverage, type Failure, failuresOf, laws, noCoverage } from "./check.ts";
import { Dice } from "./dice.ts";
import { generate, readStory, type Setting, type Story } from "./generate.ts";
import { seekFailure } from "./seeks.ts";

/** A run that failed: what, and the trace that shows it. */
export interface FailedRun {
  seed: number;
  failure: Failure;
  story: Story;
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
  const bug = dice.one(...bugs.filter(({ families }) => families.includes(profile.id)));
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
  const story = generate(seed, setting);
  const failure = failureOf(story, setting.profile, seed, coverage);
  return failure && { seed, failure, story };
}

/** The first rule that a story breaks; a trace that the reader finds fault with and a crash of the model count too. */
function failureOf(story: Story, profile: Profile, seed: number, coverage?: Coverage): Failure | null {
  const trace = readStory(story, profile);
  const error = trace.diagnostics.find(({ severity }) => severity === "error");
  if (error) return { event: -1, rule: unreadable, message: `line ${error.line}: ${error.message}` };
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

const errorIn = (story: Story, profile: Profile) =>
  readStory(story, profile).diagnostics.find(({ severity }) => severity === "error");

/**
 * A smaller story that breaks the same rule: events are taken out, many at once first, as long as it still fails.
 * A story that no longer reads as a trace (a segment of bytes that nobody wrote) does not count.
 */
export function minimise(
  failed: FailedRun,
  profile: Profile,
  timeMs: number,
  failureIn = (story: Story) => failureOf(story, profile, failed.seed),
): FailedRun {
  if (failed.failure.rule === unreadable) return failed;
  const deadline = Date.now() + timeMs;
  let best = failed;
  for (let size = best.story.events.length; size >= 1 && Date.now() < deadline; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.story.events.length && Date.now() < deadline; ) {
      const events = best.story.events.toSpliced(at, size);
      const failure = errorIn({ ...best.story, events }, profile)
        ? null
        : failureIn({ ...best.story, events });
      if (failure?.rule === best.failure.rule) best = { ...best, failure, story: { ...best.story, events } };
      else at += size;
    }
  }
  return best;
}
