import { Comparison } from "../judge/compare/compare.ts";
import { tell } from "../judge/compare/words.ts";
import { layEvidence, type Overlay } from "../judge/evidence/evidence.ts";
import { checkExpectations, type Failure } from "../judge/expectations.ts";
import { Timeline } from "../replay/timeline.ts";
import type { FileDiagnostic } from "../trace/evidence/counters.ts";
import type { Evidence } from "../trace/evidence/evidence.ts";
import type { Progress } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";
import { compareWhole, replayWhole } from "./slices.ts";
import type { Subject } from "./subject.ts";

/** A trace that was opened, run through once, compared and judged as somebody asked: what every screen shows a part of. */
export interface Study {
  trace: Trace;
  /** The replay that is looked at: of a comparison the first one. */
  timeline: Timeline;
  /** The trace under all that it is compared under; null where nothing is compared. */
  comparison: Comparison | null;
  /** Expect lines that do not hold. */
  failures: readonly Failure[];
  /** What the kernel's evidence says of the replay; null without evidence. */
  overlay: Overlay | null;
  /** What could not be read of it. */
  evidenceDiagnostics: readonly FileDiagnostic[];
}

/** Runs the trace once, beside all that it is to be compared with, and judges it. */
export async function study(subject: Subject, progress: Progress): Promise<Study> {
  const { trace, evidence } = subject;
  const comparison = await compared(subject, progress);
  const timeline = comparison?.runs[0]?.timeline ?? (await replayWhole(new Timeline(trace), progress));
  return { trace, timeline, comparison, ...judged(timeline, comparison, evidence) };
}

async function compared({ contest }: Subject, progress: Progress): Promise<Comparison | null> {
  if (contest === null) return null;
  const { contestants, connections, allBytes } = contest;
  const isWanted = (connection: number) => connections.has(connection);
  return compareWhole(new Comparison(contestants, { isWanted, allBytes }), progress);
}

/** What is found by setting the replay beside something else: the one place where it is gathered. */
function judged(
  timeline: Timeline,
  comparison: Comparison | null,
  evidence: Evidence | null,
): Pick<Study, "failures" | "overlay" | "evidenceDiagnostics"> {
  if (comparison !== null) tell(comparison);
  return {
    failures: checkExpectations(timeline),
    overlay: evidence && layEvidence(timeline, evidence),
    evidenceDiagnostics: evidence?.diagnostics ?? [],
  };
}
