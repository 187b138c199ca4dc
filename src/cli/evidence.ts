import { readFileSync } from "node:fs";
import { layEvidence, type Overlay } from "../judge/evidence/evidence.ts";
import { openFile } from "../node/platform.ts";
import { findingText } from "../replay/findings.ts";
import type { Timeline } from "../replay/timeline.ts";
import { evidenceSizeMax, evidenceTooLarge, usableEvidence } from "../trace/evidence/evidence.ts";
import { UserError } from "../trace/platform.ts";

/** More disagreements than this are counted, not listed. */
const listedMax = 100;

/** Lays the named files over the replay; null if none is named. Throws UserError for one that is no evidence. */
export function overlayOf(timeline: Timeline, files: readonly string[] | undefined): Overlay | null {
  if (files === undefined) return null;
  const evidence = usableEvidence(files.map((name) => ({ name, text: textOf(name) })));
  for (const { severity, message, file, line } of evidence.diagnostics)
    process.stderr.write(`${file}:${line ?? 1}: ${severity}: ${message}\n`);
  return layEvidence(timeline, evidence);
}

function textOf(name: string): string {
  const file = openFile(name);
  const { size } = file;
  file.close?.();
  if (size > evidenceSizeMax) throw new UserError(`${name} ${evidenceTooLarge}`);
  return readFileSync(name, "utf8");
}

/** The section that says whether the offload is on, what was compared, and each disagreement with its place. */
export function* evidenceLines({ summary, findings }: Overlay): Generator<string> {
  for (const line of summary) yield `evidence: ${line}`;
  for (const finding of findings.slice(0, listedMax)) yield findingText(finding);
  if (findings.length > listedMax) yield `… and ${findings.length - listedMax} more`;
  if (findings.length === 0) yield "evidence: nothing disagrees with the model";
}
