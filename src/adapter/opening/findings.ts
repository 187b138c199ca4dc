import type { DebugProtocol } from "@vscode/debugprotocol";
import { countsOf } from "../../judge/counts.ts";
import { isPlace, type Place, placesOf, wordPlace } from "../../judge/places.ts";
import type { FileVerdict, VerdictWord } from "../../judge/verdict.ts";
import type { Judged } from "../../replay/findings.ts";
import { firstLine } from "../../study/verdict.ts";
import { UserError } from "../../trace/platform.ts";
import { Sign } from "../../trace/signs.ts";
import type { Debuggee } from "../launch.ts";
import type { Sources } from "../sources.ts";
import { labelOf } from "../stops/filters.ts";
import { linkOf } from "./output.ts";

/** What was found of a trace, as plain data: the body of the answer to `findings`, which is a request of this adapter's own. */
export interface FindingsBody {
  verdict: VerdictWord;
  /** The verdict with its share, as the first line of the debug console has it. */
  text: string;
  /** What happened how often, in words. */
  counts: { what: string; count: number; bytes: string }[];
  /** Findings by what was found, then by stream; each group with how many there are, of which it holds the first ones. */
  rules: {
    label: string;
    count: number;
    streams: { name: string; count: number; findings: FindingRow[] }[];
  }[];
}

/** One finding. */
export interface FindingRow {
  text: string;
  severity: "error" | "warning";
  source: DebugProtocol.Source;
  line: number;
  /** What `goto` takes to go there. */
  targetId: number;
  /** The event, counted from 0, as a stop tells it. */
  event: number;
  /** There are captured bytes and right ones to lay side by side. */
  hasBytes: boolean;
}

/** Findings that are put into words, of one stream and rule and in all; and those that are counted at all. */
const wordedMax = 200;
const wordedInAllMax = 2000;
const countedMax = 100_000;

/** What findings are told with. */
interface Shown extends Debuggee {
  sources: Sources;
  verdict: FileVerdict;
}

export function findingsBody(debuggee: Shown): FindingsBody {
  const { sources, verdict } = debuggee;
  const groups = new Map<string, Map<string, { count: number; findings: FindingRow[] }>>();
  let counted = 0;
  let worded = 0;
  for (const place of placesOf(debuggee)) {
    if (++counted > countedMax) break;
    const label = labelOf(place.kind);
    const streams = groups.get(label) ?? new Map<string, { count: number; findings: FindingRow[] }>();
    groups.set(label, streams);
    const name = streamOf(debuggee, place);
    const group = streams.get(name) ?? { count: 0, findings: [] };
    streams.set(name, group);
    if (++group.count > wordedMax || ++worded > wordedInAllMax) continue;
    group.findings.push(rowOf(debuggee, sources, place));
  }
  return {
    verdict: verdict.verdict,
    text: firstLine(debuggee.trace, verdict),
    counts: countsOf(debuggee).map(({ what, count, bytes }) => ({ what, count, bytes })),
    rules: Array.from(groups, ([label, streams]) => ({
      label,
      count: Array.from(streams.values()).reduce((sum, { count }) => sum + count, 0),
      streams: Array.from(streams, ([name, group]) => ({ name, ...group })),
    })),
  };
}

function streamOf({ trace, timeline }: Debuggee, { event }: Place): string {
  return trace.connections[timeline.connectionAt({ event, stage: -1 })]?.name ?? "";
}

/** Where others say otherwise, nobody knows yet who is right. */
const doubtful: readonly number[] = [Sign["evidence-differs"], Sign["profile-differs"]];

function rowOf(debuggee: Debuggee, sources: Sources, place: Place): FindingRow {
  const { source, line } = linkOf(debuggee, sources, place);
  return {
    text: wordPlace(debuggee, place),
    severity: doubtful.includes(place.kind) ? "warning" : "error",
    source: source!,
    line: line!,
    targetId: targetOf(debuggee.timeline.eventCount, place),
    event: place.event,
    hasBytes: place.kind === Sign["wire-differs"],
  };
}

/** Behind the targets that are events (from 1 on) come those of each kind of findings, an event each. */
const targetOf = (eventCount: number, { event, kind }: Place): number => eventCount * (kind + 1) + event + 1;

/** The place that a target is; null if it is an event, or nothing. */
export function placeOfTarget(eventCount: number, targetId: number): Place | null {
  const kind = Math.floor((targetId - 1) / eventCount) - 1;
  return kind >= 0 && kind < Object.keys(Sign).length ? { kind, event: (targetId - 1) % eventCount } : null;
}

/** The place of a finding. Throws UserError for a target that is none. */
export function foundAt(judged: Judged, targetId: number): Place {
  const place = placeOfTarget(judged.timeline.eventCount, targetId);
  if (!place || !isPlace(judged, place)) throw new UserError(`there is no finding ${targetId}`);
  return place;
}
