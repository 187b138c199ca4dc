import { firstAtLeast } from "../../core/base/columns.ts";
import { Flag, Kind } from "../../core/words/event.ts";
import { type Judged, nextSign } from "../../replay/findings.ts";
import type { Trace } from "../../trace/trace.ts";
import { filterById } from "../stops/filters.ts";

/** What a line can be marked by, the gravest first, and how that is told. */
export const markWords = {
  wrong: "wrong",
  leak: "plaintext leaves",
  "out-of-order": "out of order",
  resync: "resync",
  fallback: "software fallback",
  lost: "lost or dropped",
  retransmission: "sent again",
  stop: "a filter stops here",
} as const;
export type MarkName = keyof typeof markWords;
export const markNames = Object.keys(markWords) as readonly MarkName[];

/** Signs of each of these filters; every one has some. */
const ofFilters = (...filters: string[]): readonly number[] => filters.flatMap((id) => filterById(id)!.kinds);

/** The signs that a mark stands for. */
export const marked: Readonly<Record<Exclude<MarkName, "stop" | "retransmission">, readonly number[]>> = {
  wrong: ofFilters("wrong-bytes", "expectation-failed", "evidence-differs"),
  leak: ofFilters("leak"),
  "out-of-order": ofFilters("out-of-order"),
  resync: ofFilters("resync"),
  fallback: ofFilters("software-fallback"),
  lost: ofFilters("lost", "dropped"),
};

/** Which events of a replay are marked by what. What stops is asked each time, as breakpoints change. */
export class Marks {
  private readonly judged: Judged;
  /** The transmits that send something again, ascending; made when it is first asked for. */
  private resent: Int32Array | null = null;

  constructor(judged: Judged) {
    this.judged = judged;
  }

  /** The marks of an event, the gravest first; `stops`: signs that the debugger stops at. */
  of(event: number, stops: readonly number[]): MarkName[] {
    return markNames.filter((name) => this.next(name, event, stops) === event);
  }

  /** The events [from, to) with a mark, at most `most` of them: of more, the first of each of so many stretches. */
  within(name: MarkName, from: number, to: number, stops: readonly number[], most: number): number[] {
    const found: number[] = [];
    const stretch = Math.max(1, (to - from) / most);
    for (let event = from; event < to; ) {
      event = this.next(name, event, stops);
      if (event < 0 || event >= to) break;
      found.push(event);
      const behind = from + (Math.floor((event - from) / stretch) + 1) * stretch;
      event = Math.max(event + 1, stretch === 1 ? 0 : Math.ceil(behind));
    }
    return found;
  }

  /** The next event from `event` on (inclusive) with a mark, −1 = none. */
  private next(name: MarkName, event: number, stops: readonly number[]): number {
    if (name === "retransmission") {
      this.resent ??= resentIn(this.judged.timeline.trace);
      return this.resent[firstAtLeast(this.resent, event)] ?? -1;
    }
    return nextSign(this.judged, event, 1, name === "stop" ? stops : marked[name]);
  }
}

/** Transmits with bytes that one before them had, whatever became of it on the wire. */
function resentIn({ events, connections }: Trace): Int32Array {
  const ends = connections.map(() => Number.NEGATIVE_INFINITY);
  const found: number[] = [];
  const { kind, connection, seq, length, flags } = events;
  for (let event = 0; event < events.count; event++) {
    if (kind.values[event] !== Kind.transmit) continue;
    if ((flags.values[event]! & Flag.qdiscDrop) !== 0 || length.values[event] === 0) continue;
    const of = connection.values[event]!;
    const start = seq.values[event]!;
    if (start < ends[of]!) found.push(event);
    ends[of] = Math.max(ends[of]!, start + length.values[event]!);
  }
  return Int32Array.from(found);
}
