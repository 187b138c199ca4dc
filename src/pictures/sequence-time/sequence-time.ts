// pictures/sequence-time: a stream as a plane of time and sequence space: lanes, each under a pyramid of minima
// and maxima.

import { firstAtLeast, firstThat } from "../../core/base/columns.ts";
import { Effect } from "../../core/words/effect.ts";
import { Flag, Kind } from "../../core/words/event.ts";
import { type Judged, nextSign } from "../../replay/findings.ts";
import { LiveRun } from "../../replay/search/live-run.ts";
import { recordName } from "../../replay/view/view.ts";
import { placeWord } from "../../trace/trace.ts";
import type { Area } from "../kind.ts";
import type { Asked, Model, Stand } from "../model.ts";
import type { Rare, RareAsked } from "../rare.ts";
import { Lane, type Marks, type Stretch } from "./lane.ts";
import { Rares } from "./rares.ts";
import { ofSigns, saidLanes } from "./said.ts";
import { type EventSpot, hasPlace, isRange, Told } from "./told.ts";
import {
  type Band,
  type LaneName,
  type LaneView,
  laneNames,
  laneTable,
  type SequenceTimeView,
} from "./view.ts";

/** More bands than these nobody tells apart. */
const bandsMax = 400;
/** Events run between two looks at the clock. */
const blockSize = 4096;

/** A part, and the spots of the time axis that it is drawn with. */
type Part = Area & Stretch;

/** The sequence–time picture of one stream. */
export class SequenceTime implements Model {
  private readonly judged: Judged;
  private readonly connection: number;
  private readonly own: Int32Array;
  /** When each own event was, in nanoseconds: where a capture's clock goes back, time stands still. */
  private readonly times: Float64Array;
  private readonly startSeq: number;
  private readonly lanes = new Map<LaneName, Lane>();
  /** How far the packets that are taken reach. */
  private sentEnd = Number.NEGATIVE_INFINITY;
  private isComplete = false;

  constructor(judged: Judged, connection: number) {
    const { timeline } = judged;
    this.judged = judged;
    this.connection = connection;
    this.own = timeline.eventsOf(connection);
    this.startSeq = timeline.trace.connections[connection]!.startSeq;
    this.times = new Float64Array(this.own.length);
    for (const name of laneNames) this.lanes.set(name, new Lane());
  }

  /** Takes what is known without a run, a block of events at a time. */
  *begin(): Generator<number> {
    const { own } = this;
    for (let from = 0; from < own.length; from += blockSize) {
      this.takeEvents(from, Math.min(own.length, from + blockSize));
      yield from / own.length;
    }
    this.takeSacks();
    yield 1;
    if (this.judged.timeline.effects.count(Effect.waiting) === 0)
      for (const name of saidLanes) yield* this.takeSigns(name, ofSigns[name]);
    for (const lane of this.lanes.values()) {
      lane.build();
      yield 1;
    }
  }

  private lane(name: LaneName): Lane {
    return this.lanes.get(name)!;
  }

  /** What the trace itself says: packets and acknowledgements, of own events [from, to). */
  private takeEvents(from: number, to: number): void {
    const { own, times, startSeq, judged } = this;
    const { events } = judged.timeline.trace;
    const [sent, again] = [this.lane("sent"), this.lane("again")];
    for (let i = from; i < to; i++) {
      const event = own[i]!;
      const time = Math.max(i === 0 ? Number.NEGATIVE_INFINITY : times[i - 1]!, events.timeNs.values[event]!);
      times[i] = time;
      const kind = events.kind.values[event]!;
      if (kind === Kind.ack) this.takeAck(event, time);
      if (kind !== Kind.transmit) continue;
      const low = events.seq.values[event]! - startSeq;
      const high = low + events.length.values[event]!;
      // TCP has sent what the qdisc loses, too: the next copy is a retransmission.
      const isLost = (events.flags.values[event]! & Flag.qdiscDrop) !== 0;
      if (!isLost) (low < this.sentEnd ? again : sent).add(time, low, high, event);
      this.sentEnd = Math.max(this.sentEnd, high);
    }
  }

  private takeAck(event: number, time: number): void {
    const low = this.judged.timeline.trace.events.seq.values[event]! - this.startSeq;
    this.lane("acknowledged").add(time, low, low, event);
  }

  /** SACK blocks of all acknowledgements, those that are no events with the event that they follow. */
  private takeSacks(): void {
    const { own, times, startSeq } = this;
    const { sacks, sacksBetween: between } = this.judged.timeline.trace;
    const lane = this.lane("sacked");
    let row = 0;
    let time = Number.NEGATIVE_INFINITY;
    const add = (at: number, [from, to]: readonly number[], event: number) => {
      time = Math.max(time, at);
      lane.add(time, from! - startSeq, to! - startSeq, event);
    };
    for (let i = 0; i < own.length; i++) {
      const event = own[i]!;
      const blocks = sacks.get(event) ?? [];
      time = Math.max(time, times[i]!);
      for (let at = 0; at + 1 < blocks.length; at += 2) add(times[i]!, blocks.slice(at, at + 2), event);
      const next = own[i + 1] ?? Number.POSITIVE_INFINITY;
      for (; row < between.after.length && between.after[row]! < next; row++)
        // Ahead of the first event there is nothing to acknowledge.
        if (between.connection[row] === this.connection && between.after[row]! >= own[0]!)
          add(between.timeNs[row]!, [between.from[row]!, between.to[row]!], event);
    }
  }

  /** What is said of the stream's own events, each at its own place: where packets wait only a run can tell whose it is. */
  private *takeSigns(name: LaneName, kinds: readonly number[]): Generator<number> {
    const { judged, own } = this;
    const { connection } = judged.timeline.trace.events;
    const lane = this.lane(name);
    let i = 0;
    let looked = 0;
    for (
      let event = nextSign(judged, 0, 1, kinds);
      event >= 0;
      event = nextSign(judged, event + 1, 1, kinds)
    ) {
      if (++looked % blockSize === 0) yield i / own.length;
      if (connection.values[event] !== this.connection) continue;
      while (own[i]! < event) i++;
      const { time, low, high } = this.spotOf(i);
      lane.add(time, low, high, event);
    }
  }

  /** Runs through the events for what only a run can tell; pauses with the share that is done. */
  *complete(): Generator<number> {
    if (this.isComplete) return;
    const run = new LiveRun(this.judged, this.connection, false);
    const told = new Told(run.view, (ordinal) => this.spotOf(ordinal));
    run.asker = told;
    while (told.done < this.own.length) {
      const to = Math.min(this.own.length, told.done + blockSize);
      this.judged.timeline.rerun(this.connection, told.done, to, run);
      // Whoever works meanwhile may move the connection's state.
      if (to === this.own.length) told.note();
      yield told.done / this.own.length;
    }
    for (const [name, lane] of told.lanes) {
      lane.build();
      this.lanes.set(name, lane);
      yield 1;
    }
    this.isComplete = true;
  }

  /** The moment and place of an own event, by its ordinal. */
  private spotOf(ordinal: number): EventSpot {
    const event = this.own[ordinal]!;
    const { seq, length, kind } = this.judged.timeline.trace.events;
    const low = seq.values[event]! - this.startSeq;
    const high = isRange(kind.values[event]!) ? low + length.values[event]! : low;
    return { event, time: this.times[ordinal]!, low, high };
  }

  /** When an event is, in nanoseconds; of another stream's event the moment of the own one before it. */
  timeOf(event: number): number {
    const ordinal = firstAtLeast(this.own, event + 1) - 1;
    return this.times[Math.max(0, ordinal)] ?? 0;
  }

  /** The stream from its first to its last event, or acknowledgement behind it, and byte. */
  get whole(): SequenceTimeView["whole"] {
    const bounds = (["sent", "again", "acknowledged", "dropped"] as const)
      .map((name) => this.lane(name).bounds())
      .filter((each) => each !== null);
    const low = Math.min(...bounds.map((each) => each.low));
    const high = Math.max(...bounds.map((each) => each.high));
    const from = this.times[0] ?? 0;
    const to = Math.max(this.times.at(-1) ?? 0, this.lane("sacked").lastTime ?? 0);
    return { from, to, low: bounds.length > 0 ? low : 0, high: bounds.length > 0 ? high : 0 };
  }

  view({ area, columns, position, stands = [] }: Omit<Asked, "lines">): SequenceTimeView {
    const { whole } = this;
    const shown = area ?? whole;
    const part = { ...shown, columns };
    const { bands, count } = this.records(shown);
    return {
      whole,
      area: shown,
      now: this.timeOf(position.event),
      records: bands,
      recordCount: count,
      lanes: laneNames.map((name) =>
        name === "stop" || name === "checkpoint"
          ? this.standView(name, stands, shown)
          : this.laneView(name, part),
      ),
      placeWord: placeWord(this.judged.timeline.trace),
      isComplete: this.isComplete,
    };
  }

  rare(rare: RareAsked, { stands = [] }: Pick<Asked, "stands">): Rare | null {
    const laneOf = (name: LaneName) =>
      name === "stop" || name === "checkpoint" ? this.standLane(name, stands) : this.lane(name);
    return new Rares(laneOf, rare.hidden).next(rare);
  }

  private standLane(name: Stand["kind"], stands: readonly Stand[]): Lane {
    const lane = new Lane();
    const { time, low, high, event } = this.standView(name, stands, this.whole).marks;
    for (let i = 0; i < time.length; i++) lane.add(time[i]!, low[i]!, high[i]!, event[i]!);
    return lane;
  }

  /** Where the session stood in a part of this stream. */
  private standView(name: Stand["kind"], stands: readonly Stand[], { from, to }: Area): LaneView {
    const own = stands
      .filter(({ kind, event }) => kind === name && this.isOwn(event))
      .sort((a, b) => a.event - b.event)
      .filter(({ event }) => this.timeOf(event) >= from && this.timeOf(event) <= to);
    const { line } = this.judged.timeline.trace.events;
    const places = own.map(({ event }) => this.placeOf(event));
    const marks: Marks = {
      time: own.map(({ event }) => this.timeOf(event)),
      low: places,
      high: places,
      count: own.map(() => 1),
      event: own.map(({ event }) => event),
    };
    return {
      ...{ name, marks, names: own.map((each) => each.name) },
      places: own.map(({ event }) => line.values[event]!),
    };
  }

  /** The byte that an event is about; of one that is about none how far TCP had sent by then. */
  private placeOf(event: number): number {
    const { seq, kind } = this.judged.timeline.trace.events;
    if (hasPlace(kind.values[event]!)) return seq.values[event]! - this.startSeq;
    const sent = this.lane("sent");
    const row = sent.rowOfEvent(event) - 1;
    return row < 0 ? 0 : sent.markAt(row).high;
  }

  private isOwn(event: number): boolean {
    return this.own[firstAtLeast(this.own, event)] === event;
  }

  private laneView(name: LaneName, part: Part): LaneView {
    const { line } = this.judged.timeline.trace.events;
    const marks = this.marks(name, part);
    return { name, marks, places: marks.event.map((event) => line.values[event]!) };
  }

  /** Of a line also where it stands at the part's beginning. */
  private marks(name: LaneName, part: Part): Marks {
    const lane = this.lane(name);
    const marks = lane.within(part);
    const before = laneTable[name].isLine ? lane.before(part.from) : null;
    if (before === null) return marks;
    marks.time.unshift(part.from);
    marks.low.unshift(before.high);
    marks.high.unshift(before.high);
    marks.count.unshift(1);
    marks.event.unshift(before.event);
    return marks;
  }

  private records({ low, high }: Area): { bands: Band[]; count: number } {
    const { timeline } = this.judged;
    const { records } = timeline.machine.sockets[this.connection]!;
    const at = (row: number) => records.end(row) - this.startSeq;
    const first = firstThat(0, records.count, (row) => at(row) > low);
    const end = firstThat(first, records.count, (row) => at(row) - records.length.at(row) > high);
    const count = end - first;
    if (count > bandsMax) return { bands: [], count };
    const rows = Array.from({ length: count }, (_, i) => first + i).filter(
      (row) => records.length.at(row) > 0,
    );
    const bands = rows.map((row) => ({
      name: recordName(records, row),
      from: at(row) - records.length.at(row),
      to: at(row),
    }));
    return { bands, count };
  }
}
