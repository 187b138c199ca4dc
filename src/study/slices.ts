import type { Comparison } from "../judge/compare/compare.ts";
import type { Timeline } from "../replay/timeline.ts";
import type { Progress } from "../trace/platform.ts";

/** Events run between two looks at whether to go on: some milliseconds. */
const slice = 50_000;

/** The trace's first pass, which shows how far it is and can be cancelled. */
export async function replayWhole(timeline: Timeline, progress: Progress): Promise<Timeline> {
  for (let done = 0; done < timeline.eventCount; ) {
    done = timeline.run(slice);
    await progress.tick(done, timeline.eventCount, "replaying");
  }
  return timeline;
}

/** The whole comparison, likewise. */
export async function compareWhole(comparison: Comparison, progress: Progress): Promise<Comparison> {
  for (let done = 0; done < comparison.total; ) {
    done = comparison.advance(Math.ceil(slice / comparison.runs.length));
    await progress.tick(done, comparison.total, "comparing");
  }
  return comparison;
}
