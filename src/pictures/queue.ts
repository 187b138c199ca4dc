import { firstThat, int32 } from "../core/base/columns.ts";
import { descriptorKinds, isReplay } from "../core/words/descriptor.ts";
import { Effect } from "../core/words/effect.ts";
import { Kind } from "../core/words/event.ts";
import { Stage, stages as stageTable } from "../core/words/stage.ts";
import type { StageRecord } from "../replay/recording.ts";
import { type Asker, LiveRun } from "../replay/search/live-run.ts";
import type { Position, Timeline } from "../replay/timeline.ts";
import { wordEffect } from "../replay/view/effect-text.ts";
import type { LiveView } from "../replay/view/live.ts";
import { viewAt } from "../replay/view/view.ts";
import { eventPlace } from "../trace/trace.ts";
import { counted } from "../trace/visible.ts";
import { type Cell, type ListRow, type ListView, listExtent, rareRows, rowsShown, textCell } from "./list.ts";
import type { Asked, Model, Pictured } from "./model.ts";
import type { Rare, RareAsked } from "./rare.ts";

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

/** A descriptor that an event posted itself, in words. */
interface Post {
  name: string;
  bytes: string;
  length: number;
  isReplay: boolean;
  isPacket: boolean;
  fence: boolean;
  record: string;
  by: string;
  why: string;
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
    let looked = 0;
    for (let k = 0; k <= own.length && looked < lookedMax; k++) {
      const ordinal = (first + step * k + own.length) % own.length;
      if (isOdd[ordinal] !== 1) continue;
      looked++;
      const rows = this.rowsOf(ordinal, ahead[ordinal]!, position);
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
    const rows = this.own.length === 0 ? [] : this.rowsOf(ordinal, 0, asked.position);
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
    for (; at < own.length && first + rows.length < shown.high; at++)
      if (ahead[at + 1]! > ahead[at]!) rows.push(...this.rowsOf(at, ahead[at]!, asked.position));
    return {
      ...listExtent(this.head, shown, asked),
      rows: rows.slice(shown.low - first, shown.high - first),
    };
  }

  /** The rows of an own event, the first of which is row `first` of all. */
  private rowsOf(ordinal: number, first: number, position: Position): ListRow[] {
    const event = this.own[ordinal]!;
    const { trace } = this.pictured.timeline;
    const posts = this.runs.map(({ timeline }) => postsOf(timeline, event, this.connection));
    const isTransmit = trace.events.kind.at(event) === Kind.transmit;
    const count = Math.max(isTransmit ? 1 : 0, ...posts.map(({ length }) => length));
    const fates = this.fatesOf(event, posts[0]!.length, position);
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
        isNow: event === position.event,
      };
    });
  }

  /** What has become of each descriptor of an event where the debugger stands. */
  private fatesOf(event: number, count: number, position: Position): { text: string; isNow: boolean }[] {
    const { timeline } = this.pictured;
    const all = (text: string) => Array.from({ length: count }, () => ({ text, isNow: false }));
    if (event > position.event) return all("not posted");
    if (event < position.event) return this.fatesBehind(event, count, position);
    const own = ownStages(timeline.record(event).stages, this.connection);
    const stage = timeline.record(event).stages[position.stage];
    const isHere = stage !== undefined && stage.connection === this.connection;
    const { first } = ownPosts(timeline, event, this.connection);
    const [posted, taken] = isHere
      ? [stage.posted > count ? stage.posted - first : stage.posted, Math.max(0, stage.taken - first)]
      : [0, 0];
    const waits = own.some(({ effects }) => effects.some(({ kind }) => kind === Effect.waiting));
    return Array.from({ length: count }, (_, i) => {
      const word = i >= posted ? "not posted" : i < taken ? "taken" : waits ? "waiting" : "posted";
      const marks = [i === taken ? "← consumer" : "", i === posted ? "← producer" : ""];
      const text = [word, ...marks.filter((mark) => mark !== "")].join(" ");
      return { text, isNow: true };
    });
  }

  private fatesBehind(event: number, count: number, position: Position): { text: string; isNow: boolean }[] {
    const { timeline } = this.pictured;
    if (!timeline.effects.has(event, Effect.waiting))
      return Array.from({ length: count }, () => ({ text: "taken", isNow: false }));
    const { waiting } = timeline.machine.sockets[this.connection]!;
    const { waitHead, waitTail } = timeline.stateOf(this.connection, position);
    let still = 0;
    for (let row = waitHead; row < waitTail; row++) if (waiting.event.at(row) === event) still++;
    return Array.from({ length: count }, (_, i) => ({
      text: i >= count - still ? "waiting" : "left the queue",
      isNow: false,
    }));
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

const waitingIn = ({ waitHead, waitTail }: { waitHead: number; waitTail: number }): number =>
  waitTail - waitHead;

/** How many of the descriptors in an event's queue it has posted itself: what waited before stands ahead where it is taken now. */
const ownOf = (total: number, { before, behind }: { before: number; behind: number }): number =>
  Math.max(0, total - Math.max(0, before - behind));

const ownStages = (stages: readonly StageRecord[], connection: number): StageRecord[] =>
  stages.filter((stage) => stage.connection === connection);

/** Which descriptors of an event's queue it has posted itself. */
function ownPosts(timeline: Timeline, event: number, connection: number): { first: number; count: number } {
  const stages = ownStages(timeline.record(event).stages, connection);
  const last = stages.at(-1);
  if (!last) return { first: 0, count: 0 };
  const before = waitingIn(timeline.stateBefore(connection, event));
  const total = last.descriptors.length;
  const count = ownOf(total, { before, behind: waitingIn(last.state) });
  return { first: total - count, count };
}

function postsOf(timeline: Timeline, event: number, connection: number): Post[] {
  const { stages: all } = timeline.record(event);
  const stages = ownStages(all, connection);
  const { first, count } = ownPosts(timeline, event, connection);
  const { descriptorNames } = timeline.machine.sockets[connection]!.profile;
  const { records } = timeline.machine.sockets[connection]!;
  const { startSeq } = timeline.trace.connections[connection]!;
  return Array.from({ length: count }, (_, i) => {
    const { kind, row, seq, length, fence } = stages[0]!.descriptors[first + i]!;
    const poster = stages.find(({ posted }) => posted > i)!;
    const from = seq - startSeq;
    const sn = row > 0 ? records.countedSn(row, records.count) : null;
    return {
      name: descriptorNames[kind],
      bytes: length > 0 ? `${from}:${from + length}(${length})` : "",
      length,
      isReplay: isReplay(descriptorKinds.indexOf(kind)),
      isPacket: kind === "packet",
      fence,
      record: sn === null ? "" : `${sn}`,
      by: posterOf(poster),
      why: whyOf(timeline, event, all, poster),
    };
  });
}

/** The stage that posted it: what is in the queue when the NIC begins to take it the driver has posted behind its own. */
const posterOf = ({ stage }: StageRecord): string =>
  stage === Stage.nic || stage === Stage.queue ? "driver" : stageTable[stage]!.name;

/** What the stage says, and that the packet was out of order. */
function whyOf(timeline: Timeline, event: number, all: readonly StageRecord[], poster: StageRecord): string {
  const until = all.indexOf(poster);
  return all
    .slice(0, until + 1)
    .flatMap((each, stage) =>
      each.connection === poster.connection
        ? each.effects
            .filter(({ kind }) => each === poster || kind === Effect["out-of-order"])
            .map((effect) => wordEffect(viewAt(timeline, { event, stage }), effect))
        : [],
    )
    .join("; ");
}

const roleOf = ({ isReplay, isPacket }: Post): string => (isReplay ? "packet" : isPacket ? "sent" : "nic");

const nothing = "nothing posted";

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

function sentence(post: Post | undefined): string {
  if (!post) return nothing;
  const { name, bytes, record, fence, by, why } = post;
  const words = [
    bytes === "" ? name : `${name} ${bytes}`,
    record === "" ? "" : `record ${record}`,
    fence ? "waits for everything before it" : "",
    `posted by ${by}`,
    why,
  ];
  return words.filter((word) => word !== "").join(", ");
}
