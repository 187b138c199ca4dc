// core/words: the words: events, effects, stages, descriptors.

import { float64, int32, Table, uint8, uint16 } from "../base/columns.ts";
import { type Seq, seq } from "../base/seq.ts";
import { codesOf } from "./codes.ts";

/** Events of a device, not of a connection. */
export const deviceEventKinds = [
  "down",
  "up",
  "reset",
  "hold",
  "resume",
  "refuse",
  "accept",
  "become",
] as const;

/**
 * What a trace can say happened; one kind is one line form of the trace language. Numbers, because events are columns.
 * - install: setsockopt(TLS_TX): from here on the connection is offloaded
 * - send: the application writes `length` bytes (sendmsg; flags more, eor; `extra` = record type)
 * - record: a record as a capture shows it: pushed as it is, `length` from header to tag, `extra` = packRecord()
 * - gap: `length` bytes of the stream whose records are not known (bytes missing from a capture)
 * - transmit: TCP hands the segment [seq, seq + length) to the device
 * - ack: the peer acknowledges everything before `seq` (SACK blocks, if any, are in Trace.sacks); `extra` = 1: it comes
 *   on another CPU while the driver is at work on the connection's next segment
 * - close: close() of the socket: an open record is pushed
 * - splice-eof: a sendfile reached the end of its file
 * - destruct: the socket is gone, with all its segments: the driver's context is deleted
 * - rekey: setsockopt(TLS_TX) once more, after a KeyUpdate of TLS 1.3
 * - reroute: the route leads through device `extra` from now on
 * - merge: TCP tries to make one segment of [seq, seq + length) (retransmit collapse, SACK shift)
 * - split: TCP divides a segment at `seq`
 * - page-write: the application changes zero-copy pages behind [seq, seq + length)
 * - set: somebody sets a value of driver or NIC, `extra` = one of Settable, to the number that `seq` lies behind the offload start
 *
 * And of a device (`connection` is then −1 − device), for every connection on it:
 * - down, up: NETDEV_DOWN and NETDEV_UP
 * - reset: the transmit queue is reset, what waits in it is discarded
 * - hold, resume: the NIC stops taking descriptors, and takes what waits
 * - refuse, accept: the driver fails what the TLS layer asks of it (tls_dev_add, tls_dev_resync), until it does not
 * - become: another profile or kernel from here on, `extra` = its place in Device.later
 */
export const eventKinds = [
  "install",
  "send",
  "record",
  "gap",
  "transmit",
  "ack",
  "close",
  "splice-eof",
  "destruct",
  "rekey",
  "reroute",
  "merge",
  "split",
  "page-write",
  "set",
  ...deviceEventKinds,
] as const;
export const Kind = codesOf(eventKinds);

/** What a `set` event can set, by the paths of views. */
export const settables = [
  "driver.expectedSeq",
  "driver.postedRecordSn",
  "driver.paramsPosted",
  "driver.resyncPending",
  "nic.expectedSeq",
  "nic.recordSn",
] as const;
export type Settable = (typeof settables)[number];
export const Settable = codesOf(settables);

/** The `connection` column of a device's events, and back; a connection's own index is never negative. */
export const deviceColumn = (device: number): number => -1 - device;

/** Bits of an event's `flags` column. */
export const Flag = {
  /** send: MSG_MORE, the record stays open. */
  more: 1,
  /** send: MSG_EOR, the record is closed. */
  eor: 2,
  /** transmit: lost on the wire after it left the NIC. */
  lost: 4,
  /** transmit: the qdisc accepted the packet and lost it: it never reached the driver. */
  qdiscDrop: 8,
  /** transmit: seen in a capture, so it did leave whatever the model says of it. */
  captured: 16,
  /** transmit: carries FIN (which is not a byte of the stream). */
  fin: 32,
  /** transmit: the part from the offload start on of a captured segment that straddles it; the part before is the event above. */
  straddle: 64,
  /** send: the record type was set by a control message (TLS_SET_RECORD_TYPE). */
  typed: 128,
  /** transmit: skb_orphan() took the packet's socket away before it reached the device. */
  orphan: 256,
  /** transmit: skb_orphan_partial() was tried on it (netem). */
  orphanPartial: 512,
  /** transmit: an allocation that it needs fails (metadata, sync packet, fallback). */
  noMemory: 1024,
  /** transmit: the ring has no room for more than the packet itself. */
  ringFull: 2048,
  /** transmit: more packets follow (xmit_more), the doorbell is not rung yet. */
  undoorbelled: 4096,
  /** transmit: marked for offload whatever its bytes are. */
  marked: 8192,
  /** send: the pages are the user's own (sendfile with TLS_TX_ZEROCOPY_RO, MSG_SPLICE_PAGES); install: TCP had unsent bytes. */
  zerocopy: 16384,
  /** install: bytes before the offload wait unsent in the write queue, so its tail is fenced. */
  unsent: 32768,
} as const;

/** What a transmit's `extra` column holds: the mapping (from 1) that fails with a DMA error, and the transmit queue. */
export interface TransmitExtra {
  /** 0 = none fails. */
  dmaErrorAt: number;
  /** −1 = the one that the connection is on. */
  queue: number;
}

export const packTransmit = ({ dmaErrorAt, queue }: TransmitExtra): number =>
  dmaErrorAt | ((queue + 1) << 16);
export const unpackTransmit = (extra: number): TransmitExtra => ({
  dmaErrorAt: extra & 0xffff,
  queue: (extra >>> 16) - 1,
});

/** A send's `extra` column: the record type, and for zero-copy the contiguous pieces that its bytes lie in. */
export const packSend = (type: number, pieces: number): number => type | (pieces << 8);
export const sendType = (extra: number): number => extra & 255;
export const sendPieces = (extra: number): number => extra >>> 8;

/** How a `record` event's `extra` is packed: bits 0–7 the type, bit 8 starts a new epoch, bit 9 number unknown, bit 10 number is in Trace.recordSns, bit 11 content unknown, from bit 12 the epoch. */
export interface RecordExtra {
  type: number;
  /** Key epoch: 0 at the offload start, +1 at each KeyUpdate or renegotiation. */
  epoch: number;
  /** First record of its epoch: its number is 0 again. */
  startsEpoch: boolean;
  /** The number cannot be known (bytes missing, or no keys in TLS 1.3). */
  snUnknown: boolean;
  /** The number does not follow from the record before; it stands in Trace.recordSns under this event. */
  snGiven: boolean;
  /** Its content is not known though keys are: it is damaged, or the capture lacks some of it. */
  unopened: boolean;
}

export const packRecord = (r: RecordExtra): number =>
  r.type |
  (r.startsEpoch ? 256 : 0) |
  (r.snUnknown ? 512 : 0) |
  (r.snGiven ? 1024 : 0) |
  (r.unopened ? 2048 : 0) |
  (r.epoch << 12);

export const unpackRecord = (extra: number): RecordExtra => ({
  type: extra & 255,
  epoch: extra >>> 12,
  startsEpoch: (extra & 256) !== 0,
  snUnknown: (extra & 512) !== 0,
  snGiven: (extra & 1024) !== 0,
  unopened: (extra & 2048) !== 0,
});

/** One event as an object: for writing a log and for whoever looks at a single event, never for the hot path. */
export interface Event {
  timeNs: number;
  connection: number;
  kind: number;
  flags: number;
  seq: Seq;
  length: number;
  extra: number;
  /** Line of the trace file (from 1), or the frame of the capture (from 1). */
  line: number;
  /** Where the payload's first byte lies in the capture file, −1 if nowhere. */
  offset: number;
}

/** The trace itself: one row an event, columns only (43 bytes a row). */
export class EventLog extends Table {
  readonly timeNs = this.column(float64());
  readonly connection = this.column(int32());
  readonly kind = this.column(uint8());
  readonly flags = this.column(uint16());
  readonly seq = this.column(float64());
  readonly length = this.column(int32());
  readonly extra = this.column(int32());
  readonly line = this.column(int32());
  readonly offset = this.column(float64());

  /** Appends an event and gives its index. */
  push(event: Event): number {
    const row = this.next();
    this.write(row, event);
    return row;
  }

  /** Writes an event over the one at a row. */
  write(row: number, event: Event): void {
    this.timeNs.values[row] = event.timeNs;
    this.connection.values[row] = event.connection;
    this.kind.values[row] = event.kind;
    this.flags.values[row] = event.flags;
    this.seq.values[row] = event.seq;
    this.length.values[row] = event.length;
    this.extra.values[row] = event.extra;
    this.line.values[row] = event.line;
    this.offset.values[row] = event.offset;
  }

  at(index: number): Event {
    return {
      timeNs: this.timeNs.at(index),
      connection: this.connection.at(index),
      kind: this.kind.at(index),
      flags: this.flags.at(index),
      seq: seq(this.seq.at(index)),
      length: this.length.at(index),
      extra: this.extra.at(index),
      line: this.line.at(index),
      offset: this.offset.at(index),
    };
  }
}
