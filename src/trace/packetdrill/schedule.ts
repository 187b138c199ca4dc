import { layoutOf, recordType } from "../../core/base/record.ts";
import { advance, type Seq, seq } from "../../core/base/seq.ts";
import { usualSocket } from "../../core/machine/connection.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { Flag, Kind } from "../../core/words/event.ts";
import { derivedKeys, payloadOf } from "../language/keystream.ts";
import { StreamProgress } from "../language/stream-progress.ts";
import { emptyTrace, nicNamed, type Trace } from "../trace.ts";

/** Number of the first payload byte in a schedule: the SYN has 0. */
export const firstPayloadByte = 1;
/** Bytes of a segment: above the largest BIG TCP skb (524280). */
const segmentMax = 2 ** 20;
/** Bytes of one stream, and of all together: what bounds the record maps of a replay. */
const streamMax = 2 ** 30;
const streamsMax = 2 ** 32;
const mtuUsual = 1500;
/** IPv4 and TCP headers without options. */
const headersSize = 40;
const cipher = "aes-128-gcm";
const version = 0x0303;

/** Which connection something happens to, when, and on which line of its file (from 1; 0 = none). */
export interface Moment {
  connection: number;
  timeNs: number;
  line: number;
}

/** The bytes of a segment that the sender hands to its device; `seq` counts from the SYN. */
export interface ScheduledSegment {
  seq: number;
  length: number;
  fin: boolean;
}

/**
 * A trace made of what a plain TCP sender did, each connection taken for an offloaded TLS sender: a write of n bytes is
 * a send of n payload bytes (its records make the stream longer than the schedule, the tail is never sent), the offload
 * starts at the first payload byte, and a segment beyond what was written is preceded by a send that covers it.
 * What cannot be is left out: the methods then give the reason, a sentence for a diagnostic, else null.
 */
export class ScheduleTrace {
  readonly trace: Trace;
  private readonly progress: StreamProgress[] = [];
  private readonly startSeq: Seq;
  private streamBytes = 0;

  /** `startSeq`: the place on the ring of the first payload byte. */
  constructor(name: string, profile: Profile, startSeq = firstPayloadByte) {
    this.startSeq = seq(startSeq);
    this.trace = { ...emptyTrace(name, "text"), firstNumber: firstPayloadByte };
    this.trace.devices.push(nicNamed("eth0", profile, mtuUsual));
  }

  /** One more offloaded sender, `conn0`, `conn1` …; gives its index. */
  addConnection(): number {
    const { connections, streams, devices } = this.trace;
    const name = `conn${connections.length}`;
    const connection = connections.length;
    connections.push({
      name,
      flow: name,
      device: 0,
      version,
      cipher,
      startSeq: this.startSeq,
      recSeq0: 0n,
      epochs: [derivedKeys(name, cipher)],
      mss: devices[0]!.mtu - headersSize,
      ...usualSocket,
      captured: false,
      installed: true,
      source: payloadOf(name),
    });
    streams.push({
      name,
      short: name,
      connection,
      version,
      cipherName: cipher,
      cipher,
      tap: "wire",
      note: null,
    });
    this.progress.push(new StreamProgress(layoutOf(version, cipher)));
    return connection;
  }

  /** Sets the bytes that a wire packet of the connection carries; the device's MTU grows with it. */
  setMss(connection: number, mss: number): void {
    const device = this.trace.devices[0]!;
    this.trace.connections[connection]!.mss = mss;
    device.mtu = Math.max(device.mtu, mss + headersSize);
  }

  /** sendmsg() of `length` payload bytes. */
  write(moment: Moment, length: number, { more = false, eor = false } = {}): string | null {
    const progress = this.progress[moment.connection]!;
    if (length > streamMax - progress.pushed || length > streamsMax - this.streamBytes)
      return `a connection's stream has at most ${streamMax} bytes, all together ${streamsMax}; make it shorter`;
    const before = progress.pushed;
    progress.send(length, more, false);
    this.streamBytes += progress.pushed - before;
    const flags = (more ? Flag.more : 0) | (eor ? Flag.eor : 0);
    this.add(moment, Kind.send, { length, flags, extra: recordType.applicationData });
    return null;
  }

  /** Payload bytes that must be written before TCP can send the segment. */
  missing(connection: number, { seq: at, length, fin }: ScheduledSegment): number {
    const end = at - firstPayloadByte + length;
    return length === 0 && !fin ? 0 : Math.max(0, end - this.progress[connection]!.pushed);
  }

  /** The segment goes to the device. SYN and FIN carry no bytes of the stream; without a byte or FIN nothing happens. */
  transmit(moment: Moment, segment: ScheduledSegment): string | null {
    const { seq: from, length, fin } = segment;
    if (length === 0 && !fin) return null;
    if (length > segmentMax) return `a segment has at most ${segmentMax} bytes; divide it`;
    const missing = this.missing(moment.connection, segment);
    const problem = missing > 0 ? this.write(moment, missing) : null;
    if (problem !== null) return problem;
    const progress = this.progress[moment.connection]!;
    if (length > 0) progress.sent = Math.max(progress.sent, from - firstPayloadByte + length);
    if (fin) progress.finSent = true;
    this.add(moment, Kind.transmit, { at: from - firstPayloadByte, length, flags: fin ? Flag.fin : 0 });
    return null;
  }

  /** The peer has everything before `ack`, and the blocks of `sack` beyond it. */
  acknowledge(moment: Moment, ack: number, sack: readonly (readonly [number, number])[]): string | null {
    if (ack < firstPayloadByte) return null;
    const { sent, finSent, pushed } = this.progress[moment.connection]!;
    const beyond = ack - firstPayloadByte > sent + (finSent ? 1 : 0);
    if (beyond && ack - firstPayloadByte <= pushed)
      return `no segment carries the bytes from ${sent + firstPayloadByte} on that this acknowledges: it is left out; write them (\`> …\`) above it`;
    if (beyond)
      return `only the bytes before ${sent + firstPayloadByte} were sent: TCP discards this acknowledgement (RFC 9293 §3.10.7.4)`;
    const index = this.add(moment, Kind.ack, { at: ack - firstPayloadByte });
    const blocks = sack.flat().map((edge) => advance(this.startSeq, edge - firstPayloadByte));
    if (blocks.length > 0) this.trace.sacks.set(index, blocks);
    return null;
  }

  /** close() or shutdown() of the sending side; the second one changes nothing. */
  close(moment: Moment): void {
    const progress = this.progress[moment.connection]!;
    if (progress.closed) return;
    const before = progress.pushed;
    progress.closeRecord();
    progress.closed = true;
    this.streamBytes += progress.pushed - before;
    this.add(moment, Kind.close, {});
  }

  private add(
    { connection, timeNs, line }: Moment,
    kind: number,
    {
      at = 0,
      length = 0,
      flags = 0,
      extra = 0,
    }: { at?: number; length?: number; flags?: number; extra?: number },
  ): number {
    const place = advance(this.startSeq, at);
    return this.trace.events.push({
      timeNs,
      connection,
      kind,
      flags,
      seq: place,
      length,
      extra,
      line,
      offset: -1,
    });
  }
}
