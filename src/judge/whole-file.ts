import { type Judged, nextSign } from "../replay/findings.ts";
import { Sign } from "../trace/signs.ts";
import type { Expectation } from "../trace/trace.ts";
import { Instead, type Seen, type SeenSigns } from "./seen-signs.ts";

/** An expect line that speaks of a sign anywhere in the file. */
type SignLine = Expectation & { what: Extract<Expectation["what"], { effect: string }> };

export const isSignLine = (line: Expectation): line is SignLine => line.event < 0 && "effect" in line.what;

/** Lines that want (or forbid) signs of one kind under the same ids, found by the values that they want. */
class Wanted {
  readonly kind: number;
  readonly under: readonly string[];
  readonly instead = new Instead();
  waiting = 0;
  /** By the names of fields that lines have, then by those fields' values. */
  private readonly lines = new Map<string, Map<string, SignLine[]>>();

  constructor({ what, under }: SignLine) {
    this.kind = Sign[what.effect];
    this.under = under;
  }

  add(line: SignLine): void {
    const { fields } = line.what;
    const names = Object.keys(fields).sort();
    const byValues = this.lines.get(names.join()) ?? new Map<string, SignLine[]>();
    this.lines.set(names.join(), byValues);
    const values = valuesOf(names, new Map(Object.entries(fields)));
    const same = byValues.get(values) ?? [];
    byValues.set(values, same);
    same.push(line);
    this.waiting++;
  }

  /** The lines that a sign matches, which wait no more. */
  take(seen: Seen): SignLine[] {
    this.instead.add(seen);
    const met: SignLine[] = [];
    for (const [names, byValues] of this.lines) {
      const key = names === "" ? "" : valuesOf(names.split(","), seen.fields);
      const lines = byValues.get(key);
      if (lines === undefined) continue;
      byValues.delete(key);
      for (const line of lines) met.push(line);
    }
    this.waiting -= met.length;
    return met;
  }

  /** The lines that no sign matched. */
  *rest(): Generator<SignLine> {
    for (const byValues of this.lines.values()) for (const lines of byValues.values()) yield* lines;
  }
}

/** Values as one key: none holds a line feed, and who has not got a field matches no line that names it. */
const valuesOf = (names: readonly string[], fields: ReadonlyMap<string, string>): string =>
  names.map((name) => fields.get(name) ?? "\n").join("\n");

/**
 * What became of the lines that speak of signs anywhere in the file: what happened instead, null = the line holds. Each
 * event is looked at once, however many lines there are, with a pause behind it. `speaks`: whether lines under these ids speak of the event.
 */
export function* wholeFileOutcomes(
  judged: Judged,
  signs: SeenSigns,
  lines: readonly SignLine[],
  speaks: (event: number, under: readonly string[]) => boolean,
): Generator<number, Map<Expectation, string | null>> {
  const outcomes = new Map<Expectation, string | null>();
  const groups = yield* groupsOf(lines);
  let pending = groups;
  const next = (from: number) =>
    pending.length === 0 ? -1 : nextSign(judged, from, 1, [...new Set(pending.map(({ kind }) => kind))]);
  for (let event = next(0); event >= 0; event = next(event + 1)) {
    for (const group of pending) {
      const seen = signs.at(event, group.kind);
      if (seen.length === 0 || !speaks(event, group.under)) continue;
      for (const one of seen)
        for (const line of group.take(one)) outcomes.set(line, line.no ? one.text : null);
    }
    if (pending.some(({ waiting }) => waiting === 0)) pending = pending.filter(({ waiting }) => waiting > 0);
    yield event / judged.timeline.eventCount;
  }
  for (const group of groups) {
    for (const line of group.rest()) {
      outcomes.set(line, line.no ? null : (group.instead.words() ?? `no ${line.what.effect}`));
      yield 1;
    }
  }
  return outcomes;
}

function* groupsOf(lines: readonly SignLine[]): Generator<number, Wanted[]> {
  const groups = new Map<string, Wanted>();
  for (const line of lines) {
    const key = [line.what.effect, ...line.under].join("\n");
    const group = groups.get(key) ?? new Wanted(line);
    groups.set(key, group);
    group.add(line);
    yield 0;
  }
  return [...groups.values()];
}
