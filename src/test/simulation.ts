import type { Profile } from "../core/profile.ts";
import { type Coverage, type Failure, failuresOf, noCoverage } from "./check.ts";
import { generate, readStory, type Story } from "./generate.ts";

/** A run that failed: what, and the trace that shows it. */
export interface FailedRun {
  seed: number;
  failure: Failure;
  story: Story;
}

const unreadable = "trace";

/** One simulation: the trace of the seed, played under the profile and checked after every event. */
export function simulate(
  seed: number,
  profile: Profile,
  coverage: Coverage = noCoverage(),
): FailedRun | null {
  const story = generate(seed, profile);
  const failure = failureOf(story, profile, coverage);
  return failure && { seed, failure, story };
}

/** The first rule that a story breaks; a trace that the reader finds fault with and a crash of the model count too. */
function failureOf(story: Story, profile: Profile, coverage?: Coverage): Failure | null {
  const trace = readStory(story, profile);
  const error = trace.diagnostics.find(({ severity }) => severity === "error");
  if (error) return { event: -1, rule: unreadable, message: `line ${error.line}: ${error.message}` };
  try {
    return failuresOf(trace, 1, coverage)[0] ?? null;
  } catch (error) {
    return { event: -1, rule: "crash", message: String(error) };
  }
}

/**
 * A smaller story that breaks the same rule: events are taken out, many at once first, as long as it still fails.
 * A story that no longer reads as a trace (a segment of bytes that nobody wrote) does not count.
 */
export function minimise(failed: FailedRun, profile: Profile, timeMs: number): FailedRun {
  if (failed.failure.rule === unreadable) return failed;
  const deadline = Date.now() + timeMs;
  let best = failed;
  for (let size = best.story.events.length; size >= 1 && Date.now() < deadline; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.story.events.length && Date.now() < deadline; ) {
      const events = best.story.events.toSpliced(at, size);
      const failure = failureOf({ ...best.story, events }, profile);
      if (failure?.rule === best.failure.rule) best = { ...best, failure, story: { ...best.story, events } };
      else at += size;
    }
  }
  return best;
}
