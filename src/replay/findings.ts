import { firstAtLeast } from "../core/base/columns.ts";
import type { EffectRecord, Recording } from "./recording.ts";
import { nearer, SignIndex } from "./sign-index.ts";
import type { Position, Timeline } from "./timeline.ts";

/** What judging a replay against something else found: a sign that is not the model's, as plain data. */
export interface Finding extends EffectRecord {
  /** The event that it is about, or the nearest one; −1 in a trace without events. */
  event: number;
  /** The stage of that event, −1 = the last one. */
  stage: number;
  /** Where the other side says it, as `trace.txt:12`; empty where it does not. */
  place: string;
  /** One sentence: what the other side says, and what the model says; empty where the arguments say it all. */
  text: string;
}

/** What a kernel reported of an event, as it stands in a file. */
export interface Report {
  place: string;
  /** The tracepoint and its fields. */
  text: string;
}

/** What one profile makes of an event, beside what others make of it. */
export interface ComparedEvent {
  /** The profile, as the user named it. */
  id: string;
  /** Effects that not every profile has here, as golden text. */
  effects: string[];
  /** What was posted, in the family's words. */
  queue: string;
  /** Bytes replayed to the device, and bytes encrypted in software. */
  replayed: number;
  fallback: number;
}

/** The events of a trace under several profiles. */
export interface ComparedEvents {
  readonly ids: readonly string[];
  at(event: number): ComparedEvent[];
}

/** The finding with its place, as problem matchers read it. */
export const findingText = ({ place, text }: Finding): string => (place === "" ? text : `${place}: ${text}`);

/** What all judges together say of a replay. */
export interface Judgement {
  findings: readonly Finding[];
  /** What a kernel reported, by event. */
  reports: ReadonlyMap<number, readonly Report[]>;
  /** The trace's other profiles, where it is compared under them. */
  compared: ComparedEvents | null;
}

/** Findings by event and kind, beside the timeline that they are about. */
export class Findings {
  /** In the order in which the judges gave them. */
  readonly all: readonly Finding[];
  readonly compared: ComparedEvents | null;
  /** Which events have which kinds of findings. */
  readonly kinds = new SignIndex();
  private readonly reports: Judgement["reports"];
  /** In the order of events, those of one event as in `all`. */
  private readonly sorted: readonly Finding[];
  private readonly events: Int32Array;

  constructor({ findings = [], reports = new Map(), compared = null }: Partial<Judgement> = {}) {
    this.all = findings;
    this.reports = reports;
    this.compared = compared;
    this.sorted = [...findings].sort((a, b) => a.event - b.event);
    this.events = Int32Array.from(this.sorted, ({ event }) => event);
    for (const { event, kind } of this.sorted) if (event >= 0) this.kinds.add(event, kind);
  }

  of(event: number): readonly Finding[] {
    return this.sorted.slice(firstAtLeast(this.events, event), firstAtLeast(this.events, event + 1));
  }

  /** Those of one stage of an event that somebody looks at. */
  at({ event, stages }: Recording, stage: number): readonly Finding[] {
    if (this.all.length === 0) return this.all;
    return this.of(event).filter(
      (finding) => stage === (stages[finding.stage] ? finding.stage : stages.length - 1),
    );
  }

  reportsOf(event: number): readonly Report[] {
    return this.reports.get(event) ?? [];
  }
}

/** Where nobody has judged. */
export const noFindings = new Findings();

/** A replay and what judging it found: what stops, call stack, view and reports read. */
export interface Judged {
  readonly timeline: Timeline;
  readonly findings: Findings;
}

/** What a stage shows: the effects that it said, then what was found of it. */
export function signsAt({ timeline, findings }: Judged, { event, stage }: Position): readonly EffectRecord[] {
  const recording = timeline.record(event);
  const { effects } = recording.stages[stage]!;
  const found = findings.at(recording, stage);
  return found.length === 0 ? effects : [...effects, ...found];
}

/** True if the event has an effect or a finding of any of these kinds. */
export const hasSign = ({ timeline, findings }: Judged, event: number, kinds: readonly number[]): boolean =>
  timeline.effects.meets(event, kinds) || findings.kinds.meets(event, kinds);

/** Next event in the direction, from `from` on (inclusive), that has an effect or a finding of these kinds; −1 if none. */
export function nextSign(
  { timeline, findings }: Judged,
  from: number,
  direction: 1 | -1,
  kinds: readonly number[],
): number {
  const effect = timeline.effects.next(from, direction, kinds);
  return nearer(effect, findings.kinds.next(from, direction, kinds), direction);
}
