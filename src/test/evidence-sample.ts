import { readFileSync } from "node:fs";
import { profileById } from "../core/profiles/all.ts";
import { layEvidence, type Overlay } from "../judge/evidence/evidence.ts";
import { Timeline } from "../replay/timeline.ts";
import { readEvidence } from "../trace/evidence/evidence.ts";
import { parseTrace } from "../trace/language/parse.ts";

/** A file of the evidence sample. */
export const read = (name: string): string => readFileSync(`media/samples/evidence/${name}`, "utf8");

/** The tracepoints of the sample, without the comments: 1 install, 2 request, 3 resync, 4 retransmission. */
export const lines = read("agrees.trace")
  .split("\n")
  .filter((line) => /^ /.test(line));

export const timelineOf = (text: string): Timeline =>
  new Timeline(parseTrace("t", text, profileById)).runAll();

/** A replay of the sample. */
export const replay = (): Timeline => timelineOf(read("netronome.tlstrace"));

export const lay = (timeline: Timeline, ...files: [name: string, text: string][]): Overlay =>
  layEvidence(timeline, readEvidence(files.map(([name, text]) => ({ name, text }))));

/** Line n of the sample with something else in it. */
export function line(n: number, from: string, to: string): string {
  const changed = lines[n - 1]!.replace(from, to);
  if (changed === lines[n - 1]) throw new Error(`line ${n} has no ${from}`);
  return changed;
}
