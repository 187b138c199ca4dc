import { type Layout, payloadSizeMax } from "../../core/base/record.ts";
import {
  closeOpen,
  fragmentsAreFull,
  fragmentsMax,
  type OpenRecord,
  openRecord,
  takeBytes,
} from "../../core/kernel/filling.ts";
import type { Rules } from "../../core/machine/socket.ts";
import { rulesOf } from "../../core/rules.ts";

/** What says where the stream ends. */
type StreamEnd = Pick<
  StreamProgress,
  "pushed" | "records" | "spare" | "openLength" | "openFragments" | "openOnPage" | "pageRoom" | "pendingOpen"
>;

/**
 * How far a connection's stream has got: what the reader of a trace file has to know to tell which bytes can be sent.
 * Byte counts are relative to the offload start.
 */
export class StreamProgress implements OpenRecord {
  /** Bytes of closed records: what TCP has. */
  pushed = 0;
  /** Records that `send` lines closed. */
  records = 0;
  /** Bytes that TCP can have beyond these, once new keys may have closed records early (`rekeyed`). */
  spare = 0;
  rekeyed = false;
  /** The open record, as tls_push_data() keeps it. */
  openLength = 0;
  openFragments = 0;
  openOnPage = 0;
  openPieceLeft = 0;
  pageRoom = 0;
  /** End of what was handed to the device so far. */
  sent = 0;
  /** Highest acknowledgement so far. */
  acked = 0;
  finSent = false;
  closed = false;
  /** A line says when it is offloaded. */
  installed = false;
  /** A line that could not be read may have moved it: it says nothing of which bytes can be sent. */
  unsure = false;
  /** Key epoch of the last `record` line, and rekeys so far. */
  epoch = 0;
  /** Merges and page writes so far. */
  changes = 0;
  /** pending_open_record_frags. */
  pendingOpen = 0;
  private readonly layout: Layout;
  private readonly payloadMax: number;
  private readonly rules: Rules;
  private readonly overfills: boolean;

  /** `faults` are bugs that make other records of the same writes; `overfills`: the kernel overfills fragment tables. */
  constructor(
    layout: Layout,
    payloadMax = payloadSizeMax,
    faults: readonly string[] = [],
    overfills = false,
  ) {
    this.layout = layout;
    this.payloadMax = payloadMax;
    this.rules = rulesOf(faults);
    this.overfills = this.rules.overfillsFragments(overfills);
  }

  /** Payload bytes of the open record, −1 = none is open. */
  get open(): number {
    return this.openLength === 0 ? -1 : this.openLength - this.layout.prepend;
  }

  /**
   * Bytes that TCP has at most. Software closes records that a device leaves open: a full one, whatever MSG_MORE says,
   * and one that is open as a rekey is completed; whether the socket is in software, only a replay knows.
   */
  get most(): number {
    const { open, overhead, payloadMax, pushed, spare } = this;
    return pushed + spare + (open === payloadMax ? payloadMax + overhead : 0);
  }

  /** Bytes that a record adds to its payload. */
  get overhead(): number {
    return this.layout.overhead;
  }

  /** Records that a write of `size` bytes becomes at least: what each can hold, in bytes and in pieces of them. */
  recordsOf(size: number, pieceSize: number): number {
    const bytes = pieceSize === 0 ? this.payloadMax : Math.min(this.payloadMax, fragmentsMax * pieceSize);
    return Math.floor(size / bytes);
  }

  /**
   * One sendmsg() of `size` bytes: a record type set by control message first closes an open record. `pieceSize` > 0:
   * zero-copy, in pieces of so many bytes.
   */
  send(size: number, more: boolean, typed: boolean, pieceSize = 0): void {
    if (typed) this.closeBeforeControl();
    if (this.rekeyed && this.openLength > 0) this.spare += this.overhead;
    const { prepend } = this.layout;
    const lengthMax = this.payloadMax + prepend;
    this.openPieceLeft = 0;
    let left = size;
    do {
      if (this.openLength === 0) openRecord(this, prepend);
      left -= takeBytes(this, left, lengthMax, pieceSize);
      const full = fragmentsAreFull(this);
      if (left === 0 && more && !(full && !this.overfills)) break;
      if (left === 0 || full || this.openLength === lengthMax) this.closeRecord();
    } while (left > 0);
    this.pendingOpen = this.rules.pendingOpen(this.pendingOpen, more, this.openLength > 0);
  }

  /** The end of a sendfile pushes what is open. */
  spliceEof(): void {
    if (this.rules.pushesAtEof) this.closeRecord();
  }

  /** Closes and pushes the open record, if there is one. */
  closeRecord(): void {
    if (this.openLength === 0) return;
    this.pushed += closeOpen(this, this.layout, this.rules).length;
    this.records++;
  }

  /** A control message ends the open record; a broken kernel pushes an empty one if it believes that there is one. */
  private closeBeforeControl(): void {
    if (this.openLength === 0 && this.rules.pushesEmpty(this.pendingOpen))
      this.openLength = this.layout.prepend;
    this.closeRecord();
  }

  /** The stream's end, to go back to it. */
  mark(): StreamEnd {
    const { pushed, records, spare, openLength, openFragments, openOnPage, pageRoom, pendingOpen } = this;
    return { pushed, records, spare, openLength, openFragments, openOnPage, pageRoom, pendingOpen };
  }
}
