import { headerSize, tagSize } from "../../../core/base/record.ts";
import type { Seq } from "../../../core/base/seq.ts";
import { Kind } from "../../../core/words/event.ts";
import { type Damage, type Trace, Wire } from "../../../trace/trace.ts";

/** A transmit, by where its bytes lie from the offload start on. */
interface Sent {
  event: number;
  from: number;
  to: number;
}

/** The packets of one connection, by what they hold. */
export class Packets {
  private readonly trace: Trace;
  /** In order of `from`. */
  private readonly sent: Sent[] = [];
  private longest = 0;
  private readonly startSeq: Seq;

  constructor(trace: Trace, connection: number, transmits: readonly number[]) {
    this.trace = trace;
    const { events, connections } = trace;
    const { startSeq } = connections[connection]!;
    this.startSeq = startSeq;
    for (const event of transmits) {
      const from = events.seq.at(event) - startSeq;
      const length = events.length.at(event);
      this.longest = Math.max(this.longest, length);
      this.sent.push({ event, from, to: from + length });
    }
    this.sent.sort((a, b) => a.from - b.from);
  }

  /** Frames of the packets that hold what is wrong with an event's record, or may hold it, in order. */
  framesOf(event: number): number[] {
    const { events, verdicts } = this.trace;
    const damage = verdicts?.damage.get(event);
    if (damage === undefined) return [events.line.at(event)];
    const record = { at: events.seq.at(event) - this.startSeq, length: events.length.at(event) };
    const holding = rangesOf(damage, record).flatMap(([from, to]) => this.holding(from, to));
    const differing =
      "wrong" in damage || "faults" in damage
        ? holding.filter((one) => verdicts!.wire[one] === Wire.differs)
        : [];
    const frames = new Set((differing.length > 0 ? differing : holding).map((one) => events.line.at(one)));
    return frames.size === 0 ? [events.line.at(event)] : [...frames].sort((a, b) => a - b);
  }

  /** The events of the packets that left with a byte, in order; `at`: from the offload start on. */
  carriersOf(at: number): number[] {
    return this.holding(at, at + 1).sort((a, b) => a - b);
  }

  /** Transmits with a byte of [from, to). */
  private holding(from: number, to: number): number[] {
    const { sent, longest } = this;
    let [low, high] = [0, sent.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sent[middle]!.from > from - longest) high = middle;
      else low = middle + 1;
    }
    const found: number[] = [];
    for (; low < sent.length && sent[low]!.from < to; low++)
      if (sent[low]!.to > from) found.push(sent[low]!.event);
    return found;
  }
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
