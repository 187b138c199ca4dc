import { firstThat } from "../../core/base/columns.ts";
import { advance, type Seq } from "../../core/base/seq.ts";
import { streamBytes, wireRecord } from "../../core/nic/bytes.ts";
import { wireBytes } from "../../core/nic/wire-bytes.ts";
import { Engine } from "../../core/words/descriptor.ts";
import type { Timeline } from "../../replay/timeline.ts";
import { type Departed, departuresOf } from "../departures.ts";

/** A packet's bytes as they left, and as whole-record encryption makes them; null where they are not known. */
interface Sent {
  connection: number;
  seq: Seq;
  length: number;
  actual: Uint8Array | null;
  right: Uint8Array | null;
  /** Bytes at its beginning that lie before the offload and were encrypted all the same. */
  ahead: number;
}

/** What is wrong with the bytes of one run in one event. */
export interface ByteDifference {
  /** Index of the run. */
  run: number;
  /** The first byte that differs, and how many do. */
  first: Seq;
  bytes: number;
  /** From what they differ: the right bytes, or only those of the first run. */
  from: "encryption" | "first";
}

/** What comparing the bytes of an event came to. */
export interface BytesCompared {
  differences: ByteDifference[];
  /** By run: packets whose bytes are not known. */
  unknown: number[];
}

/** Compares the bytes that left under each run in an event with whole-record encryption and with the first run's. */
export function compareBytes(timelines: readonly Timeline[], event: number): BytesCompared {
  const sent = timelines.map((timeline) => sentIn(timeline, event));
  const first = new Partners(sent[0]!);
  const wrong = sent.map((packets) => differenceIn(packets, (packet) => [packet]));
  const differences = sent.flatMap((packets, run): ByteDifference[] => {
    const own = wrong[run];
    if (own) return [{ run, ...own, from: "encryption" }];
    // Right bytes that differ from wrong ones are not told once more.
    if (run === 0 || wrong[0]) return [];
    const other = differenceIn(packets, (packet, i) => first.of(packets, packet, i));
    return other ? [{ run, ...other, from: "first" }] : [];
  });
  const unknown = sent.map(
    (packets) => packets.filter(({ actual, length }) => actual === null && length > 0).length,
  );
  return { differences, unknown };
}

function sentIn(timeline: Timeline, event: number): Sent[] {
  return departuresOf(timeline.record(event)).map((departed) => sentOf(timeline, departed));
}

/** Bytes before the offload are nobody's record: right as they are, wrong if a cipher took them. */
function sentOf({ machine }: Timeline, departed: Departed): Sent {
  const { connection, state, engine } = departed;
  const socket = machine.sockets[connection]!.at(state);
  const start = socket.connection.startSeq;
  const skipped = Math.max(0, Math.min(start - departed.seq, departed.length));
  const rest = { ...departed, seq: advance(departed.seq, skipped), length: departed.length - skipped };
  return {
    connection,
    seq: rest.seq,
    length: rest.length,
    actual: rest.length === 0 ? null : wireBytes(socket, rest),
    right: rest.length === 0 ? null : streamBytes(socket, rest.seq, rest.length, wireRecord),
    ahead: engine === Engine.none ? 0 : skipped,
  };
}

/** The first run's packets, with what they sent as what is right. */
class Partners {
  private readonly packets: readonly Sent[];
  private readonly longest: number;
  /** By connection, in the order of the stream; made when packets are cut otherwise. */
  private sorted: Map<number, Sent[]> | null = null;

  constructor(packets: readonly Sent[]) {
    this.packets = packets.map((packet) => ({ ...packet, right: packet.actual }));
    this.longest = packets.reduce((most, { length }) => Math.max(most, length), 0);
  }

  /** Those that carry bytes of another run's i-th packet: its counterpart, or, cut otherwise, all that overlap it. */
  of(packets: readonly Sent[], packet: Sent, i: number): Sent[] {
    if (packets.length === this.packets.length)
      return [this.packets[i]!].filter((other) => overlaps(packet, other));
    this.sorted ??= byConnection(this.packets);
    const own = this.sorted.get(packet.connection) ?? [];
    const begin = firstThat(0, own.length, (at) => own[at]!.seq > packet.seq - this.longest);
    const end = firstThat(begin, own.length, (at) => own[at]!.seq >= packet.seq + packet.length);
    return own.slice(begin, end).filter((other) => overlaps(packet, other));
  }
}

function byConnection(packets: readonly Sent[]): Map<number, Sent[]> {
  const sorted = new Map<number, Sent[]>();
  for (const packet of [...packets].sort((a, b) => a.seq - b.seq)) {
    const own = sorted.get(packet.connection);
    if (own) own.push(packet);
    else sorted.set(packet.connection, [packet]);
  }
  return sorted;
}

const overlaps = (a: Sent, b: Sent): boolean =>
  a.connection === b.connection && a.seq < b.seq + b.length && b.seq < a.seq + a.length;

/** The first byte that differs from the `right` ones of its partners, and how many do; null if none does. */
function differenceIn(
  packets: readonly Sent[],
  partners: (packet: Sent, i: number) => Sent[],
): Pick<ByteDifference, "first" | "bytes"> | null {
  let first: Seq | null = null;
  let bytes = 0;
  for (const [i, packet] of packets.entries()) {
    for (const partner of partners(packet, i)) {
      if (partner === packet && packet.ahead > 0) {
        first ??= advance(packet.seq, -packet.ahead);
        bytes += packet.ahead;
      }
      if (!packet.actual || !partner.right) continue;
      const shift = packet.seq - partner.seq;
      const end = Math.min(packet.length, partner.length - shift);
      for (let at = Math.max(0, -shift); at < end; at++) {
        if (packet.actual[at] === partner.right[at + shift]) continue;
        first ??= advance(packet.seq, at);
        bytes++;
      }
    }
  }
  return first === null ? null : { first, bytes };
}
