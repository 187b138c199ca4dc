import { effects } from "../core/words/effect.ts";
import { Kind } from "../core/words/event.ts";
import type { Outcome } from "../judge/expectations.ts";
import { type Place, stopAt } from "../judge/places.ts";
import { SeenSigns } from "../judge/seen-signs.ts";
import type { Judged } from "../replay/findings.ts";
import type { EffectRecord } from "../replay/recording.ts";
import type { Gathering } from "../replay/search/aggregate.ts";
import { gather } from "../replay/search/aggregate.ts";
import { type Position, Timeline } from "../replay/timeline.ts";
import { judgedView, partOf } from "../replay/view/view.ts";
import { wrongByteAt } from "../replay/view/wrong/byte.ts";
import { judge } from "../study/study.ts";
import { printExpected } from "../trace/language/print.ts";
import { finished, UserError } from "../trace/platform.ts";
import { Sign, signs } from "../trace/signs.ts";
import type { Expectation, Trace } from "../trace/trace.ts";
import { goes, tellingEffects, type Way, wayText, wayTo, wholeWay } from "./way.ts";

/**
 * What a smaller trace must still show. This file is the one place that says what “for the same reason” is:
 * - of a query: it has any of what is asked for;
 * - of a place: an event of the same kind goes the same way (`Way`): all the effects that this one had up to there, by
 *   their names and the words among their arguments, in their order, in one connection, and the same stage behind them.
 *   Numbers are free: they are what is made small;
 * - of a failed expectation: its line fails in the same way (`Failure`), below an event that goes the same whole way;
 * - of a wrong captured byte, which no trace without payload can hold: the packet that carried it first goes the same
 *   whole way, and carries a byte of the same part of a record.
 */
export interface Reason {
  /** What is kept, in words. */
  readonly says: string;
  /** Where a trace shows it; null if it does not. */
  in(trace: Trace): Shown | null;
}

/** Where a trace shows what is kept. */
export interface Shown {
  event: number;
  /** What is to be expected of the event, so that the trace says what it is there for. */
  expected: readonly Pick<Expectation, "no" | "under" | "what">[];
}

/** Any of what a query asks for. */
export function reasonOfQuery(query: string, asked: Gathering): Reason {
  const { set } = asked;
  return {
    says: query,
    in(trace) {
      const [first] = finished(gather(judge(new Timeline(trace).runAll()), asked));
      if (!first) return null;
      const expected = set.of === "signs" ? [expecting(signs[set.kind]!.name)] : [];
      return { event: first.event, expected };
    },
  };
}

/** What was found at a place. */
export function reasonOfPlace(judged: Judged, place: Place): Reason {
  const { position, sign } = stopAt(judged, place);
  return reasonAt(judged, position, sign);
}

/** What shows where a debugger stands, of a sign that it stopped for or of all that led there. */
export function reasonAt(judged: Judged, position: Position, sign: EffectRecord | null): Reason {
  const { timeline } = judged;
  if (sign?.kind === Sign["expectation-failed"]) return failedLine(judged, sign.a);
  const wrong = sign && wrongByteAt(judgedView(judged, position), sign);
  if (!wrong) return going(wayTo(timeline, position), sign && signs[sign.kind]!.name);
  const view = judgedView(judged, position);
  // Of a packet's bytes the packet; of a record's the one that carried the byte first.
  const isTransmit = (event: number) => timeline.trace.events.kind.at(event) === Kind.transmit;
  const carrier = isTransmit(position.event) ? position.event : (wrong.carriers[0] ?? position.event);
  const isPacket = isTransmit(carrier);
  const { row, seq } = wrong;
  const part = isPacket && row > 0 ? partOf(view, row, seq - view.log.start(row)) : null;
  const way = wholeWay(timeline, carrier, part);
  const { in: shown } = going(way, null);
  const says = `a wrong byte${part === null ? "" : ` in a record's ${part}`}, there: ${wayText(way)}`;
  return {
    says,
    in(trace) {
      const found = shown(trace);
      const isRight = { no: false, under: [], what: { wire: "match" as const } };
      return found && { ...found, expected: isPacket ? [...found.expected, isRight] : found.expected };
    },
  };
}

/** An event that goes a way; of its effects this one is expected, or, of no one in particular, all that are out of the ordinary. */
function going(way: Way, sign: string | null): Reason {
  const named = effects.flatMap(({ name }) => (name === sign ? [name] : []));
  const expected = (named.length > 0 ? named : tellingEffects(way)).map(expecting);
  return {
    says: wayText(way),
    in(trace) {
      const timeline = new Timeline(trace).runAll();
      const event = timeline.trace.events.kind.values.subarray(0, timeline.eventCount);
      const found = event.findIndex((_, i) => goes(timeline, i, way));
      return found < 0 ? null : { event: found, expected };
    },
  };
}

const expecting = (effect: (typeof signs)[number]["name"]): Shown["expected"][number] => ({
  no: false,
  under: [],
  what: { effect, fields: {} },
});

/** How an expect line fails: what came instead, and of a sign that has other values, in which fields and to which side. */
interface Failure {
  instead: string;
  differing: ReadonlyMap<string, number>;
}

/** The expect line of a number, which fails. Throws UserError for one that holds. */
function failedLine(judged: Judged, line: number): Reason {
  const { timeline, outcomes } = judge(judged.timeline);
  const failed = outcomes.find(({ expectation, actual }) => expectation.line === line && actual !== null);
  if (!failed) throw new UserError(`line ${line} is no expect line that fails`);
  const { expectation } = failed;
  const failure = failureOf(judged, failed);
  const way = expectation.event < 0 ? null : wholeWay(timeline, expectation.event);
  return {
    says: `a failed expectation: ${failed.expected}, got ${failed.actual}`,
    in(trace) {
      // Without an event nothing happens, and any line fails that wants something.
      if (trace.events.count === 0) return null;
      if (!trace.expectations.some((each) => isSameLine(each, expectation))) return null;
      const again = judge(new Timeline(trace).runAll());
      const still = again.outcomes.find(
        (outcome) =>
          isSameLine(outcome.expectation, expectation) &&
          outcome.actual !== null &&
          isSameFailure(failureOf(again, outcome), failure) &&
          (way === null || goes(again.timeline, outcome.expectation.event, way)),
      );
      return still ? { event: Math.max(0, still.expectation.event), expected: [] } : null;
    },
  };
}

/** True for the line itself, and for one that leaves some of its fields open. */
function isSameLine(line: Expectation, of: Expectation): boolean {
  if (line.event < 0 !== of.event < 0 || line.no !== of.no || line.under.join() !== of.under.join())
    return false;
  if (!("effect" in line.what && "effect" in of.what)) return printExpected(line) === printExpected(of);
  const { fields } = of.what;
  return (
    line.what.effect === of.what.effect &&
    Object.entries(line.what.fields).every(([name, value]) => fields[name] === value)
  );
}

function failureOf(judged: Judged, { expectation, actual }: Outcome): Failure {
  const { what, event, no } = expectation;
  const none = new Map<string, number>();
  // A counter's value is all that is known of why it is another one: it stays.
  if ("counter" in what) return { instead: actual!, differing: none };
  if ("wire" in what) return { instead: actual!.replace(/ at line \d+$/, ""), differing: none };
  const isAbsent = actual === `no ${what.effect}`;
  if (no || isAbsent || event < 0) return { instead: isAbsent ? "nothing" : "there", differing: none };
  const seen = new SeenSigns(judged).at(event, Sign[what.effect]);
  const differences = seen.map(({ fields }) => differing(what.fields, fields));
  const [nearest = none] = differences.sort((a, b) => a.size - b.size);
  return { instead: "there", differing: nearest };
}

/** The fields that have another value, each with the side that it lies to. */
function differing(
  wanted: Readonly<Record<string, string>>,
  seen: ReadonlyMap<string, string>,
): Map<string, number> {
  const others = Object.entries(wanted).filter(([name, value]) => seen.get(name) !== value);
  return new Map(
    others.map(([name, value]) => [name, Math.sign(Number(seen.get(name)) - Number(value)) || 0]),
  );
}

const isSameFailure = (one: Failure, other: Failure): boolean =>
  one.instead === other.instead && [...one.differing].join() === [...other.differing].join();
