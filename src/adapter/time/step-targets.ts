import { advance, before, type Seq, seq } from "../../core/base/seq.ts";
import { Kind } from "../../core/words/event.ts";
import { Stage } from "../../core/words/stage.ts";
import type { Recording } from "../../replay/recording.ts";
import type { Position, Timeline } from "../../replay/timeline.ts";
import { type NumberStyle, plainNumbers } from "../../replay/view/value.ts";
import { rangeIn, recordName, type View, viewAt } from "../../replay/view/view.ts";
import { UserError } from "../../trace/platform.ts";
import { type Counter, Interned } from "../inspection/interned.ts";
import { atEnd, next } from "./moves.ts";

/** A part of a packet that Step Into can go to: a record in it, or a packet on the wire that it becomes. */
export interface StepTarget {
  label: string;
  position: Position;
}

/** More of a kind nobody picks from a list. */
const targetsMax = 200;

/** The targets that a session has offered, by number. */
export class StepTargets {
  private readonly offered: Interned<StepTarget>;

  constructor(counter: Counter) {
    this.offered = new Interned(counter);
  }

  /** What is ahead in the packet that the connection is in or comes to next, each with its number. */
  of(timeline: Timeline, from: Position, connection: number, numbers = plainNumbers) {
    return targetsAhead({ timeline, from, connection, numbers }).map((target) => {
      const { label, position } = target;
      const key = `${connection} ${position.event}:${position.stage} ${label}`;
      return { id: this.offered.numberOf(key, () => target), label, event: position.event };
    });
  }

  /** Throws UserError for a number that was never given, or a place that is not ahead any more. */
  at(id: number, from: Position): Position {
    const target = this.offered.of(id);
    if (!target) throw new UserError(`there is no target ${id} to step into`);
    const { position, label } = target;
    const isAhead =
      position.event > from.event || (position.event === from.event && position.stage > from.stage);
    if (!isAhead) throw new UserError(`${label} is not ahead of where the debugger stands`);
    return position;
  }
}

/** Whose packet is looked into, from where. */
interface Asked {
  timeline: Timeline;
  from: Position;
  connection: number;
  numbers: NumberStyle;
}

function targetsAhead({ timeline, from, connection, numbers }: Asked): StepTarget[] {
  const event = eventAhead(timeline, from, connection);
  const { events } = timeline.trace;
  if (event === null || events.kind.at(event) !== Kind.transmit) return [];
  const recording = timeline.record(event);
  const view = { ...viewAt(timeline, atEnd(timeline, event), connection), numbers };
  const packet = { from: seq(events.seq.at(event)), length: events.length.at(event) };
  return [...recordsOf(view, packet), ...segmentsOf(view, packet)].flatMap(({ label, first, stages }) => {
    const stage = stageOf(recording, first, stages);
    const isAhead = event > from.event || stage > from.stage;
    return stage >= 0 && isAhead ? [{ label, position: { event, stage } }] : [];
  });
}

/** The event that the connection is in the midst of, or else its next one. */
function eventAhead(timeline: Timeline, from: Position, connection: number): number | null {
  const isInside =
    timeline.connectionsOf(from.event).includes(connection) && from.stage < atEnd(timeline, from.event).stage;
  return isInside ? from.event : (next(timeline, from, connection)?.event ?? null);
}

interface Bytes {
  from: Seq;
  length: number;
}

/** A part of a packet: its first byte, and the kind of stage that it is looked at behind. */
interface Part {
  label: string;
  first: Seq;
  stages: "nic" | "wire";
}

/** The records that a packet has bytes of, as far as they are pushed. */
function recordsOf(view: View, { from, length }: Bytes): Part[] {
  const { log, state } = view;
  const end = advance(from, length);
  const rows = log.rowsIn(from, end).filter((row) => row > 0 && row < state.tail);
  return rows.slice(0, targetsMax).map((row) => {
    const first = before(log.start(row), from) ? from : log.start(row);
    const last = before(log.end(row), end) ? log.end(row) : end;
    return { label: `${recordName(log, row)}: ${rangeIn(view, first, last - first)}`, first, stages: "nic" };
  });
}

/** The packets on the wire that a segment of several is cut into. */
function segmentsOf(view: View, { from, length }: Bytes): Part[] {
  const { mss } = view.connection;
  if (mss === 0 || length <= mss) return [];
  const count = Math.ceil(length / mss);
  return Array.from({ length: Math.min(count, targetsMax) }, (_, i) => {
    const first = advance(from, i * mss);
    const range = rangeIn(view, first, Math.min(mss, length - i * mss));
    return { label: `packet ${i + 1} of ${count}: ${range}`, first, stages: "wire" };
  });
}

/** Where the NIC takes the descriptor that brings a byte of the packet, or behind that, where it leaves; −1 if it does not. */
function stageOf({ stages }: Recording, at: Seq, kind: Part["stages"]): number {
  const taken = stages.findIndex(({ stage, detail, descriptors }) => {
    const one = stage === Stage.nic ? descriptors[detail] : undefined;
    return one?.kind === "packet" && !before(at, one.seq) && before(at, advance(one.seq, one.length));
  });
  if (taken < 0 || kind === "nic") return taken;
  return stages[taken + 1]?.stage === Stage.wire ? taken + 1 : -1;
}
