import type { Overlay } from "../judge/evidence/evidence.ts";
import { findingText } from "../replay/findings.ts";

/** More disagreements than this are counted, not listed. */
const listedMax = 100;

/** The section that says whether the offload is on, what was compared, and each disagreement with its place. */
export function* evidenceLines({ summary, findings }: Overlay): Generator<string> {
  for (const line of summary) yield `evidence: ${line}`;
  for (const finding of findings.slice(0, listedMax)) yield findingText(finding);
  if (findings.length > listedMax) yield `… and ${findings.length - listedMax} more`;
  if (findings.length === 0) yield "evidence: nothing disagrees with the model";
}
