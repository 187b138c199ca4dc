import { Descriptor } from "../core/words/descriptor.ts";
import { EventSink } from "../judge/compare/event-sink.ts";
import { Tally } from "../judge/compare/tally.ts";
import type { RerunSink, Timeline } from "../replay/timeline.ts";
import { eventPlace } from "../trace/trace.ts";
import { counted, noun } from "../trace/visible.ts";
import { type Cell, type ListRow, type ListView, listExtent, nextRow, rowsShown, textCell } from "./list.ts";
import { bytesOf, Causes, type Cost, type Loss, noCost } from "./losses.ts";
import type { Asked, Model, Pictured } from "./model.ts";
import type { Rare, RareAsked } from "./rare.ts";
import { byteLabel } from "./scene.ts";

/** Events run between two looks at the clock. */
const blockSize = 4096;

/** A row: what cost something under which profile. */
interface Line {
  what: string;
  profile: string;
  cost: Cost;
  event: number | null;
  bytes: ListRow["bytes"];
}

/** The largest cost of each kind. */
interface Most {
  replayed: number;
  fallback: number;
  bytes: number;
}

const head = [
  { text: "what", width: 46 },
  { text: "cost in bytes", width: 14 },
  { text: "fed again", width: 12 },
  { text: "descriptors", width: 12 },
  { text: "in software", width: 12 },
  { text: "dropped", width: 8 },
  { text: "profile", width: 24 },
];

/** What resynchronising cost each stream under each profile, and which loss cost most. It is of the whole trace, whatever stream is asked for. */
export class CostPicture implements Model {
  private readonly pictured: Pictured;
  private readonly runs: readonly { id: string; timeline: Timeline }[];
  /** By stream and run. */
  private readonly streams: { connection: number; costs: Cost[] }[] = [];
  private losses: Loss[] = [];
  private lossCount = 0;
  /** What fills a bar of each kind: the most that a stream cost, and a loss. */
  private mostOfStreams = noMost;
  private mostOfLosses = noMost;
  private isComplete = false;

  constructor(pictured: Pictured) {
    this.pictured = pictured;
    const { timeline, comparison } = pictured;
    this.runs = comparison?.runs ?? [{ id: "", timeline }];
  }

  *complete(): Generator<number> {
    const { connections } = this.pictured.timeline.trace;
    for (const connection of connections.keys()) {
      const costs: Cost[] = [];
      const losses = new Map<number, Loss>();
      for (const [run, { timeline }] of this.runs.entries()) {
        const sink = new CostSink(timeline, connection, (event, cause, cost) => {
          const none = () => ({ connection, event: cause, led: event, costs: this.runs.map(noCost) });
          const loss = losses.get(cause) ?? none();
          losses.set(cause, loss);
          add(loss.costs[run]!, cost);
        });
        for (const share of sink.run()) yield (connection + share) / connections.length;
        costs.push(sink.cost);
      }
      this.streams.push({ connection, costs });
      this.losses.push(...losses.values());
    }
    const dearest = ({ costs }: Loss) => Math.max(...costs.map(bytesOf));
    this.losses.sort((a, b) => dearest(b) - dearest(a) || a.led - b.led);
    this.losses = this.losses.filter(({ costs }) => costs.some((cost) => bytesOf(cost) + cost.drops > 0));
    this.lossCount = this.losses.filter(({ event }) => event >= 0).length;
    this.mostOfStreams = this.streams.flatMap(({ costs }) => costs).reduce(largest, noMost);
    this.mostOfLosses = this.losses.flatMap(({ costs }) => costs).reduce(largest, noMost);
    this.isComplete = true;
  }

  view({ area, lines, columns }: Pick<Asked, "area" | "lines" | "columns">): ListView {
    const { runs, streams, losses } = this;
    const count = (streams.length + losses.length) * runs.length;
    const shown = rowsShown(count, { area, lines });
    const rows = Array.from({ length: shown.high - shown.low }, (_, i) => this.row(shown.low + i));
    const { title, isComplete } = this;
    return { title, rows, isComplete, ...listExtent(head, shown, { area, columns }) };
  }

  rare(rare: RareAsked, asked: Asked): Rare | null {
    return nextRow((part) => this.view(part), asked, rare);
  }

  private get title(): string {
    if (!this.isComplete) return "being counted";
    const first = this.losses.find(({ event }) => event >= 0);
    if (!first) return `${counted(this.streams.length, "stream")}, no loss cost anything`;
    return `${counted(this.lossCount, "loss", "losses")} cost something; the dearest: ${this.wordLoss(first)}`;
  }

  /** Streams first, then losses, each under every profile. */
  private row(at: number): ListRow {
    const { connections } = this.pictured.timeline.trace;
    const run = at % this.runs.length;
    const place = Math.floor(at / this.runs.length);
    const stream = this.streams[place];
    if (stream) {
      const { connection, costs } = stream;
      const line = { what: connections[connection]!.name, event: null, bytes: null, cost: costs[run]! };
      return rowOf({ ...line, profile: this.profileOf(connection, run) }, this.mostOfStreams);
    }
    const loss = this.losses[place - this.streams.length]!;
    const line = {
      what: this.wordLoss(loss),
      event: loss.led,
      bytes: this.bytesOf(loss),
      cost: loss.costs[run]!,
    };
    return rowOf({ ...line, profile: this.profileOf(loss.connection, run) }, this.mostOfLosses);
  }

  private profileOf(connection: number, run: number): string {
    const { id, timeline } = this.runs[run]!;
    return id === "" ? timeline.machine.sockets[connection]!.profile.id : id;
  }

  private bytesOf({ connection, event }: Loss): { from: number; to: number } | null {
    const { events, connections } = this.pictured.timeline.trace;
    if (event < 0) return null;
    const from = events.seq.at(event) - connections[connection]!.startSeq;
    return { from, to: from + events.length.at(event) };
  }

  /** `frame 25, 1448:2896, paid from frame 31 on, B>A`. */
  private wordLoss(loss: Loss): string {
    const { trace } = this.pictured.timeline;
    const { name } = trace.connections[loss.connection]!;
    const bytes = this.bytesOf(loss);
    const led = eventPlace(trace, loss.led);
    const fate = loss.costs.some(({ discarded }) => discarded > 0) ? "discarded by a reset, " : "";
    if (!bytes) return `no loss, out of order from ${led} on, ${name}`;
    return `${eventPlace(trace, loss.event)}, ${bytes.from}:${bytes.to}, ${fate}paid from ${led} on, ${name}`;
  }
}

const noMost: Most = { replayed: 1, fallback: 1, bytes: 1 };

const largest = (most: Most, cost: Cost): Most => ({
  replayed: Math.max(most.replayed, cost.replayed),
  fallback: Math.max(most.fallback, cost.fallback),
  bytes: Math.max(most.bytes, bytesOf(cost)),
});

const wordBytes = (bytes: number): string => `${byteLabel(bytes)} ${noun(bytes, "byte")}`;

function rowOf({ what, profile, cost, event, bytes }: Line, most: Most): ListRow {
  const { replayed, descriptors, fallback, drops, discarded } = cost;
  const ofThem = discarded > 0 ? `, ${byteLabel(discarded)} of them by a reset` : "";
  const total = bytesOf(cost);
  const barred = (value: number, of: number, role: string): Cell => ({
    runs: [{ text: byteLabel(value), role: "axis" }],
    ...(value > 0 && { bar: { share: value / of, role } }),
  });
  return {
    cells: [
      textCell(what),
      barred(total, most.bytes, "bytes-bar"),
      barred(replayed, most.replayed, "replayed-bar"),
      textCell(byteLabel(descriptors)),
      barred(fallback, most.fallback, "fallback-bar"),
      textCell(byteLabel(drops), drops > 0 ? "dropped" : "axis"),
      textCell(profile, "band-text"),
    ],
    ...{ event, bytes },
    says: `${what}, ${profile}: ${wordBytes(replayed)} fed again, ${counted(descriptors, "descriptor")} besides packets, ${wordBytes(fallback)} encrypted in software, ${counted(drops, "packet")} dropped${ofThem}`,
    isRare: event !== null,
    isNow: false,
  };
}

function add(to: Cost, { replayed, descriptors, fallback, drops, discarded }: Cost): void {
  to.replayed += replayed;
  to.descriptors += descriptors;
  to.fallback += fallback;
  to.drops += drops;
  to.discarded += discarded;
}

/** Runs through a stream's events, and tells what each that is out of the ordinary cost, and to which loss that is due. */
class CostSink extends EventSink implements RerunSink {
  private readonly timeline: Timeline;
  private readonly connection: number;
  private readonly tell: (event: number, cause: number, cost: Cost) => void;
  private readonly tally = new Tally();
  private readonly causes: Causes;
  private event = -1;
  private tailBefore = 0;
  private before = noCost();
  private outOfOrder = 0;

  constructor(timeline: Timeline, connection: number, tell: CostSink["tell"]) {
    super();
    this.timeline = timeline;
    this.connection = connection;
    this.tell = tell;
    this.causes = new Causes(timeline.trace, connection);
  }

  *run(): Generator<number> {
    const { timeline, connection } = this;
    const { length } = timeline.eventsOf(connection);
    for (let from = 0; from < length; from += blockSize) {
      timeline.rerun(connection, from, Math.min(length, from + blockSize), this);
      this.end();
      yield from / length;
    }
  }

  /** What all of it cost. */
  get cost(): Cost {
    const { replayedBytes, descriptors, fallbackBytes, dropped, lostBehindDriver, discarded, posts } =
      this.tally;
    return {
      replayed: replayedBytes,
      descriptors: posts - descriptors[Descriptor.packet]!,
      fallback: fallbackBytes,
      drops: dropped + lostBehindDriver,
      discarded,
    };
  }

  begin(event: number): boolean {
    this.end();
    this.event = event;
    this.clear();
    this.tailBefore = this.timeline.machine.sockets[this.connection]!.state.waitTail;
    return true;
  }

  private end(): void {
    const { event, timeline, tally, before } = this;
    if (event < 0) return;
    this.event = -1;
    tally.take(timeline.machine, event, this, this.tailBefore, (each) => each === this.connection);
    const cause = this.causes.of(event);
    for (const packet of tally.discardedNow) this.discard(packet, event);
    const now = this.cost;
    const isOutOfOrder = tally.outOfOrder > this.outOfOrder;
    this.outOfOrder = tally.outOfOrder;
    this.before = now;
    const cost = {
      replayed: now.replayed - before.replayed,
      descriptors: now.descriptors - before.descriptors,
      fallback: now.fallback - before.fallback,
      drops: now.drops - before.drops - tally.discardedNow.length,
      discarded: 0,
    };
    if (isOutOfOrder || cost.replayed > 0 || cost.drops > 0 || (cost.fallback > 0 && cause >= 0))
      this.tell(event, cause, cost);
  }

  /** A packet that waited is gone: it is a loss of its own. */
  private discard(packet: number, event: number): void {
    this.causes.discard(packet);
    this.tell(event, packet, { ...noCost(), drops: 1, discarded: 1 });
  }
}
