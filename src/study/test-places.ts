import { Kind } from "../core/words/event.ts";
import type { Timeline } from "../replay/timeline.ts";
import { TransmitQueue } from "../replay/view/queue.ts";
import { plainNumbers } from "../replay/view/value.ts";
import { viewAt } from "../replay/view/view.ts";
import { causesOf } from "../replay/view/why.ts";
import { printEvent } from "../trace/language/print.ts";
import { counted, visible } from "../trace/visible.ts";

/** A place of the trace's text that a failure leads to. */
export interface Place {
  name: string;
  line: number;
}

/** Descriptors that are told one by one. */
const descriptorsMax = 16;

/**
 * Where an event's outcome comes from, innermost first: what it posted, the last descriptor first, the event itself,
 * then of a transmit the record's push, the write, and what else its bytes passed.
 */
export function placesOf(timeline: Timeline, event: number): Place[] {
  const { events } = timeline.trace;
  const lineOf = (of: number) => events.line.at(of);
  const own = { name: printEvent(timeline.trace, event).replace(/\s+/g, " "), line: lineOf(event) };
  const stage = timeline.record(event).stages.length - 1;
  const causes = events.kind.at(event) === Kind.transmit ? causesOf(viewAt(timeline, { event, stage })) : [];
  const behind = causes.map(({ name, position }) => ({ name, line: lineOf(position.event) }));
  return [...descriptorsOf(timeline, event), own, ...behind].map(({ name, line }) => ({
    name: visible(name),
    line,
  }));
}

function descriptorsOf(timeline: Timeline, event: number): Place[] {
  const queue = new TransmitQueue(timeline);
  const rows = queue.rowsOf(event);
  const line = timeline.trace.events.line.at(event);
  const told = rows.slice(-descriptorsMax).map((row) => {
    const { instruction, postedBy } = queue.text(row, plainNumbers);
    return { name: `${instruction} by ${postedBy}`, line };
  });
  const left = rows.length - told.length;
  return [...told.reverse(), ...(left > 0 ? [{ name: `${counted(left, "descriptor")} before`, line }] : [])];
}
