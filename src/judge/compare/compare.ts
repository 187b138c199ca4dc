// judge/compare: the same trace on other devices, in lock step.

import { int32 } from "../../core/base/columns.ts";
import { driverCountersOf } from "../../core/machine/count.ts";
import { Timeline } from "../../replay/timeline.ts";
import type { Trace } from "../../trace/trace.ts";
import { type ByteDifference, compareBytes } from "./bytes.ts";
import { EventSink } from "./event-sink.ts";
import { Tally, type Wanted } from "./tally.ts";

/** What is to be compared: the same trace under one profile (or as it is). */
export interface Contestant {
  id: string;
  trace: Trace;
}

/** One profile's replay of the trace. */
export interface ComparedRun {
  /** The profile, as the user named it. */
  readonly id: string;
  readonly timeline: Timeline;
  readonly tally: Tally;
  /** The driver's counters under the vendor's names, summed over the connections; filled when the replay is done. */
  readonly counters: Map<string, number>;
  /** Packets whose bytes would have to be looked at and are not known. */
  unknownBytes: number;
}

/** How the wire tells runs apart in an event: by other bytes, or by a packet that only some profiles send. */
export interface WireDifference {
  event: number;
  /** By run: bytes that left; null where all runs sent as many. */
  left: readonly number[] | null;
  /** Wrong bytes, or bytes other than the first run's; where there are none, not sending is legal. */
  bytes: readonly ByteDifference[];
}

export interface CompareOptions {
  /** Which connections count; absent = all. */
  isWanted?: Wanted;
  /** Compute all bytes that leave, also those that are right by construction. */
  allBytes?: boolean;
}

/** Looking at an event's bytes takes as long as replaying so many events. */
const lookCost = 1000;

/**
 * The same trace in lock step under several profiles: what each posts, replays, drops, and whether the wire can tell
 * them apart. Two passes in slices, so that it can be cancelled: the replay, which compares effects and descriptors
 * event by event, then the bytes of those events where not all are right by construction.
 */
export class Comparison {
  readonly runs: readonly ComparedRun[];
  /** Events that do not come to the same effects and descriptors in all runs. */
  readonly differing = int32();
  /** In the order of events. */
  readonly wireDifferences: WireDifference[] = [];
  private readonly sinks: readonly EventSink[];
  private readonly isWanted: Wanted;
  private readonly allBytes: boolean;
  /** Events whose bytes have to be looked at, or that not all runs sent; of those, bytes left by run. */
  private readonly looked = int32();
  private readonly lefts = new Map<number, number[]>();
  private replayed = 0;
  private compared = 0;

  constructor(
    contestants: readonly Contestant[],
    { isWanted = () => true, allBytes = false }: CompareOptions = {},
  ) {
    this.sinks = contestants.map(() => new EventSink());
    this.runs = contestants.map(({ id, trace }, run) => {
      const timeline = new Timeline(trace, this.sinks[run]);
      return { id, timeline, tally: new Tally(), counters: new Map(), unknownBytes: 0 };
    });
    this.isWanted = isWanted;
    this.allBytes = allBytes;
  }

  /** What there is to do, in events replayed; it grows as events turn up whose bytes have to be looked at. */
  get total(): number {
    return this.runs[0]!.timeline.eventCount + lookCost * this.looked.length;
  }

  /** Does about `count` more of it and gives how much is done. */
  advance(count: number): number {
    const { eventCount } = this.runs[0]!.timeline;
    if (this.replayed < eventCount) {
      const end = Math.min(eventCount, this.replayed + count);
      while (this.replayed < end) this.replay(this.replayed++);
      if (end === eventCount) this.finishReplay();
    } else {
      const end = Math.min(this.looked.length, this.compared + Math.ceil(count / lookCost));
      while (this.compared < end) this.look(this.looked.at(this.compared++));
    }
    return this.replayed + lookCost * this.compared;
  }

  private replay(event: number): void {
    const { runs, sinks } = this;
    const { events } = runs[0]!.timeline.trace;
    const connection = events.connection.values[event]!;
    for (let run = 0; run < runs.length; run++) {
      const { timeline, tally } = runs[run]!;
      const sink = sinks[run]!;
      const tailBefore = connection < 0 ? 0 : timeline.machine.sockets[connection]!.state.waitTail;
      sink.clear();
      timeline.run(1);
      tally.take(timeline.machine, event, sink, tailBefore, this.isWanted);
    }
    if (connection >= 0 ? this.isWanted(connection) : this.isOfWanted(event)) this.setSideBySide(event);
  }

  /** True if a device's event is about a connection that counts. */
  private isOfWanted(event: number): boolean {
    return this.runs[0]!.timeline.connectionsOf(event).some(this.isWanted);
  }

  /** Notes the event if the runs differ in it, or if its bytes have to be looked at. */
  private setSideBySide(event: number): void {
    const { sinks, allBytes } = this;
    const { left } = sinks[0]!;
    let sentAlike = true;
    let needsBytes = false;
    for (const sink of sinks) {
      sentAlike &&= sink.left === left;
      needsBytes ||= sink.isSuspect || (allBytes && sink.left > 0);
    }
    if (!this.isSame()) this.differing.push(event);
    if (!sentAlike)
      this.lefts.set(
        event,
        sinks.map((sink) => sink.left),
      );
    if (!sentAlike || needsBytes) this.looked.push(event);
  }

  /** True if every run has the effects and the descriptors of the first one. */
  private isSame(): boolean {
    const { runs, sinks } = this;
    const { tally } = runs[0]!;
    const { effects } = sinks[0]!;
    for (let run = 1; run < runs.length; run++)
      if (!runs[run]!.tally.postedAs(tally) || !sameCells(sinks[run]!.effects, effects)) return false;
    return true;
  }

  /** Counters are read before anybody seeks. */
  private finishReplay(): void {
    for (const { timeline, counters } of this.runs) {
      for (const { index, state, profile } of timeline.machine.sockets) {
        if (!this.isWanted(index)) continue;
        for (const [name, value] of Object.entries(driverCountersOf(state, profile)))
          counters.set(name, (counters.get(name) ?? 0) + value);
      }
    }
  }

  private look(event: number): void {
    const { differences, unknown } = compareBytes(
      this.runs.map(({ timeline }) => timeline),
      event,
    );
    for (const [run, count] of unknown.entries()) this.runs[run]!.unknownBytes += count;
    const left = this.lefts.get(event) ?? null;
    if (left || differences.length > 0) this.wireDifferences.push({ event, left, bytes: differences });
  }

  /** True if bytes differ: drops alone are legal. */
  get bytesDiffer(): boolean {
    return this.wireDifferences.some(({ bytes }) => bytes.length > 0);
  }
}

interface Cells {
  values: Int32Array;
  length: number;
}

function sameCells(a: Cells, b: Cells): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a.values[i] !== b.values[i]) return false;
  return true;
}
