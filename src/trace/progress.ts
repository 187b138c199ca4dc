import { payloadSizeMax } from "../core/record.ts";

/**
 * How far a connection's stream has got: what the reader of a trace file has to know to tell which bytes can be sent.
 * Byte counts are relative to the offload start.
 */
export class StreamProgress {
  /** Bytes of closed records: what TCP has. */
  pushed = 0;
  /** Payload bytes of the open record, −1 = none is open. */
  open = -1;
  /** End of what was handed to the device so far. */
  sent = 0;
  /** Highest acknowledgement so far. */
  acked = 0;
  finSent = false;
  closed = false;
  /** Key epoch of the last `record` line. */
  epoch = 0;
  /** Bytes that a record adds to its payload. */
  readonly overhead: number;

  constructor(overhead: number) {
    this.overhead = overhead;
  }

  /**
   * One sendmsg() of `size` bytes, by tls_push_data(): full records go at once, `more` leaves the last one open (even
   * when it is full), a record type set by control message first closes an open record, no bytes are a record too.
   */
  send(size: number, more: boolean, typed: boolean): void {
    if (typed) this.closeRecord();
    const waiting = size + Math.max(this.open, 0);
    const full = Math.max(0, Math.ceil(waiting / payloadSizeMax) - 1);
    this.pushed += full * (payloadSizeMax + this.overhead);
    this.open = waiting - full * payloadSizeMax;
    if (!more) this.closeRecord();
  }

  /** Closes and pushes the open record, if there is one. */
  closeRecord(): void {
    if (this.open < 0) return;
    this.pushed += this.open + this.overhead;
    this.open = -1;
  }
}
