import { fillRecords, type OpenRecord, takePage } from "../core/filling.ts";
import { type Layout, payloadSizeMax, tagSize } from "../core/record.ts";

/**
 * How far a connection's stream has got: what the reader of a trace file has to know to tell which bytes can be sent.
 * Byte counts are relative to the offload start.
 */
export class StreamProgress implements OpenRecord {
  /** Bytes of closed records: what TCP has. */
  pushed = 0;
  /** The open record, as tls_push_data() keeps it. */
  openLength = 0;
  openFragments = 0;
  pageRoom = 0;
  openInPage = 0;
  /** End of what was handed to the device so far. */
  sent = 0;
  /** Highest acknowledgement so far. */
  acked = 0;
  finSent = false;
  closed = false;
  /** Key epoch of the last `record` line, and rekeys so far. */
  epoch = 0;
  private readonly layout: Layout;
  private readonly payloadMax: number;
  private readonly overfills: boolean;

  constructor(layout: Layout, payloadMax = payloadSizeMax, overfills = false) {
    this.layout = layout;
    this.payloadMax = payloadMax;
    this.overfills = overfills;
  }

  /** Payload bytes of the open record, −1 = none is open. */
  get open(): number {
    return this.openLength === 0 ? -1 : this.openLength - this.layout.prepend;
  }

  /** Bytes that a record adds to its payload. */
  get overhead(): number {
    return this.layout.overhead;
  }

  /**
   * One sendmsg() of `size` bytes: a record type set by control message first closes an open record. `pieceSize` > 0:
   * zero-copy, in pieces of so many bytes.
   */
  send(size: number, more: boolean, typed: boolean, pieceSize = 0): void {
    if (typed) this.closeRecord();
    const { layout, payloadMax, overfills } = this;
    fillRecords(
      this,
      size,
      { layout, payloadMax, more, pieceSize, overfills },
      {
        opened: () => {},
        copied: () => {},
        closed: (payload) => {
          this.pushed += payload + this.overhead;
          takePage(this, tagSize);
        },
      },
    );
  }

  /** Closes and pushes the open record, if there is one. */
  closeRecord(): void {
    if (this.openLength === 0) return;
    this.pushed += this.open + this.overhead;
    takePage(this, tagSize);
    this.openLength = 0;
    this.openFragments = 0;
  }

  /** The stream's end, to go back to it. */
  mark(): Pick<StreamProgress, "pushed" | keyof OpenRecord> {
    const { pushed, openLength, openFragments, pageRoom, openInPage } = this;
    return { pushed, openLength, openFragments, pageRoom, openInPage };
  }
}
