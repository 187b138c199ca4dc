import type { Bug } from "../core/bugs/bug.ts";
import { bugNamed, bugs } from "../core/bugs/catalogue.ts";
import { kernels } from "../core/machine/generation.ts";
import { profiles } from "../core/profiles/all.ts";
import { effects } from "../core/words/effect.ts";
import { type StageSpec, stages } from "../core/words/stage.ts";
import { speaksHere } from "../judge/expectations.ts";
import { SignIndex } from "../replay/sign-index.ts";
import type { Timeline } from "../replay/timeline.ts";
import { Sign } from "../trace/signs.ts";
import { underIdOf } from "../trace/variant.ts";
import { notableEffects } from "./test-update.ts";

/** What can be covered: an effect of the model, a stage with its kernel functions, a bug, a NIC family, a kernel. */
export type CoveredKind = "effect" | "stage" | "bug" | "profile" | "kernel";

/** What one run of a trace came by, as plain data. */
export interface Covered {
  /** By kind: the names of what occurred, or was there. */
  met: Record<CoveredKind, string[]>;
  /** Names of the bugs whose own effect the run has. */
  shown: string[];
  /** The expect lines that speak of the run, and what each speaks of. */
  lines: { line: number; kind: CoveredKind; name: string }[];
  /** Lines of events with notable effects, and whether an expect line speaks of the event. */
  notable: { line: number; expected: boolean }[];
}

/** Hears, beside the effects, which stages a first pass goes through. */
export class StageSink extends SignIndex {
  readonly reached = new Set<number>();

  override stage(stage: number): void {
    this.reached.add(stage);
  }
}

/** What a whole run came by. */
export function coveredBy(timeline: Timeline, { reached }: StageSink): Covered {
  const { trace } = timeline;
  const devices = trace.devices.flatMap((device) => [device, ...(device.later ?? [])]);
  const faults = [...new Set(devices.flatMap(({ profile }) => profile.faults))];
  const met = {
    effect: effects.filter((_, kind) => timeline.effects.count(kind) > 0).map(({ name }) => name),
    stage: stages.filter((_, stage) => reached.has(stage)).map(({ name }) => name),
    bug: faults,
    profile: [...new Set(devices.map(({ profile }) => familyOf(profile.id)))],
    kernel: [...new Set(devices.map(({ kernel }) => kernel.id))],
  };
  const shown = faults.filter((name) => shows(timeline, bugNamed(name)));
  return { met, shown, ...linesOf(timeline) };
}

/** A broken profile is one of its family. */
const familyOf = (id: string): string => id.split("/")[0]!;

/** True if the run has the effect that tells of a bug. */
function shows(timeline: Timeline, bug: Bug | null): boolean {
  if (!bug?.shows) return false;
  const [name = "", word] = bug.shows.split(" ");
  const kind = Sign[name as keyof typeof Sign];
  const form = effects[kind]!.args[0]?.[1];
  const list = timeline.effects;
  for (let event = list.next(0, 1, [kind]); event >= 0; event = list.next(event + 1, 1, [kind])) {
    if (word === undefined || !Array.isArray(form)) return true;
    if (timeline.effectsIn(event).some((said) => said.kind === kind && form[said.a] === word)) return true;
  }
  return false;
}

function linesOf(timeline: Timeline): Pick<Covered, "lines" | "notable"> {
  const { trace } = timeline;
  const speaking = trace.expectations.filter((expectation) => speaksHere(timeline, expectation));
  const lines = speaking.flatMap(({ line, what, under }) => [
    ...("effect" in what && what.effect in Sign
      ? [{ line, kind: "effect" as const, name: what.effect }]
      : []),
    ...under.flatMap((id) => namedBy(id).map((named) => ({ line, ...named }))),
  ]);
  const spoken = new Set(speaking.map(({ event }) => event));
  const notable: Covered["notable"] = [];
  const next = (from: number) => timeline.effects.next(from, 1, notableEffects);
  for (let event = next(0); event >= 0; event = next(event + 1))
    notable.push({ line: trace.events.line.at(event), expected: spoken.has(event) });
  return { lines, notable };
}

/** What an id behind `under` names. */
function namedBy(id: string): { kind: CoveredKind; name: string }[] {
  const { profile, kernel } = underIdOf(id, () => true)!;
  const named: { kind: CoveredKind; name: string }[] = [];
  if (kernel !== null) named.push({ kind: "kernel", name: kernel });
  if (profile === null) return named;
  named.push({ kind: "profile", name: familyOf(profile) });
  // A profile file's path has slashes, too.
  for (const name of profile.slice(profile.lastIndexOf("/") + 1).split("+"))
    if (bugNamed(name)) named.push({ kind: "bug", name });
  return named;
}

/** How far the traces that were tested cover one thing. */
export interface CoverageRow {
  kind: CoveredKind;
  name: string;
  says: string;
  /** Runs that it occurs in, or that are under it. */
  runs: number;
  /** Of a bug: runs under it that have the effect that tells of it; null where no effect does. */
  shown: number | null;
  /** Expect lines that speak of it; of a stage none can. */
  lines: number | null;
}

/** Everything that can be covered, in the tables' order. */
const coverable: readonly Pick<CoverageRow, "kind" | "name" | "says">[] = [
  ...effects.map(({ name, says }) => ({ kind: "effect" as const, name, says })),
  ...stages.map(({ name, functions }: StageSpec) => ({
    kind: "stage" as const,
    name,
    says: functions.join(", "),
  })),
  ...bugs.map(({ name, says }) => ({ kind: "bug" as const, name, says })),
  ...profiles.map(({ id, title }) => ({ kind: "profile" as const, name: id, says: title })),
  ...kernels.map(({ id, title }) => ({ kind: "kernel" as const, name: id, says: title })),
];

/** What runs cover together. A line counts once, however many runs it speaks of. */
export function coverageOf(runs: readonly { file: string; covered: Covered | null }[]): CoverageRow[] {
  const met = new Map<string, number>();
  const shown = new Map<string, number>();
  const lines = new Map<string, Set<string>>();
  for (const { file, covered } of runs) {
    if (covered === null) continue;
    for (const kind of kinds) for (const name of covered.met[kind]) count(met, keyOf(kind, name));
    for (const name of covered.shown) count(shown, name);
    for (const { kind, name, line } of covered.lines) {
      const key = keyOf(kind, name);
      lines.set(key, (lines.get(key) ?? new Set()).add(`${line} ${file}`));
    }
  }
  return coverable.map(({ kind, name, says }) => ({
    kind,
    name,
    says,
    runs: met.get(keyOf(kind, name)) ?? 0,
    shown: kind === "bug" && bugNamed(name)?.shows ? (shown.get(name) ?? 0) : null,
    lines: kind === "stage" ? null : (lines.get(keyOf(kind, name))?.size ?? 0),
  }));
}

export const kinds = [
  "effect",
  "stage",
  "bug",
  "profile",
  "kernel",
] as const satisfies readonly CoveredKind[];

const keyOf = (kind: CoveredKind, name: string): string => `${kind} ${name}`;

const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
