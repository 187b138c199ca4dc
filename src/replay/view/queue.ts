import type { PostedDescriptor } from "../../core/words/descriptor.ts";
import { Stage } from "../../core/words/stage.ts";
import type { Timeline } from "../timeline.ts";
import { argumentsText } from "./descriptor-scope.ts";
import { wordEffect } from "./effect-text.ts";
import { readStream } from "./memory.ts";
import { stageName } from "./stage-name.ts";
import type { NumberStyle } from "./value.ts";
import { type RecordedView, viewIn } from "./view.ts";

/** One descriptor of the transmit queue of the whole trace. */
export interface QueueRow {
  event: number;
  /** Which one of the event's it is, over all its connections, from 0. */
  place: number;
  descriptor: PostedDescriptor;
  /** The stage of the event that posted it, and the one in which the NIC took it; −1: not in this event. */
  postedAt: number;
  takenAt: number;
}

/** A row in words. */
export interface QueueRowText {
  /** The descriptor with its arguments: `DUMP record 1, 16413:17935(1522)`. */
  instruction: string;
  /** Who posted it and why: `driver.resync record 1: resync record=1 replayed=4344`. */
  postedBy: string;
  /** Its first bytes in host memory; empty where it brings none, or they are not known. */
  bytes: Uint8Array;
}

/** Events whose rows are kept. */
const keptMax = 256;
/** Bytes of a descriptor that are shown. */
const bytesMax = 8;

/**
 * The transmit queue of the whole trace: what each event posts, in order. A descriptor that waited stands where it was
 * posted, and again in the event in which the NIC took it.
 */
export class TransmitQueue {
  readonly timeline: Timeline;
  private readonly known = new Map<number, readonly QueueRow[]>();

  constructor(timeline: Timeline) {
    this.timeline = timeline;
  }

  /** What an event posts. */
  rowsOf(event: number): readonly QueueRow[] {
    const known = this.known.get(event);
    if (known) return known;
    const rows = rowsIn(this.timeline, event);
    this.known.set(event, rows);
    const [oldest] = this.known.keys();
    if (this.known.size > keptMax) this.known.delete(oldest!);
    return rows;
  }

  /** The next event from `from` on, that one included, that posts something; null if there is none within `budget` events. */
  posting(from: number, direction: 1 | -1, budget: number): number | null {
    const { eventCount } = this.timeline;
    for (let event = from, left = budget; event >= 0 && event < eventCount && left > 0; left--) {
      if (this.rowsOf(event).length > 0) return event;
      event += direction;
    }
    return null;
  }

  text({ event, descriptor, postedAt }: QueueRow, numbers: NumberStyle): QueueRowText {
    const { timeline } = this;
    const view = { ...viewIn(timeline, timeline.record(event), postedAt), numbers };
    const name = view.socket.profile.descriptorNames[descriptor.kind];
    const { seq, length } = descriptor;
    const { bytes } = readStream(
      view,
      "placeholder",
      seq - view.connection.startSeq,
      Math.min(length, bytesMax),
    );
    return {
      instruction: [name, argumentsText(view, descriptor)].filter((each) => each !== "").join(" "),
      postedBy: posterOf(view, postedAt),
      bytes,
    };
  }
}

function posterOf(view: RecordedView, stage: number): string {
  const { effects } = view.recording.stages[stage]!;
  const why = effects.map((effect) => wordEffect(view, effect)).join("; ");
  return why === "" ? stageName(view, stage) : `${stageName(view, stage)}: ${why}`;
}

function rowsIn(timeline: Timeline, event: number): QueueRow[] {
  const rows: QueueRow[] = [];
  /** First row of the connection that the stages are of. */
  let first = 0;
  let list: readonly PostedDescriptor[] | null = null;
  for (const [at, { stage, detail, descriptors, posted }] of timeline.record(event).stages.entries()) {
    if (descriptors !== list) first = rows.length;
    list = descriptors;
    while (rows.length - first < Math.min(posted, descriptors.length)) {
      const place = rows.length;
      rows.push({ event, place, descriptor: descriptors[place - first]!, postedAt: at, takenAt: -1 });
    }
    const taken = stage === Stage.nic ? rows[first + detail] : undefined;
    if (taken) taken.takenAt = at;
  }
  return rows;
}
