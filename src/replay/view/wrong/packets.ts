import { headerSize, tagSize } from "../../../core/base/record.ts";
import { Kind } from "../../../core/words/event.ts";
import { type Damage, type Trace, Wire } from "../../../trace/trace.ts";

/** Blocks of sequence space are no smaller than this: about a segment. */
const blockMin = 2048;

/** The packets of one connection, by what they hold: columns, as a capture has millions. Places are from the offload start on. */
export class Packets {
  private readonly trace: Trace;
  private readonly startSeq: number;
  /** Transmits by the block of sequence space that they begin in, of each block in their order. */
  private readonly events: Int32Array;
  /** Of block b: events[begins[b] … begins[b + 1]). */
  private readonly begins: Int32Array;
  private readonly first: number;
  private readonly blockSize: number;
  private readonly longest: number;

  constructor(trace: Trace, connection: number, transmits: readonly number[]) {
    this.trace = trace;
    this.startSeq = trace.connections[connection]!.startSeq;
    let [first, last, longest] = [0, 0, 0];
    for (const event of transmits) {
      const from = this.from(event);
      if (from < first) first = from;
      if (from > last) last = from;
      longest = Math.max(longest, trace.events.length.at(event));
    }
    this.first = first;
    this.longest = longest;
    this.blockSize = Math.max(blockMin, Math.ceil((last - first + 1) / (transmits.length + 1)));
    this.begins = new Int32Array(this.blockOf(last) + 2);
    this.events = new Int32Array(transmits.length);
    this.sort(transmits);
  }

  /** A counting sort by blocks. */
  private sort(transmits: readonly number[]): void {
    const { begins, events } = this;
    for (const event of transmits) begins[this.blockOf(this.from(event)) + 1]!++;
    for (let block = 1; block < begins.length; block++) begins[block]! += begins[block - 1]!;
    const next = begins.slice();
    for (const event of transmits) events[next[this.blockOf(this.from(event))]!++] = event;
  }

  private from(event: number): number {
    return this.trace.events.seq.at(event) - this.startSeq;
  }

  private blockOf(from: number): number {
    return Math.floor((from - this.first) / this.blockSize);
  }

  /** Frames of the packets that hold what is wrong with an event's record, or may hold it, in order. */
  framesOf(event: number): number[] {
    const { events, verdicts } = this.trace;
    const damage = verdicts?.damage.get(event);
    if (damage === undefined) return [events.line.at(event)];
    const record = { at: this.from(event), length: events.length.at(event) };
    const holding = rangesOf(damage, record).flatMap(([from, to]) => this.holding(from, to));
    const differing =
      "wrong" in damage || "faults" in damage
        ? holding.filter((one) => verdicts!.wire[one] === Wire.differs)
        : [];
    const frames = new Set((differing.length > 0 ? differing : holding).map((one) => events.line.at(one)));
    return frames.size === 0 ? [events.line.at(event)] : [...frames].sort((a, b) => a - b);
  }

  /** The events of the packets that hold a byte, in order. */
  carriersOf(at: number): number[] {
    return this.holding(at, at + 1).sort((a, b) => a - b);
  }

  /** Transmits with a byte of [from, to). */
  private holding(from: number, to: number): number[] {
    const { begins, events, trace } = this;
    const blocks = begins.length - 1;
    const low = Math.max(0, Math.min(blocks, this.blockOf(from - this.longest)));
    const high = Math.max(low, Math.min(blocks, this.blockOf(to - 1) + 1));
    const found: number[] = [];
    for (let i = begins[low]!; i < begins[high]!; i++) {
      const event = events[i]!;
      const start = this.from(event);
      if (start < to && start + trace.events.length.at(event) > from) found.push(event);
    }
    return found;
  }
}

const known = new WeakMap<Trace, Map<number, Packets>>();

/** The packets of a connection by what they hold, made when first asked for. */
export function packetsIn(trace: Trace, connection: number): Packets {
  const packets = known.get(trace) ?? new Map<number, Packets>();
  known.set(trace, packets);
  if (!packets.has(connection))
    packets.set(connection, packetsOf(trace, new Set([connection])).get(connection)!);
  return packets.get(connection)!;
}

/** The packets of each of these connections, found in one pass over the events. */
export function packetsOf(trace: Trace, connections: ReadonlySet<number>): Map<number, Packets> {
  const { events } = trace;
  const transmits = new Map(Array.from(connections, (connection) => [connection, [] as number[]]));
  for (let event = 0; event < events.count; event++)
    if (events.kind.values[event] === Kind.transmit)
      transmits.get(events.connection.values[event]!)?.push(event);
  return new Map(
    Array.from(transmits, ([connection, own]) => [connection, new Packets(trace, connection, own)]),
  );
}

/** Bytes that are wrong, or among which they are, from the offload start on: a record's own place stands behind. */
function rangesOf(
  damage: Damage,
  { at, length }: { at: number; length: number },
): [from: number, to: number][] {
  switch (damage.part) {
    case "number":
    case "iv":
      return [[at, at + length]];
    case "nonce-reuse":
      return [damage.firstAt, damage.at].map((one) => [one + headerSize, one + headerSize + nonceSize]);
    case "tag-of":
      return [[damage.at, damage.at + tagSize]];
    case "clear":
      return damage.faults.map(({ from, to }) => [damage.at + from, damage.at + to]);
    case "plaintext":
    case "sealed":
    case "foreign":
    case "unknown":
      return [[damage.at, damage.at + damage.length]];
    default:
      return damage.wrong.map(({ offset }) => [damage.at + offset, damage.at + offset + 1]);
  }
}

/** Bytes of an explicit nonce (RFC 5288 §3). */
const nonceSize = 8;

/** `frame 7`, `frames 7, 9–12`. */
export function wordFrames(frames: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const frame of frames) {
    const last = runs.at(-1);
    if (last?.[1] === frame - 1) last[1] = frame;
    else runs.push([frame, frame]);
  }
  const words = runs.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  return `${frames.length === 1 ? "frame" : "frames"} ${words.join(", ")}`;
}
