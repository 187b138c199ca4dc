import { firstThat } from "../../core/base/columns.ts";
import { Kind } from "../../core/words/event.ts";
import type { Judged } from "../../replay/findings.ts";
import { didYouMean } from "../../replay/language/spelling.ts";
import { UserError } from "../../trace/platform.ts";
import { placeWord } from "../../trace/trace.ts";

/** What `goto` leads to: an event, and a word where that is not exactly what was asked for. */
export interface FoundPlace {
  event: number;
  note: string;
}

/** Where places are looked for. */
export interface Ground {
  judged: Judged;
  /** Whose stream sequence and record numbers are of. */
  connection: number;
  /** The event of a line, of the page that is looked at, or of the next line that has one; null if none has. */
  eventAtLine(line: number): number | null;
}

/** How a place is found from what is written behind its kind. */
type Finder = (ground: Ground, written: string) => FoundPlace;

const found = (event: number, note = ""): FoundPlace => ({ event, note });

function numberIn(written: string, what: string): number {
  if (!/^[+-]?\d+$/.test(written)) throw new UserError(`${what} takes a number, not "${written}"`);
  return Number(written);
}

/** The kinds of places that one can go to, each with an example of what is written behind it. */
export const placeKinds: ReadonlyMap<string, { example: string; says: string; find: Finder }> = new Map([
  [
    "event",
    {
      example: "24",
      says: "an event by its number, as the stop tells it",
      find: eventNumbered,
    },
  ],
  ["line", { example: "8", says: "a line of the trace, the script or the listing", find: lineAt }],
  ["frame", { example: "58", says: "a frame of the capture", find: frameAt }],
  ["time", { example: "1.5", says: "the first event at or behind so many seconds", find: timeAt }],
  ["seq", { example: "209430", says: "the first transmit of a byte, relative or absolute", find: seqAt }],
  ["record", { example: "13", says: "where a record was pushed, by its number", find: recordAt }],
  ["finding", { example: "1", says: "what was found, counted from 1", find: findingAt }],
]);

/** The event of a place such as `frame 58`, `seq 4344`, `1.5s` or `24`. Throws UserError where there is none. */
export function placeIn(ground: Ground, text: string): FoundPlace {
  const { eventCount } = ground.judged.timeline;
  if (eventCount === 0) throw new UserError("the trace has no events");
  const [first = "", ...rest] = text.trim().split(/[\s:=]+/);
  if (first === "start") return found(0);
  if (first === "end") return found(eventCount - 1);
  if (/^\d+$/.test(first) && rest.length === 0) return eventNumbered(ground, first);
  if (/^\+?\d*\.?\d+s$/.test(first) && rest.length === 0) return timeAt(ground, first);
  const kind = placeKinds.get(first);
  if (kind && rest.length === 1) return kind.find(ground, rest[0]!);
  const examples = [...placeKinds].map(([word, { example }]) => `${word} ${example}`).join(", ");
  throw new UserError(
    `"${text.trim()}" is no place; places are ${examples}, start, end${didYouMean(first, placeKinds.keys())}`,
  );
}

function eventNumbered({ judged: { timeline } }: Ground, written: string): FoundPlace {
  const number = numberIn(written, "event");
  if (!(number >= 1 && number <= timeline.eventCount))
    throw new UserError(`there is no event ${number}: the trace has ${timeline.eventCount}`);
  return found(number - 1);
}

function lineAt({ eventAtLine }: Ground, written: string): FoundPlace {
  const event = eventAtLine(numberIn(written, "line"));
  if (event === null) throw new UserError(`no event stands at line ${written} or below it`);
  return found(event);
}

/** The first event that stands there; where none does, the one that stands nearest behind. */
function frameAt({ judged: { timeline } }: Ground, written: string): FoundPlace {
  const { trace } = timeline;
  if (placeWord(trace) === "line")
    throw new UserError(`${trace.name} has lines, not frames: goto line ${written}`);
  const frame = numberIn(written, "frame");
  const { events } = trace;
  let best = -1;
  for (let event = 0; event < events.count; event++) {
    const at = events.line.at(event);
    if (at === frame) return found(event);
    if (at > frame && (best < 0 || at < events.line.at(best))) best = event;
  }
  if (best < 0) throw new UserError(`no event stands at frame ${frame} or behind it`);
  return found(best, `no event stands at frame ${frame}; the next one is at frame ${events.line.at(best)}`);
}

function timeAt({ judged: { timeline } }: Ground, written: string): FoundPlace {
  if (!/^\+?\d*\.?\d+s?$/.test(written)) throw new UserError(`time takes seconds, not "${written}"`);
  const { events } = timeline.trace;
  const seconds = written.replace("s", "");
  const timeNs = Math.round(Number(seconds) * 1e9);
  const event = firstThat(0, events.count, (each) => events.timeNs.at(each) >= timeNs);
  if (event >= events.count) throw new UserError(`the trace ends before ${seconds} s`);
  return found(event);
}

/** A number of the stream counts from the offload start; one that no transmit of it carries is one of the wire. */
function seqAt({ judged: { timeline }, connection }: Ground, written: string): FoundPlace {
  const number = numberIn(written, "seq");
  const { startSeq, name } = timeline.trace.connections[connection]!;
  const { events } = timeline.trace;
  let ofWire = -1;
  for (const event of timeline.eventsOf(connection)) {
    if (events.kind.at(event) !== Kind.transmit) continue;
    const from = events.seq.at(event);
    const length = events.length.at(event);
    const ahead = startSeq + number - from;
    if (ahead >= 0 && ahead < length) return found(event);
    const aheadOnWire = (number - from) % 2 ** 32;
    const wrapped = aheadOnWire < 0 ? aheadOnWire + 2 ** 32 : aheadOnWire;
    if (ofWire < 0 && number >= 0 && wrapped < length) ofWire = event;
  }
  if (ofWire >= 0) return found(ofWire, `${number} is taken as the sequence number on the wire`);
  throw new UserError(`no transmit of ${name} carries byte ${number}`);
}

function recordAt({ judged: { timeline }, connection }: Ground, written: string): FoundPlace {
  if (!/^\d+$/.test(written)) throw new UserError(`record takes a number, not "${written}"`);
  const sn = BigInt(written);
  const { records } = timeline.machine.sockets[connection]!;
  for (let row = 0; row < records.count; row++)
    if (records.pushedBy.at(row) >= 0 && records.knownSn(row) === sn) return found(records.pushedBy.at(row));
  throw new UserError(`${timeline.trace.connections[connection]!.name} has no record ${written}`);
}

function findingAt({ judged: { findings } }: Ground, written: string): FoundPlace {
  const number = numberIn(written, "finding");
  const finding = findings.all[number - 1];
  if (!finding || finding.event < 0)
    throw new UserError(`there is no finding ${number}: ${findings.all.length} were found`);
  return found(finding.event);
}
