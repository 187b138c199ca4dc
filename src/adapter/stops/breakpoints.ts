// adapter/stops: breakpoints of every kind, the names that one stops at, presets, conditions and log messages.

import type { DebugProtocol } from "@vscode/debugprotocol";
import type { StopRule } from "../../replay/stops.ts";
import type { Timeline } from "../../replay/timeline.ts";
import { UserError } from "../../trace/platform.ts";
import { descriptorStop } from "../queue/stop.ts";
import type { Arguments } from "../requests.ts";
import type { SourceName, Sources } from "../sources.ts";
import { type Conditions, conditionsOf } from "./conditions.ts";
import { accessed } from "./data.ts";
import { defaultFilters, filterById } from "./filters.ts";
import { type Meant, stopsNamed } from "./names.ts";

type Answer = DebugProtocol.Breakpoint;

/** What breakpoints stand in. */
export interface Subject {
  sources: Sources;
  timeline: Timeline;
}

/** What the editor asked for and the rules that it became; none where it cannot be one. */
interface Resolved {
  answer: Answer;
  rules: readonly StopRule[];
}

/** A breakpoint as it was asked for: found again when another trace is open, since the file may have changed. */
interface Asked {
  id: number;
  resolve(subject: Subject | null): Omit<Resolved, "answer"> & { answer?: Partial<Answer> };
}

type LineOption = NonNullable<Arguments["setBreakpoints"]["breakpoints"]>[number];
type FilterOption = NonNullable<Arguments["setExceptionBreakpoints"]["filterOptions"]>[number];

/** Breakpoints that are replaced together: those of a source, of the protocol's other kinds, of the console, a preset's. */
interface Group {
  kind: "lines" | "functions" | "filters" | "data" | "instructions" | "watches" | "preset";
  asked: readonly Asked[];
  resolved: readonly Resolved[];
}

/** A stop that was set in the console. */
export interface Watched {
  id: number;
  text: string;
}

/** The breakpoints of a session: kept as they were asked for, so that they outlive a restart. */
export class Breakpoints {
  /** Counts changes: whoever searches with the rules looks whether they are still the same. */
  version = 0;
  private nextId = 1;
  private subject: Subject | null = null;
  private readonly groups = new Map<string, Group>();
  private readonly watches: (Watched & { asked: Asked })[] = [];

  /** The filters that are on by default hold until the client says otherwise: some never do. */
  constructor() {
    this.setExceptions({ filters: [...defaultFilters] });
  }

  get rules(): readonly StopRule[] {
    return this.rulesOf(() => true);
  }

  /** Signs of which each stops, whatever else is so. */
  get signs(): readonly number[] {
    const filters = this.rulesOf(({ kind }) => kind === "filters");
    const plain = filters.filter(({ condition, hit, log }) => condition === null && hit === null && !log);
    return plain.flatMap(({ signs = [] }) => signs);
  }

  /** Those that somebody set; filters stand ticked by themselves. */
  get own(): readonly StopRule[] {
    return this.rulesOf(({ kind }) => kind !== "filters");
  }

  private rulesOf(isMeant: (group: Group) => boolean): StopRule[] {
    const resolved = [...this.groups.values()].filter(isMeant).flatMap((group) => group.resolved);
    return resolved.flatMap(({ rules }) => rules);
  }

  /** Replaces the breakpoints of one source. */
  setLines({ source, breakpoints, lines = [] }: Arguments["setBreakpoints"]): Answer[] {
    // A reference may look like a name, and a name like a path.
    const asked = breakpoints ?? lines.map((line) => ({ line }));
    const key = JSON.stringify([source.path ?? source.name ?? source.sourceReference]);
    return this.replace(
      "lines",
      asked.map((each) => this.line(source, each)),
      key,
    );
  }

  setFunctions({ breakpoints }: Arguments["setFunctionBreakpoints"]): Answer[] {
    return this.replace(
      "functions",
      breakpoints.map(({ name, ...conditions }) => this.named(name, conditions)),
    );
  }

  setExceptions({ filters, filterOptions = [] }: Arguments["setExceptionBreakpoints"]): Answer[] {
    const options: FilterOption[] = [...filters.map((filterId) => ({ filterId })), ...filterOptions];
    return this.replace(
      "filters",
      options.map((option) => this.filter(option)),
    );
  }

  setData({ breakpoints }: Arguments["setDataBreakpoints"]): Answer[] {
    const asked = breakpoints.map(({ dataId, accessType = "write", ...conditions }) =>
      this.asking((subject) =>
        rulesFor(accessed(dataId, accessType, subject?.timeline ?? null), conditions, subject),
      ),
    );
    return this.replace("data", asked);
  }

  /** Stops at descriptors of the transmit queue. */
  setInstructions({ breakpoints }: Arguments["setInstructionBreakpoints"]): Answer[] {
    const asked = breakpoints.map(({ instructionReference, offset = 0, ...conditions }) =>
      this.asking((subject) => {
        const meant = descriptorStop(instructionReference, offset, subject?.timeline ?? null);
        const place = subject?.sources.placeOf(meant.events![0]!);
        return {
          answer: { instructionReference, offset, ...place },
          ...rulesFor([meant], conditions, subject),
        };
      }),
    );
    return this.replace("instructions", asked);
  }

  /** Sets a stop by its name, as the console does. Throws UserError if it cannot be one. */
  watch(text: string, name: string, conditions: Conditions, connection: number): Watched {
    const asked = this.named(name, conditions, connection);
    const { message } = this.resolved(asked).answer;
    if (message !== undefined) throw new UserError(message);
    const watched = { id: asked.id, text, asked };
    this.watches.push(watched);
    this.replace(
      "watches",
      this.watches.map((each) => each.asked),
    );
    return watched;
  }

  get watched(): readonly Watched[] {
    return this.watches;
  }

  /** Takes stops of the console back, by number or text; gives those that it took. */
  unwatch(which: (watched: Watched) => boolean): readonly Watched[] {
    const gone = this.watches.filter(which);
    const left = this.watches.filter((each) => !which(each));
    this.watches.splice(0, this.watches.length, ...left);
    this.replace(
      "watches",
      left.map((each) => each.asked),
    );
    return gone;
  }

  /** Switches a preset: on if it was off. */
  togglePreset(name: string): boolean {
    const key = `preset ${name}`;
    this.version++;
    if (this.groups.delete(key)) return false;
    this.replace("preset", [this.named(name, {})], key);
    return true;
  }

  isOn(name: string): boolean {
    return this.groups.has(`preset ${name}`);
  }

  /** Finds all breakpoints again in a trace that is open now. */
  standIn(subject: Subject): void {
    this.subject = subject;
    for (const group of this.groups.values()) group.resolved = group.asked.map((each) => this.resolved(each));
    this.version++;
  }

  /** What became of those that a client was told of. */
  get answers(): readonly Answer[] {
    const told = [...this.groups.values()].filter(
      ({ kind }) => kind !== "filters" && kind !== "watches" && kind !== "preset",
    );
    return told.flatMap(({ resolved }) => resolved.map(({ answer }) => answer));
  }

  private replace(kind: Group["kind"], asked: readonly Asked[], key: string = kind): Answer[] {
    const resolved = asked.map((each) => this.resolved(each));
    this.groups.set(key, { kind, asked, resolved });
    this.version++;
    return resolved.map(({ answer }) => answer);
  }

  /** A user's mistake becomes an unverified breakpoint that says what is wrong. */
  private resolved({ id, resolve }: Asked): Resolved {
    try {
      const { answer, rules } = resolve(this.subject);
      return { answer: { id, verified: true, ...answer }, rules: rules.map((rule) => ({ ...rule, id })) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { answer: { id, verified: false, reason: "failed", message: error.message }, rules: [] };
    }
  }

  private asking(resolve: Asked["resolve"]): Asked {
    return { id: this.nextId++, resolve };
  }

  private line(source: SourceName, { line, ...conditions }: LineOption): Asked {
    return this.asking((subject) => {
      const found = subject?.sources.eventAt(source, line);
      if (!subject || !found)
        throw new UserError("no event on this line or below it in the trace that is being debugged");
      const place = subject.sources.placeOf(found.event);
      const events = Int32Array.of(found.event);
      const rule: Meant = { label: `Line ${found.line}`, kind: "line", events };
      return {
        answer: { line: found.line, source: place.source },
        ...rulesFor([rule], conditions, subject),
      };
    });
  }

  private named(name: string, conditions: Conditions, connection?: number): Asked {
    return this.asking((subject) => {
      const timeline = subject?.timeline ?? null;
      const meant = stopsNamed(name, { timeline, ...(connection !== undefined && { connection }) });
      return rulesFor(meant, conditions, subject);
    });
  }

  private filter({ filterId, ...conditions }: FilterOption): Asked {
    return this.asking((subject) => {
      const filter = filterById(filterId);
      if (!filter) throw new UserError(`there is no exception filter ${filterId}`);
      const rule: Meant = { label: filter.label, kind: "sign", signs: filter.kinds };
      return rulesFor([rule], conditions, subject);
    });
  }
}

/** The rules with what hangs on them. Throws UserError for what cannot be read. */
function rulesFor(meant: readonly Meant[], conditions: Conditions, subject: Subject | null) {
  const ofChange = meant.length > 0 && meant.every(({ kind }) => kind === "data");
  const read = conditionsOf(conditions, { timeline: subject?.timeline ?? null, ofChange });
  return { rules: meant.map((each): StopRule => ({ id: 0, ...each, ...read })) };
}
