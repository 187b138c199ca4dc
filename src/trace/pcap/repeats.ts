import { i32be, u16be } from "./bytes.ts";
import type { Frame } from "./headers/frame.ts";
import type { Packet } from "./headers/packet.ts";
import { type SegmentLog, TcpFlag } from "./segments.ts";
import type { FileWindow } from "./window.ts";

/** What a frame is that carries what an earlier one carried. */
export const Repeat = {
  /** Nothing that was seen lately. */
  none: 0,
  /** The same packet, captured at another place or twice: it was sent once. */
  copy: 1,
  /** It may be a copy, and it may have been sent again: it counts as sent again. */
  doubtful: 2,
  /** The same packet with other payload: taken before and behind what changed it. */
  changed: 3,
  /** The same packet with other payload throughout: taken before and behind a NIC that encrypts. */
  otherSide: 4,
} as const;
export type Repeat = (typeof Repeat)[keyof typeof Repeat];

/** Segments that are remembered; a copy follows soon. */
const remembered = 1 << 15;
const slots = 1 << 16;
/** Between copies that a number proves, and between those that only time and place do, in nanoseconds. */
const momentNs = 1e9;
/** A sender sends again on an acknowledgement or a timer, and no timer is shorter (Linux: TCP_TIMEOUT_MIN, 2 ms). */
const instantNs = 1e6;
/** Segments that are compared with one of the same place in the stream. */
const triesMax = 8;
/** Rows looked through for what was sent in between. */
const betweenMax = 256;
/** Share of other bytes from which on a whole payload is another: of ciphertext nearly all are, of a damaged packet few. */
const throughout = 0.5;
/** Fewest bytes of a full segment (RFC 9293 §3.7.1): so many numbers may lie between two of one large segment. */
const segmentSizeMin = 500;

/**
 * Tells copies of packets from packets that were sent again. A sender numbers its packets (IPv4's identification), so
 * that a retransmission has a new number and a copy the old one. Where there is no number (IPv6, 0, one that never
 * changes) a copy is one whose TCP header and bytes are the same, timestamp and all, and which was either captured at
 * another place (interface, addresses, tunnel or hop limit differ) or comes within less time than any timer takes,
 * without a word from the peer between. Whatever else looks like a copy is doubtful.
 */
export class Repeats {
  private readonly log: SegmentLog;
  /** Where earlier payloads are read, and this one. */
  private readonly windows: readonly [FileWindow, FileWindow];
  /** Row of the segment that holds what stands behind a stream's sequence number. */
  private readonly rows = new Int32Array(slots).fill(-1);
  /** By row modulo `remembered`: the row that its slot held before. */
  private readonly previous = new Int32Array(remembered);
  /** Number of the packet (−1 = none), digests of TCP header and place. */
  private readonly numbers = new Int32Array(remembered);
  private readonly headers = new Int32Array(remembered);
  private readonly places = new Int32Array(remembered);
  /** The same of the segment looked at. */
  private number = -1;
  private header = 0;
  private place = 0;
  private stream = 0;

  constructor(log: SegmentLog, windows: readonly [FileWindow, FileWindow]) {
    this.log = log;
    this.windows = windows;
  }

  /** What the segment is that was digested last. */
  look(packet: Packet, frame: Frame): Repeat {
    let found: Repeat = Repeat.none;
    let row = this.rows[slotOf(this.stream, packet.seq, packet.ack)]!;
    // What was sent several times may be copied late: each time has a number of its own.
    for (let tries = 0; tries < triesMax && this.isRemembered(row); tries++) {
      const isLike = this.holds(row, packet, packet.seq);
      if (isLike && (packet.length === 0) === (this.log.length.values[row] === 0)) {
        const repeat = this.compare(packet, frame, row);
        if (repeat === Repeat.copy) return repeat;
        found = Math.max(found, repeat) as Repeat;
      }
      row = this.previous[row & (remembered - 1)]!;
    }
    return found;
  }

  /** Remembers the segment looked at last, which is the log's last row. */
  remember(packet: Packet): void {
    const row = this.log.count - 1;
    const at = row & (remembered - 1);
    this.numbers[at] = this.number;
    this.headers[at] = this.header;
    this.places[at] = this.place;
    const slot = slotOf(this.stream, packet.seq, packet.ack);
    this.previous[at] = this.rows[slot]!;
    this.rows[slot] = row;
  }

  private isRemembered(row: number): boolean {
    return row >= 0 && this.log.count - row <= remembered;
  }

  /** Notes what a segment that was just parsed is known by; it belongs to a stream (2 × flow + direction). */
  digest(packet: Packet, { bytes, start, interface: id }: Frame, stream: number): void {
    this.stream = stream;
    const { ip, tcp, payload, addressSize } = packet;
    this.number = addressSize === 4 ? u16be(bytes, ip + 4) || -1 : -1;
    // Flags, window and options; checksums differ where a NIC fills them in, PSH and FIN between parts of one segment.
    let header = u16be(bytes, tcp + 14) | ((bytes[tcp + 13]! & ~0x89) << 16);
    for (let at = tcp + 20; at < payload; at += 4) header = Math.imul(header, 31) ^ i32be(bytes, at);
    this.header = header;
    const hops = bytes[ip + (addressSize === 4 ? 8 : 7)]!;
    let place = hops ^ ((ip - start) << 8) ^ (id << 20);
    // The two addresses of Ethernet: their last bytes tell interfaces apart.
    if (ip - start >= 12) place ^= Math.imul(i32be(bytes, start + 2), 31) ^ i32be(bytes, start + 8);
    this.place = place;
  }

  /** The remembered segment of the stream that holds a sequence number or stands there; −1 if there is none. */
  private rowAt(packet: Packet, seq: number): number {
    const row = this.rows[slotOf(this.stream, seq, packet.ack)]!;
    return this.isRemembered(row) && this.holds(row, packet, seq) ? row : -1;
  }

  private holds(row: number, { ack }: Packet, seq: number): boolean {
    const { log } = this;
    if ((log.ack.values[row]! | 0) !== (ack | 0)) return false;
    if (2 * log.flow.values[row]! + log.direction.values[row]! !== this.stream) return false;
    const inside = (seq - log.seq.values[row]!) | 0;
    return inside === 0 || (inside > 0 && inside < log.length.values[row]!);
  }

  /** Goes through the segments that together hold this one's bytes, the first in `row`. */
  private compare(packet: Packet, frame: Frame, first: number): Repeat {
    const { log } = this;
    let found: Repeat = Repeat.copy;
    let row = first;
    for (let at = 0; ; ) {
      const start = (packet.seq + at - log.seq.values[row]!) | 0;
      const part = Math.min(packet.length - at, log.length.values[row]! - start);
      const kin = this.kinOf(packet, frame, row);
      if (kin === Repeat.none) return Repeat.none;
      const other = this.othersIn(packet, frame, { row, start, at, part });
      if (other > 0) {
        const isElsewhere = this.places[row & (remembered - 1)] !== this.place;
        // What is sent again comes from the same place, and comes late: this is the other side of a NIC.
        if (other > throughout && (isElsewhere || kin === Repeat.copy)) return Repeat.otherSide;
        return kin === Repeat.copy ? Repeat.changed : Repeat.none;
      }
      if (kin === Repeat.doubtful) found = Repeat.doubtful;
      at += part;
      if (at >= packet.length) {
        // What follows may be the next part of the same large segment.
        const isPart = start + part < log.length.values[row]!;
        if (isPart && found === Repeat.copy)
          this.rows[slotOf(this.stream, (packet.seq + at) | 0, packet.ack)] = row;
        return found;
      }
      row = this.rowAt(packet, (packet.seq + at) | 0);
      if (row < 0) return Repeat.none;
    }
  }

  /** Whether this segment and the one of a row are the same packet, or parts of the same. */
  private kinOf(packet: Packet, frame: Frame, row: number): Repeat {
    const { log, number } = this;
    const at = row & (remembered - 1);
    if (this.headers[at] !== this.header) return Repeat.none;
    const apart = Math.abs(frame.timeNs - log.timeNs.values[row]!);
    if (apart > momentNs) return Repeat.none;
    const isWhole = log.seq.values[row] === packet.seq && log.length.values[row] === packet.length;
    // PSH and FIN go with the last part only.
    if (isWhole && ((log.flags.values[row]! ^ packet.flags) & 0x89) !== 0) return Repeat.none;
    const takesNumbers = packet.length > 0 || (packet.flags & (TcpFlag.syn | TcpFlag.fin)) !== 0;
    const isElsewhere = this.places[at] !== this.place;
    const isNumbered = number >= 0 && this.numbers[at]! >= 0 && this.isNumbering(packet, row);
    if (isNumbered) {
      const ahead = (packet.seq - log.seq.values[row]!) | 0;
      if (!fits(((number - this.numbers[at]!) << 16) >> 16, ahead)) return Repeat.none;
      return ahead === 0 || isElsewhere || this.isQuiet(row) ? Repeat.copy : Repeat.doubtful;
    }
    if (!takesNumbers) return Repeat.none;
    const hasTimestamp = packet.payload - packet.tcp >= 32;
    if (isElsewhere && (hasTimestamp || apart <= instantNs)) return Repeat.copy;
    return apart <= instantNs && this.isQuiet(row) ? Repeat.copy : Repeat.doubtful;
  }

  /** True if the sender gives different packets different numbers: its last other packet has another one. */
  private isNumbering({ seq }: Packet, row: number): boolean {
    const { log } = this;
    for (let other = log.count - 1; other >= 0 && other > log.count - betweenMax; other--) {
      const isOwn = 2 * log.flow.values[other]! + log.direction.values[other]! === this.stream;
      if (!isOwn || log.seq.values[other] === seq || other === row) continue;
      return this.numbers[other & (remembered - 1)] !== this.number;
    }
    return true;
  }

  /** True if the peer said nothing since the segment of a row, so that nothing made the sender send again. */
  private isQuiet(row: number): boolean {
    const { log } = this;
    if (log.count - row > betweenMax) return false;
    for (let other = row + 1; other < log.count; other++)
      if (2 * log.flow.values[other]! + log.direction.values[other]! === (this.stream ^ 1)) return false;
    return true;
  }

  /** How many of `part` bytes from `at` on are not those from `start` on of a row, as a share of what the file holds of both. */
  private othersIn(
    packet: Packet,
    frame: Frame,
    { row, start, at, part }: { row: number; start: number; at: number; part: number },
  ): number {
    const { log } = this;
    const headers = packet.payload - frame.start;
    const held = Math.min(part, frame.captured - headers - at, log.captured.values[row]! - start);
    if (held <= 0) return 0;
    if (one.length < held) [one, other] = [new Uint8Array(held), new Uint8Array(held)];
    const [earlier, own] = this.windows;
    if (!earlier.copy(log.offset.values[row]! + start, held, one, 0)) return 1;
    if (!own.copy(frame.offset + headers + at, held, other, 0)) return 1;
    let others = 0;
    for (let i = 0; i < held; i++) if (one[i] !== other[i]) others++;
    return others / held;
  }
}

/** What is compared: of all captures, for each is done with it before another begins. */
let one = new Uint8Array(1 << 16);
let other = new Uint8Array(1 << 16);

/**
 * Whether packets that begin `ahead` bytes apart may have numbers `numbers` apart, as parts of one large segment: a NIC
 * gives its parts successive ones (Linux: inet_gso_segment), or all the same.
 */
const fits = (numbers: number, ahead: number): boolean =>
  ahead === 0
    ? numbers === 0
    : Math.abs(numbers) <= Math.abs(ahead) / segmentSizeMin + 1 && Math.sign(numbers) !== -Math.sign(ahead);

function slotOf(stream: number, seq: number, ack: number): number {
  const mixed = Math.imul(seq, 0x9e3779b1) ^ Math.imul(ack, 0x85ebca6b) ^ Math.imul(stream, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 15)) & (slots - 1);
}
