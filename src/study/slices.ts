import type { Comparison } from "../judge/compare/compare.ts";
import type { Timeline } from "../replay/timeline.ts";
import { type Progress, sliced } from "../trace/platform.ts";

/** Events run between two looks at the clock: most take a ten-millionth of a second, some a thousandth. */
const stride = 64;

/** The trace's first pass, which shows how far it is and can be cancelled. */
export async function replayWhole(timeline: Timeline, progress: Progress): Promise<Timeline> {
  const { eventCount } = timeline;
  const run = () => timeline.run(stride);
  await sliced(progress, { total: () => eventCount, what: "replaying" }, run);
  return timeline;
}

/** The whole comparison, likewise. */
export async function compareWhole(comparison: Comparison, progress: Progress): Promise<Comparison> {
  const run = () => comparison.advance(stride);
  await sliced(progress, { total: () => comparison.total, what: "comparing" }, run);
  return comparison;
}
