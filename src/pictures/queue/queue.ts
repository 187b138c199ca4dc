// pictures/queue: descriptors in the order in which they were posted, who posted them, and what has become of them.

import { firstThat, int32 } from "../../core/base/columns.ts";
import { Kind } from "../../core/words/event.ts";
import { type Asker, LiveRun } from "../../replay/search/live-run.ts";
import type { Position, Timeline } from "../../replay/timeline.ts";
import type { LiveView } from "../../replay/view/live.ts";
import { eventPlace } from "../../trace/trace.ts";
import { counted } from "../../trace/visible.ts";
import {
  type Cell,
  type ListRow,
  type ListView,
  listExtent,
  rareRows,
  rowsShown,
  textCell,
} from "../list.ts";
import type { Asked, Model, Pictured } from "../model.ts";
import type { Rare, RareAsked } from "../rare.ts";
import { nothing, ownOf, type Post, postsOf, sentence, waitingIn } from "./posts.ts";
import { Ring } from "./ring.ts";

/** Events run between two looks at the clock. */
const blockSize = 4096;
/** Events that are looked into for one step: whoever presses a key does not wait for more. */
const lookedMax = 4096;
/** The bytes of a packet that fill a bar. */
const barBytes = 65536;

/** One profile's replay. */
interface Run {
  id: string;
  timeline: Timeline;
}

/** The descriptors of a stream in the order in which they were posted, beside those of the profiles that it is compared under. */
export class QueuePicture implements Model {
  private readonly pictured: Pictured;
  private readonly connection: number;
  private readonly runs: readonly Run[];
  private readonly own: Int32Array;
  /** Rows ahead of each own event, as soon as they are counted. */
  private readonly ahead: Int32Array;
  /** 1 for an own event that posts something else than one packet. */
  private readonly isOdd: Uint8Array;
  private isComplete = false;

  constructor(pictured: Pictured, connection: number) {
    this.pictured = pictured;
    this.connection = connection;
    const { timeline, comparison } = pictured;
    this.runs = comparison?.runs ?? [{ id: timeline.trace.connections[connection]!.name, timeline }];
    this.own = timeline.eventsOf(connection);
    this.ahead = new Int32Array(this.own.length + 1);
    this.isOdd = new Uint8Array(this.own.length);
  }

  /** Counts what each event posts: of several profiles the most. */
  *complete(): Generator<number> {
    const counts = new Int32Array(this.own.length);
    for (const [at, { timeline }] of this.runs.entries()) {
      const counting = new Counting({ timeline, findings: this.pictured.findings }, this.connection);
      for (let from = 0; from < this.own.length; from += blockSize) {
        const posted = counting.run(from, Math.min(this.own.length, from + blockSize));
        for (let i = 0; i < posted.length; i++) {
          if (posted.at(i) !== this.least(from + i)) this.isOdd[from + i] = 1;
          counts[from + i] = Math.max(counts[from + i]!, posted.at(i));
        }
        yield (at + from / this.own.length) / this.runs.length;
      }
    }
    for (let i = 0; i < this.own.length; i++)
      this.ahead[i + 1] = this.ahead[i]! + Math.max(this.least(i), counts[i]!);
    this.isComplete = true;
  }

  /** Rows that an own event has at least: a packet's place is shown also where nothing is posted. */
  private least(ordinal: number): number {
    return this.pictured.timeline.trace.events.kind.values[this.own[ordinal]!] === Kind.transmit ? 1 : 0;
  }

  view(asked: Asked): ListView {
    const { timeline } = this.pictured;
    const ordinal = Math.max(0, timeline.ordinalOf(this.connection, asked.position.event + 1) - 1);
    const rows = this.isComplete ? this.rowsAround(ordinal, asked) : this.rowsAlone(ordinal, asked);
    const { name } = timeline.trace.connections[this.connection]!;
    const title = `${name}: ${this.isComplete ? counted(rows.whole.high, "descriptor") : "this event's descriptors, the others are being counted"}`;
    return { title, isComplete: this.isComplete, ...rows };
  }

  /** Only events that post more than their packet, or not even that, are looked into. */
  rare({ step, from, area }: RareAsked, { position }: Pick<Asked, "position">): Rare | null {
    const { ahead, own, isOdd } = this;
    const row = from ? from.at + step : step > 0 ? Math.floor(area.low) : Math.ceil(area.high) - 1;
    const first = firstThat(0, own.length, (i) => ahead[i + 1]! > row) % (own.length || 1);
    const ring = this.ringAt(position);
    let looked = 0;
    for (let k = 0; k <= own.length && looked < lookedMax; k++) {
      const ordinal = (first + step * k + own.length) % own.length;
      if (isOdd[ordinal] !== 1) continue;
      looked++;
      const rows = this.rowsOf(ordinal, ahead[ordinal]!, ring);
      const found = rareRows(rows, ahead[ordinal]!, area).filter(
        ({ at }) => k > 0 || (step > 0 ? at >= row : at <= row),
      );
      if (found.length > 0) return found.at(step > 0 ? 0 : -1)!;
    }
    return null;
  }

  private get head(): ListView["head"] {
    const place = [
      { text: "row", width: 8 },
      { text: "queue", width: 18 },
      { text: "event", width: 13 },
    ];
    if (this.runs.length > 1) return [...place, ...this.runs.map(({ id }) => ({ text: id, width: 44 }))];
    return [
      ...place,
      { text: "descriptor", width: 12 },
      { text: "bytes", width: 26 },
      { text: "record", width: 10 },
      { text: "fence", width: 6 },
      { text: "posted by", width: 18 },
      { text: "why", width: 60 },
    ];
  }

  /** Until they are counted: the rows of the event alone. */
  private rowsAlone(ordinal: number, asked: Asked) {
    const rows = this.own.length === 0 ? [] : this.rowsOf(ordinal, 0, this.ringAt(asked.position));
    const shown = rowsShown(rows.length, asked);
    return { ...listExtent(this.head, shown, asked), rows: rows.slice(shown.low, shown.high) };
  }

  private rowsAround(ordinal: number, asked: Asked) {
    const { ahead, own } = this;
    const count = ahead[own.length]!;
    const shown = rowsShown(count, asked, ahead[ordinal] ?? 0);
    const rows: ListRow[] = [];
    let at = Math.max(
      0,
      firstThat(0, own.length, (i) => ahead[i + 1]! > shown.low),
    );
    const first = ahead[at] ?? 0;
    const ring = this.ringAt(asked.position);
    for (; at < own.length && first + rows.length < shown.high; at++)
      if (ahead[at + 1]! > ahead[at]!) rows.push(...this.rowsOf(at, ahead[at]!, ring));
    return {
      ...listExtent(this.head, shown, asked),
      rows: rows.slice(shown.low - first, shown.high - first),
    };
  }

  private ringAt(position: Position): Ring {
    return new Ring(this.pictured.timeline, this.connection, position);
  }

  /** The rows of an own event, the first of which is row `first` of all. */
  private rowsOf(ordinal: number, first: number, ring: Ring): ListRow[] {
    const event = this.own[ordinal]!;
    const { trace } = this.pictured.timeline;
    const posts = this.runs.map(({ timeline }) => postsOf(timeline, event, this.connection));
    const isTransmit = trace.events.kind.at(event) === Kind.transmit;
    const count = Math.max(isTransmit ? 1 : 0, ...posts.map(({ length }) => length));
    const fates = ring.fatesOf(event, posts[0]!.length);
    const place = eventPlace(trace, event);
    return Array.from({ length: count }, (_, i) => {
      const cells = this.runs.length > 1 ? posts.map((of) => compact(of[i])) : wide(posts[0]![i]);
      const fate = fates[i] ?? { text: "", isNow: false };
      const words = this.runs.map(({ id }, run) => `${id}: ${sentence(posts[run]![i])}`);
      return {
        cells: [
          textCell(String(first + i), "band-text"),
          textCell(fate.text, fate.isNow ? "axis" : "band-text"),
          textCell(i === 0 ? place : "", "axis"),
          ...cells,
        ],
        event,
        bytes: null,
        says: `${place}, ${this.runs.length > 1 ? words.join("; ") : sentence(posts[0]![i])}${fate.text === "" ? "" : `; ${fate.text}`}`,
        isRare: posts.some((of) => of[i]?.isReplay || of[i]?.fence) || (isTransmit && posts[0]!.length === 0),
        isNow: event === ring.position.event,
      };
    });
  }
}

/** Counts the descriptors that events post themselves: what waited before and is taken now is not theirs. */
class Counting implements Asker {
  private readonly live: LiveRun;
  private readonly view: LiveView;
  private readonly timeline: Timeline;
  private readonly connection: number;
  private counts = int32();
  private total = 0;
  private waited = 0;
  private isInEvent = false;

  constructor(judged: Omit<Pictured, "comparison">, connection: number) {
    this.timeline = judged.timeline;
    this.connection = connection;
    this.live = new LiveRun(judged, connection);
    this.view = this.live.view;
    this.live.asker = this;
  }

  /** How many each of the own events with ordinals [from, to) posts. */
  run(from: number, to: number) {
    this.counts = int32();
    this.timeline.rerun(this.connection, from, to, this.live);
    this.end();
    return this.counts;
  }

  begin(): boolean {
    this.end();
    this.isInEvent = true;
    this.waited = waitingIn(this.view.state);
    return true;
  }

  ask(): void {
    this.total = this.view.posted.count;
  }

  private end(): void {
    if (this.isInEvent)
      this.counts.push(ownOf(this.total, { before: this.waited, behind: waitingIn(this.view.state) }));
    this.isInEvent = false;
    this.total = 0;
  }
}

const roleOf = ({ isReplay, isPacket }: Post): string => (isReplay ? "packet" : isPacket ? "sent" : "nic");

function wide(post: Post | undefined): Cell[] {
  if (!post) return [textCell(nothing, "dropped"), ...Array.from({ length: 5 }, () => textCell(""))];
  const { name, bytes, length, record, fence, by, why } = post;
  const bar = { share: length / barBytes, role: post.isReplay ? "replayed-bar" : "bytes-bar" };
  return [
    textCell(name, roleOf(post)),
    { runs: [{ text: bytes, role: "axis" }], ...(length > 0 && { bar }) },
    textCell(record),
    textCell(fence ? "fence" : "", "wrong"),
    textCell(by, "band-text"),
    textCell(why, "axis"),
  ];
}

function compact(post: Post | undefined): Cell {
  if (!post) return textCell("", "band-text");
  const { name, bytes, fence } = post;
  return {
    runs: [
      { text: `${name} `, role: roleOf(post) },
      { text: `${bytes} `, role: "axis" },
      { text: fence ? "fence" : "", role: "wrong" },
    ],
  };
}
