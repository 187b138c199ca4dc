import { queuesMax } from "../../core/machine/waiting-log.ts";
import { Descriptor } from "../../core/words/descriptor.ts";
import { Effect } from "../../core/words/effect.ts";
import { Kind } from "../../core/words/event.ts";
import { Stage } from "../../core/words/stage.ts";
import type { Findings } from "../../replay/findings.ts";
import type { Asker } from "../../replay/search/live-run.ts";
import type { LiveView } from "../../replay/view/live.ts";
import { placeOf, readerOf } from "../../replay/view/paths.ts";
import { SeqValue } from "../../replay/view/value.ts";
import { Lane } from "./lane.ts";
import { lanesOfSign, ofSigns, saidLanes, seqArgument } from "./said.ts";
import type { LaneName } from "./view.ts";

/** An event's moment, and the bytes that it is about, from the offload start on. */
export interface EventSpot {
  event: number;
  time: number;
  low: number;
  high: number;
}

/**
 * What a run says event by event: where driver and NIC come to stand, what is replayed, and what becomes of each packet.
 * A packet that waits in the transmit queue leaves, or is discarded, in an event that is not its own.
 */
export class Told implements Asker {
  readonly lanes: ReadonlyMap<LaneName, Lane> = new Map(
    (["driver", "nic", "resync", ...saidLanes] as const).map((name) => [name, new Lane()]),
  );
  /** Own events that the run has entered. */
  done = 0;
  private readonly spotOf: (ordinal: number) => EventSpot;
  private readonly view: LiveView;
  private readonly findings: Findings;
  private readonly expected = (["driver", "nic"] as const).map((name) => ({
    lane: this.lanes.get(name)!,
    read: readerOf(placeOf(`${name}.expectedSeq`)!),
    last: Number.NaN,
  }));
  /** By lane the next event that something was found of. */
  private readonly found = new Map(saidLanes.map((name) => [name, -1]));
  private spot: EventSpot = { event: -1, time: 0, low: 0, high: 0 };
  /** Events of the packets that waited when the event began. */
  private waited: { event: number; device: number }[] = [];
  private stage = -1;

  /** `spotOf`: of an own event, by its ordinal. */
  constructor(view: LiveView, spotOf: (ordinal: number) => EventSpot) {
    this.view = view;
    this.findings = view.findings;
    this.spotOf = spotOf;
  }

  begin(event: number): boolean {
    this.note();
    this.spot = this.spotOf(this.done++);
    this.stage = -1;
    const { waitHead, waitTail } = this.view.state;
    if (waitHead < waitTail || this.waited.length > 0) this.waited = this.waitingNow();
    if (this.findings.all.length > 0) this.addFound(event);
    return true;
  }

  /** Notes where both stand behind the event before. */
  note(): void {
    if (this.done === 0) return;
    const { event, time } = this.spot;
    for (const each of this.expected) {
      const raw = each.read(this.view);
      const at = raw instanceof SeqValue ? raw.relative : Number.NaN;
      if (at !== each.last && !Number.isNaN(at)) each.lane.add(time, at, at, event);
      each.last = at;
    }
  }

  hear(kind: number, a: number, b: number): void {
    if (kind === Effect.resync) return this.add("resync", this.spot.low - b, this.spot.low);
    const { startSeq } = this.view.connection;
    // What a driver asks for comes with the next record that is pushed.
    if (kind === Effect["resync-sent"]) return this.add("resync", a - startSeq, a - startSeq);
    if (kind === Effect.trimmed) return this.add("dropped", a - startSeq, a - startSeq + b);
    if (kind === Effect["queue-reset"]) return b > 0 ? this.discard(a) : undefined;
    const lanes = lanesOfSign[kind]!;
    if (lanes.length === 0) return;
    const { low, high } = this.packetOf(kind, a, b);
    for (const name of lanes) this.add(name, low, high);
  }

  ask(stage: number): void {
    this.stage = stage;
  }

  /** One mark a packet, whatever of it is wrong. */
  private add(name: LaneName, low: number, high: number): void {
    const lane = this.lanes.get(name)!;
    const { event, time } = this.spot;
    const last = lane.count === 0 ? null : lane.markAt(lane.count - 1);
    if (last?.event === event && last.low === low && last.high === high) return;
    lane.add(time, low, high, event);
  }

  private addFound(event: number): void {
    const { kinds } = this.findings;
    const { connection } = this.view.timeline.trace.events;
    for (const [name, known] of this.found) {
      const next = known >= event ? known : kinds.next(event, 1, ofSigns[name]);
      this.found.set(name, next < 0 ? Number.POSITIVE_INFINITY : next);
      if (next === event && connection.values[event] === this.view.index)
        this.add(name, this.spot.low, this.spot.high);
    }
  }

  /** The packet that an effect is about: the event's own, or one that waited and leaves now. */
  private packetOf(kind: number, a: number, b: number): Pick<EventSpot, "low" | "high"> {
    const { spot, view } = this;
    const { machine, posted, connection } = view;
    const argument = seqArgument[kind];
    const taken = posted.taken - 1;
    const isTaken = this.stage === Stage.nic && taken >= 0 && taken < machine.queue.count;
    const at = isTaken ? machine.queue.seq(taken) : argument === 0 ? a : argument === 1 ? b : null;
    if (this.waited.length === 0 || at === null) return spot;
    const byte = at - connection.startSeq;
    const holds = ({ low, high }: Pick<EventSpot, "low" | "high">) =>
      byte >= low && byte < Math.max(low + 1, high);
    return [spot, ...this.waited.map(({ event }) => this.bytesOf(event))].find(holds) ?? spot;
  }

  private bytesOf(event: number): Pick<EventSpot, "low" | "high"> {
    const { events } = this.view.timeline.trace;
    const low = events.seq.values[event]! - this.view.connection.startSeq;
    return { low, high: low + events.length.values[event]! };
  }

  private waitingNow(): { event: number; device: number }[] {
    const { state, socket } = this.view;
    const { waiting } = socket;
    const all: { event: number; device: number }[] = [];
    for (let row = state.waitHead; row < state.waitTail; row++) {
      const event = waiting.event.at(row);
      if (waiting.kind(row) === Descriptor.packet && all.at(-1)?.event !== event)
        all.push({ event, device: Math.floor(waiting.lane.at(row) / queuesMax) });
    }
    return all;
  }

  /** A device's queue is reset: what waited in it never leaves. */
  private discard(device: number): void {
    for (const each of this.waited) {
      if (each.device !== device) continue;
      const { low, high } = this.bytesOf(each.event);
      this.add("dropped", low, high);
    }
  }
}

/** Events that are about bytes from their number on. */
export const isRange = (kind: number): boolean => kind === Kind.transmit || kind === Kind.record;

/** Those whose number is a place of the stream. */
export const hasPlace = (kind: number): boolean => isRange(kind) || placed.some((each) => each === kind);
const placed = [Kind.gap, Kind.ack, Kind.merge, Kind.split, Kind["page-write"], Kind.set];
