import { firstAtLeast } from "../../core/base/columns.ts";
import { Kind } from "../../core/words/event.ts";
import type { Judged } from "../../replay/findings.ts";
import { didYouMean } from "../../replay/language/spelling.ts";
import type { Timeline } from "../../replay/timeline.ts";
import { secondsText } from "../../replay/view/value.ts";
import { bytesNamed } from "../../replay/view/why/numbers.ts";
import { packetsIn } from "../../replay/view/wrong/packets.ts";
import { UserError } from "../../trace/platform.ts";
import { placeWord, type Trace } from "../../trace/trace.ts";

/** What `goto` leads to: an event, and a word where that is not exactly what was asked for. */
export interface FoundPlace {
  event: number;
  note: string;
}

/** Where places are looked for. */
export interface Ground {
  judged: Judged;
  /** The event that the debugger stands at. */
  event: number;
  /** Whose stream sequence and record numbers are of, unless another is named. */
  connection: number;
  /** The event of a line, of the page that is looked at, or of the next line that has one; null if none has. */
  eventAtLine(line: number): number | null;
}

/** How a place is found from the words behind its kind. */
type Finder = (ground: Ground, written: string) => FoundPlace;

interface PlaceKind {
  example: string;
  says: string;
  find: Finder;
}

const found = (event: number, note = ""): FoundPlace => ({ event, note });

const numberForm = /^[+-]?\d{1,16}$/;

function numberIn(written: string, what: string): number {
  if (!numberForm.test(written)) throw new UserError(`${what} takes a number, not "${written}"`);
  return Number(written);
}

/** The kinds of places that one can go to, each with an example of what is written behind it. */
export const placeKinds: ReadonlyMap<string, PlaceKind> = new Map([
  ["event", { example: "24", says: "an event by its number, as the stop tells it", find: eventAt }],
  ["line", { example: "8", says: "a line of the trace, the script or the listing", find: lineAt }],
  ["frame", { example: "58", says: "a frame of the capture: its packet", find: frameAt }],
  [
    "time",
    {
      example: "1.5",
      says: "the first event at or behind so many seconds; `+20ms`, `-1s`: from here",
      find: timeAt,
    },
  ],
  [
    "seq",
    {
      example: "209430",
      says: "the next transmit of a byte, relative or absolute, behind it a stream",
      find: seqAt,
    },
  ],
  [
    "record",
    { example: "13", says: "where a record was pushed, by its number, behind it a stream", find: recordAt },
  ],
  [
    "finding",
    { example: "1", says: "what was found, counted from 1; without a number the next", find: findingAt },
  ],
]);

/** The event of a place such as `frame 58`, `seq 4344 B>A`, `1.5s`, `+20ms` or `24`. Throws UserError where there is none. */
export function placeIn(ground: Ground, text: string): FoundPlace {
  const { eventCount } = ground.judged.timeline;
  if (eventCount === 0) throw new UserError("the trace has no events");
  const [, first = "", rest = ""] = /^(\S*?)(?:[\s:=]+(.*))?$/s.exec(text.trim()) ?? [];
  if (rest === "") {
    if (first === "start") return found(0);
    if (first === "end") return found(eventCount - 1);
    if (/^\d+$/.test(first)) return eventAt(ground, first);
    if (/^[+-]?[\d.]+(s|ms|us|µs|ns)?$/.test(first)) return timeAt(ground, first);
  }
  const kind = placeKinds.get(first);
  if (kind && (rest !== "" || first === "finding")) return kind.find(ground, rest.trim());
  const examples = [...placeKinds].map(([word, { example }]) => `${word} ${example}`).join(", ");
  throw new UserError(
    `"${text.trim()}" is no place; places are ${examples}, start, end${didYouMean(first, placeKinds.keys())}`,
  );
}

function eventAt({ judged: { timeline } }: Ground, written: string): FoundPlace {
  const number = numberIn(written, "event");
  if (!(number >= 1 && number <= timeline.eventCount))
    throw new UserError(`there is no event ${number}: the trace has ${timeline.eventCount}`);
  return found(number - 1);
}

/** A line of the page that is looked at: of the file, or of the listing. */
function lineAt({ eventAtLine }: Ground, written: string): FoundPlace {
  const event = eventAtLine(numberIn(written, "line"));
  if (event === null) throw new UserError(`no event stands at line ${written} or below it`);
  return found(event);
}

function frameAt({ judged: { timeline } }: Ground, written: string): FoundPlace {
  return atFrame(timeline.trace, numberIn(written, "frame"));
}

/**
 * The packet of a frame; where none of its streams' is in it, its first event, or that of the next frame that has some.
 * Throws UserError where there is none.
 */
export function atFrame(trace: Trace, frame: number): FoundPlace {
  if (placeWord(trace) === "line")
    throw new UserError(`${trace.name} has lines, not frames: name line ${frame}`);
  const { events } = trace;
  const frames = events.line.values.subarray(0, events.count);
  const first = firstAtLeast(frames, frame);
  if (first === frames.length)
    throw new UserError(`the last frame with an event is ${frames.at(-1)}, before ${frame}`);
  const next = frames[first]!;
  let event = first;
  while (event < frames.length && frames[event] === next && events.kind.at(event) !== Kind.transmit) event++;
  const isPacket = event < frames.length && frames[event] === next;
  return found(
    isPacket ? event : first,
    next === frame ? "" : `no event stands at frame ${frame}; the next one is at frame ${next}`,
  );
}

const units: Readonly<Record<string, number>> = { "": 1e9, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 };
/** What decimals can be off by, in nanoseconds. */
const slackNs = 0.5;

/** The first event at a time since the trace began, or, with a sign, so long behind or before where one is. */
function timeAt({ judged: { timeline }, event }: Ground, written: string): FoundPlace {
  const [, sign, number = "", unit = ""] =
    /^([+-]?)(\d+\.?\d*|\.\d+)\s*(s|ms|us|µs|ns)?$/.exec(written) ?? [];
  if (number === "") throw new UserError(`time takes seconds such as 1.5, 20ms or +1s, not "${written}"`);
  const { events } = timeline.trace;
  const offset = Number(number) * units[unit]!;
  const now = events.timeNs.at(event);
  const wanted = sign === "+" ? now + offset : sign === "-" ? now - offset : offset;
  const from = sign === "+" ? event + 1 : 0;
  // Clocks of captures may go back, so that this is no search in halves.
  for (let at = from; at < events.count; at++)
    if (events.timeNs.values[at]! >= wanted - slackNs) return found(at);
  throw new UserError(`the trace ends before ${secondsText(wanted)}`);
}

/** What is written in front of a stream's name, and that stream; without a name the one where the debugger is. */
function ofStream({ judged, connection }: Ground, written: string): { text: string; of: number } {
  const [text = "", name, ...more] = written.split(/\s+/);
  if (name === undefined) return { text, of: connection };
  const { connections } = judged.timeline.trace;
  const of = connections.findIndex((one) => one.name === name || one.flow === name);
  if (of >= 0 && more.length === 0) return { text, of };
  const names = connections.slice(0, 20).map((one) => one.name);
  throw new UserError(`"${[name, ...more].join(" ")}" is no stream; there is ${names.join(", ")}`);
}

/** The next transmit that carries a byte, behind the last one the first again: the same words go from copy to copy. */
function seqAt(ground: Ground, written: string): FoundPlace {
  const { timeline } = ground.judged;
  const { text, of } = ofStream(ground, written);
  const number = numberIn(text, "seq");
  const { carriers, isAbsolute } = carriersOf(timeline, of, number);
  const { name } = timeline.trace.connections[of]!;
  if (carriers.length === 0) throw new UserError(`no transmit of ${name} carries byte ${number}`);
  const copy = Math.max(
    0,
    carriers.findIndex((event) => event > ground.event),
  );
  const sent = carriers.length === 1 ? "" : `copy ${copy + 1} of ${carriers.length}`;
  const onWire = isAbsolute ? `${number} is taken as the sequence number on the wire` : "";
  return found(carriers[copy]!, [onWire, sent].filter((note) => note !== "").join("; "));
}

/** The transmits of a stream that carry the byte of a number: by the file's own count, else as on the wire. */
export function carriersOf(
  timeline: Timeline,
  connection: number,
  number: number,
): { carriers: readonly number[]; isAbsolute: boolean } {
  const { startSeq } = timeline.trace.connections[connection]!;
  const bytes = bytesNamed(timeline, { connection, here: startSeq }, `${number}`);
  if (bytes === null) return { carriers: [], isAbsolute: false };
  const carriers = packetsIn(timeline.trace, connection).carriersOf(bytes.from - startSeq);
  return { carriers, isAbsolute: bytes.isAbsolute };
}

/** Where a record is pushed; after a rekey numbers begin anew, so that the same words go from one to the next. */
function recordAt(ground: Ground, written: string): FoundPlace {
  const { timeline } = ground.judged;
  const { text, of } = ofStream(ground, written);
  if (!/^\d{1,20}$/.test(text)) throw new UserError(`record takes a number, not "${text}"`);
  const { records } = timeline.machine.sockets[of]!;
  const sn = BigInt(text);
  const pushed: number[] = [];
  for (let row = 0; row < records.count; row++)
    if (records.length.at(row) > 0 && records.knownSn(row) === sn) pushed.push(records.pushedBy.at(row));
  const event = pushed.find((each) => each > ground.event) ?? pushed[0];
  if (event === undefined)
    throw new UserError(
      `${timeline.trace.connections[of]!.name} has no record ${text}, or its number is not known`,
    );
  return found(event);
}

/** A finding by its number from 1, in the order of events; without one the next from here. */
function findingAt({ judged: { findings }, event }: Ground, written: string): FoundPlace {
  const all = findings.all.filter((one) => one.event >= 0).sort((a, b) => a.event - b.event);
  const next = Math.max(
    0,
    all.findIndex((one) => one.event > event),
  );
  const number = written === "" ? next + 1 : numberIn(written, "finding");
  const finding = all[number - 1];
  if (!finding) throw new UserError(`there is no finding ${number}: ${all.length} were found`);
  return found(finding.event, written === "" ? `finding ${number} of ${all.length}` : "");
}
