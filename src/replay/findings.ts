/** What a comparison with something other than the trace found: the kernel's evidence, another profile. */
export interface Finding {
  /** The effect that it shows as: evidence-differs, profile-differs. */
  effect: number;
  /** The event that it is about, or the nearest one; −1 in a trace without events. */
  event: number;
  /** The stage of that event, −1 = the last one. */
  stage: number;
  /** Where the other side says it, as `trace.txt:12`; empty where it does not. */
  place: string;
  /** One sentence: what the other side says, and what the model says. */
  text: string;
}

/** What a kernel reported of an event, as it stands in a file. */
export interface Report {
  place: string;
  /** The tracepoint and its fields. */
  text: string;
}

/** The finding with its place, as problem matchers read it. */
export const findingText = ({ place, text }: Finding): string => (place === "" ? text : `${place}: ${text}`);

/** What was found of a timeline's events after its first pass: the one place that keeps the sentences. */
export class FindingLog {
  readonly findings: Finding[] = [];
  private readonly byEvent = new Map<number, number[]>();
  private readonly reports = new Map<number, Report[]>();

  /** Gives the finding's number, which is the argument of its effect. */
  add(finding: Finding): number {
    const number = this.findings.push(finding) - 1;
    listIn(this.byEvent, finding.event).push(number);
    return number;
  }

  /** Numbers of the event's findings. */
  of(event: number): readonly number[] {
    return this.byEvent.get(event) ?? [];
  }

  report(event: number, report: Report): void {
    listIn(this.reports, event).push(report);
  }

  reportsOf(event: number): readonly Report[] {
    return this.reports.get(event) ?? [];
  }
}

/** The list under a key, made if there is none. */
export function listIn<Key, Item>(lists: Map<Key, Item[]>, key: Key): Item[] {
  let list = lists.get(key);
  if (list === undefined) {
    list = [];
    lists.set(key, list);
  }
  return list;
}
