// adapter/listing: what the lines of a listing carry.

import { firstAtLeast } from "../../core/base/columns.ts";
import { seq } from "../../core/base/seq.ts";
import type { Socket } from "../../core/machine/socket.ts";
import { Kind } from "../../core/words/event.ts";
import type { Judged } from "../../replay/findings.ts";
import type { Timeline } from "../../replay/timeline.ts";
import type { SourceName, Sources } from "../sources.ts";
import { type MarkName, Marks, markNames } from "./marks.ts";

/** What stands beside a line of a listing or trace, as plain data. */
export interface LineNote {
  line: number;
  /** The line's first event, from 1. */
  event: number;
  /** The capture's frame that it was seen in; absent in trace files. */
  frame?: number;
  /** Seconds since the capture or trace began. */
  time: number;
  /** The record that it makes, or that a transmit's first byte lies in; `?` = its number is not known. */
  record?: string;
  /** All of that in columns, as wide on each line of the trace. */
  text: string;
  /** The same in words: `event 28, frame 30, 0.012402 s, record 2`. */
  says: string;
  marks: MarkName[];
}

/** Lines with each mark, for a ruler. */
export type MarkedLines = Partial<Record<MarkName, number[]>>;

/** Lines told at once at most: an editor shows some hundred. */
const linesMax = 2000;
/** Marked lines of a kind told at once: more than a ruler has pixels. */
const markedMax = 2000;

/** What stands beside the lines of a trace, told for the ranges that somebody looks at. */
export class LineNotes {
  private readonly timeline: Timeline;
  private readonly sources: Sources;
  private readonly marks: Marks;
  private readonly widths: Widths;

  constructor(judged: Judged, sources: Sources) {
    this.timeline = judged.timeline;
    this.widths = widthsOf(judged.timeline);
    this.sources = sources;
    this.marks = new Marks(judged);
  }

  /** Notes of the lines with an event from `line` to `endLine`, both included; `stops`: signs that the debugger stops at. */
  notes(
    source: SourceName,
    [line, endLine]: readonly [number, number],
    stops: readonly number[],
  ): LineNote[] {
    const notes: LineNote[] = [];
    const { eventCount } = this.timeline;
    let at = this.sources.eventAt(source, line);
    while (at !== null && at.line <= endLine && notes.length < linesMax) {
      const { event, line: here } = at;
      notes.push(this.noteOf(event, here, stops));
      // A script's line may have several events.
      let next = event + 1;
      while (next < eventCount && this.lineOf(next, source) === here) next++;
      const lineOfNext = next < eventCount ? this.lineOf(next, source) : -1;
      at = lineOfNext < 0 ? null : { event: next, line: lineOfNext };
    }
    return notes;
  }

  /** The marked lines of a source. */
  marked(source: SourceName, stops: readonly number[]): MarkedLines {
    const [from, to] = this.sources.eventsOf(source);
    const found: MarkedLines = {};
    for (const name of markNames) {
      const events = this.marks.within(name, from, to, stops, markedMax);
      const lines = events.map((event) => this.sources.placeOf(event).line);
      if (lines.length > 0) found[name] = lines;
    }
    return found;
  }

  /** The line of an event in a source, −1 = it is in another. */
  private lineOf(event: number, source: SourceName): number {
    const [from, to] = this.sources.eventsOf(source);
    return event >= from && event < to ? this.sources.placeOf(event).line : -1;
  }

  private noteOf(event: number, line: number, stops: readonly number[]): LineNote {
    const { trace } = this.timeline;
    const time = trace.events.timeNs.at(event) / 1e9;
    const record = recordOf(this.timeline, event);
    const note = {
      line,
      event: event + 1,
      ...(trace.kind === "capture" && { frame: trace.events.line.at(event) }),
      time,
      ...(record !== null && { record }),
    };
    return { ...note, text: this.columns(note), says: worded(note), marks: this.marks.of(event, stops) };
  }

  /** `#45000 f58 0.123456 r13`: event, frame, time, record. */
  private columns({ event, frame, time, record }: Place): string {
    const { widths } = this;
    const parts = [
      `#${event}`.padStart(widths.event),
      ...(frame === undefined ? [] : [`f${frame}`.padStart(widths.frame)]),
      time.toFixed(6).padStart(widths.time),
      (record === undefined ? "" : `r${record}`).padEnd(widths.record),
    ];
    return parts.join(" ");
  }
}

type Place = Omit<LineNote, "text" | "says" | "marks">;

const worded = ({ event, frame, time, record }: Place): string =>
  [
    `event ${event}`,
    ...(frame === undefined ? [] : [`frame ${frame}`]),
    `${time} s`,
    ...(record === undefined ? [] : [`record ${record}`]),
  ].join(", ");

/** Characters of the columns. */
type Widths = Readonly<Record<"event" | "frame" | "time" | "record", number>>;

/** As many as the last event takes, and the records of the connection that has most. */
function widthsOf({ trace: { events }, machine }: Timeline): Widths {
  const { count } = events;
  const [frame, seconds] =
    count === 0 ? [0, 0] : [events.line.at(count - 1), Math.floor(events.timeNs.at(count - 1) / 1e9)];
  const records = machine.sockets.reduce((most, socket) => Math.max(most, socket.records.count), 0);
  const digits = (number: number) => String(number).length;
  return {
    event: 1 + digits(count),
    frame: 1 + digits(frame),
    time: digits(seconds) + 7,
    record: 1 + digits(records),
  };
}

/** The record that an event makes, or that its first byte lies in; null where it is about none. */
export function recordOf({ trace, machine }: Timeline, event: number): string | null {
  const { events } = trace;
  const of = events.connection.at(event);
  if (of < 0) return null;
  const socket = machine.sockets[of]!;
  const isTransmit = events.kind.at(event) === Kind.transmit;
  const { records } = socket;
  const row = isTransmit ? records.rowOf(seq(events.seq.at(event)), records.count) : pushedBy(socket, event);
  if (row < 0 || records.length.at(row) === 0) return null;
  return String(records.knownSn(row) ?? "?");
}

/** The first row that an event pushed, −1 = none. */
function pushedBy({ records: { pushedBy, count } }: Socket, event: number): number {
  const row = firstAtLeast(pushedBy.values, event, count);
  return row < count && pushedBy.values[row] === event ? row : -1;
}
