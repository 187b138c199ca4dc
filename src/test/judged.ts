import { wireFindings } from "../judge/wire-verdict.ts";
import { Findings, type Judged } from "../replay/findings.ts";
import type { Timeline } from "../replay/timeline.ts";

/** A replay with what its capture's own bytes tell; of a trace file nothing. */
export const judged = (timeline: Timeline): Judged => ({
  timeline,
  findings: new Findings({ findings: wireFindings(timeline) }),
});
