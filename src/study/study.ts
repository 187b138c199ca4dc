// study: a trace opened, run, compared and judged as asked: the one composition that every screen shows a
// part of.

import { Comparison } from "../judge/compare/compare.ts";
import { comparedEvents, profileFindings } from "../judge/compare/words.ts";
import { layingEvidence, type Overlay } from "../judge/evidence/evidence.ts";
import { failedExpectations, judgingExpectations, type Outcome } from "../judge/expectations.ts";
import { wireFindings } from "../judge/wire-verdict.ts";
import { type Finding, Findings, type Judged } from "../replay/findings.ts";
import type { SignIndex } from "../replay/sign-index.ts";
import { Timeline } from "../replay/timeline.ts";
import type { FileDiagnostic } from "../trace/evidence/counters.ts";
import { finished, type Progress, paced } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";
import { compareWhole, replayWhole } from "./slices.ts";
import type { Subject } from "./subject.ts";

/** A trace that was opened, run through once, compared and judged as somebody asked: what every screen shows a part of. */
export interface Study extends Judged {
  trace: Trace;
  /** The replay that is looked at: of a comparison the first one. */
  timeline: Timeline;
  /** What all judges say of it. */
  findings: Findings;
  /** Every expect line that speaks of this run, and what came of it. */
  outcomes: readonly Outcome[];
  /** The trace under all that it is compared under; null where nothing is compared. */
  comparison: Comparison | null;
  /** What the kernel's evidence says of the replay; null without evidence. */
  overlay: Overlay | null;
  /** What could not be read of it. */
  evidenceDiagnostics: readonly FileDiagnostic[];
}

/**
 * Runs the trace once, beside all that it is to be compared with, and judges it. Whoever wants to hear all that the
 * first pass of a trace says, where nothing is compared, gives its sink.
 */
export async function study(subject: Subject, progress: Progress, sink?: SignIndex): Promise<Study> {
  const { trace, evidence } = subject;
  const comparison = await compared(subject, progress);
  const timeline = comparison?.runs[0]?.timeline ?? (await replayWhole(new Timeline(trace, sink), progress));
  const overlay = evidence && (await paced(progress, "laying evidence", layingEvidence(timeline, evidence)));
  const evidenceDiagnostics = evidence?.diagnostics ?? [];
  const judged = await paced(progress, "judging", judging(timeline, comparison, overlay));
  return { trace, comparison, overlay, evidenceDiagnostics, ...judged };
}

async function compared({ contest }: Subject, progress: Progress): Promise<Comparison | null> {
  if (contest === null) return null;
  const { contestants, connections, allBytes } = contest;
  const isWanted = (connection: number) => connections.has(connection);
  return compareWhole(new Comparison(contestants, { isWanted, allBytes }), progress);
}

type Judgement = Pick<Study, "timeline" | "findings" | "outcomes">;

/** What all judges say of a replay, in one go. */
export const judge = (timeline: Timeline): Judgement => finished(judging(timeline, null, null));

/**
 * What all judges say of a replay, the one place where it is gathered: the capture's own bytes, the expect lines, which
 * may speak of what the others found, the other profiles, the kernel.
 */
function* judging(
  timeline: Timeline,
  comparison: Comparison | null,
  overlay: Overlay | null,
): Generator<number, Judgement> {
  const wire = wireFindings(timeline);
  const others: Finding[] = [
    ...(comparison === null ? [] : profileFindings(comparison)),
    ...(overlay === null ? [] : overlay.findings),
  ];
  const found = new Findings({ findings: [...wire, ...others] });
  const outcomes = yield* judgingExpectations({ timeline, findings: found });
  const findings = new Findings({
    findings: [...wire, ...(yield* failedExpectations(timeline, outcomes)), ...others],
    ...(overlay && { reports: overlay.reports }),
    compared: comparison && comparedEvents(comparison),
  });
  return { timeline, findings, outcomes };
}
