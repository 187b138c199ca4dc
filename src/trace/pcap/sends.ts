import type { Packet } from "./headers/packet.ts";
import { type SegmentLog, TcpFlag } from "./segments.ts";
import type { FileWindow } from "./window.ts";

/** How far each direction of a connection has sent, and been acknowledged; streams are 2 × flow + direction. */
export class Sends {
  private readonly log: SegmentLog;
  private readonly window: FileWindow;
  /** Sequence number behind the last byte, row of the segment that reached it (−1 = nothing sent yet). */
  private ends = new Int32Array(64);
  private rows = new Int32Array(64).fill(-1);
  /** Highest acknowledgement by the peer, and whether there was one. */
  private acks = new Int32Array(64);
  private isAcked = new Uint8Array(64);

  constructor(log: SegmentLog, window: FileWindow) {
    this.log = log;
    this.window = window;
  }

  /** True for a segment that says what was not said before: bytes behind all that were sent, or a higher acknowledgement. */
  isNews({ seq, ack, length, flags }: Packet, stream: number): boolean {
    if (stream >= this.rows.length) return false;
    if (length > 0) return this.rows[stream]! >= 0 && ((seq - this.ends[stream]!) | 0) >= 0;
    const isPlain = (flags & (TcpFlag.syn | TcpFlag.fin | TcpFlag.rst)) === 0;
    return isPlain && this.isAcked[stream ^ 1] === 1 && ((ack - this.acks[stream ^ 1]!) | 0) > 0;
  }

  /**
   * True for a keep-alive probe (RFC 9293 §3.8.4): at most one byte, the last that was sent, and it need not be the
   * right one. A byte that is still on its way alone may be sent again: that is no probe.
   */
  isProbe(packet: Packet, stream: number, offset: number): boolean {
    const { log } = this;
    const control = TcpFlag.syn | TcpFlag.fin | TcpFlag.rst;
    if (packet.length !== 1 || (packet.flags & control) !== 0) return false;
    const row = stream < this.rows.length ? this.rows[stream]! : -1;
    if (row < 0 || packet.seq !== ((this.ends[stream]! - 1) | 0)) return false;
    if (this.isAcked[stream] && ((this.acks[stream]! - this.ends[stream]!) | 0) >= 0) return true;
    const length = log.length.values[row]!;
    if (length === 1 || log.captured.values[row] !== length) return false;
    const last = log.offset.values[row]! + length - 1;
    return this.window.copy(last, 1, byte, 0) && this.window.copy(offset, 1, byte, 1) && byte[0] !== byte[1];
  }

  /** Takes the segment of the log's last row; true if its new bytes were acknowledged before the capture showed them. */
  take(packet: Packet, stream: number): boolean {
    if (stream + 2 > this.ends.length) this.grow(stream + 2);
    const isNew = this.takeBytes(packet, stream);
    const isLate =
      isNew && this.isAcked[stream] === 1 && ((this.acks[stream]! - packet.seq - packet.length) | 0) >= 0;
    if ((packet.flags & TcpFlag.ack) !== 0 && (packet.flags & TcpFlag.rst) === 0) {
      const peer = stream ^ 1;
      if (!this.isAcked[peer] || ((packet.ack - this.acks[peer]!) | 0) > 0) this.acks[peer] = packet.ack;
      this.isAcked[peer] = 1;
    }
    return isLate;
  }

  /** True if the segment lies behind all that was sent before. */
  private takeBytes({ seq, length }: Packet, stream: number): boolean {
    if (length === 0) return false;
    const end = (seq + length) | 0;
    const isFirst = this.rows[stream]! < 0;
    const isNew = !isFirst && ((seq - this.ends[stream]!) | 0) >= 0;
    if (isFirst || ((end - this.ends[stream]!) | 0) > 0) {
      this.ends[stream] = end;
      this.rows[stream] = this.log.count - 1;
    }
    return isNew;
  }

  private grow(streams: number): void {
    const size = Math.max(streams, 2 * this.ends.length);
    const grown = <T extends Int32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.ends = grown(this.ends, new Int32Array(size));
    this.rows = grown(this.rows, new Int32Array(size).fill(-1));
    this.acks = grown(this.acks, new Int32Array(size));
    this.isAcked = grown(this.isAcked, new Uint8Array(size));
  }
}

const byte = new Uint8Array(2);
