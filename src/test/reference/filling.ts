/** A record's payload in bytes when it is closed, and the entries of its fragment table. */
export interface ClosedRecord {
  payload: number;
  fragments: number;
  /** Bytes in each piece of the write that opened it. */
  pieceSize: number;
}

/** One sendmsg: MSG_MORE, and the bytes in each contiguous piece of the user's pages (0 = they are copied). */
export interface Writing {
  more: boolean;
  pieceSize: number;
}

const pageSize = 32768;
const fragmentsFull = 16;

/**
 * Where records end: tls_push_data() a second time, straight from kernel.md section 2.2, with the fragment table that
 * only zero-copy writes fill.
 */
export class ReferenceFilling {
  /** Payload bytes of the open record, −1 = none is open. */
  open = -1;
  /** Room in the page that bytes are copied to. */
  room = 0;
  private fragments = 0;
  private pieceSize = 0;
  /** The last fragment is the end of what was copied to the socket's page: more of it extends that fragment. */
  private extendable = false;
  private readonly prepend: number;
  /** Type byte of TLS 1.3 and tag: they are appended together. */
  private readonly trailer: number;
  private readonly payloadMax: number;
  /** MSG_MORE leaves a record open though its fragment table is full (before net-next 2026). */
  private readonly overfills: boolean;

  constructor({ prepend, tail }: { prepend: number; tail: number }, payloadMax: number, overfills: boolean) {
    this.prepend = prepend;
    this.trailer = tail + 16;
    this.payloadMax = payloadMax;
    this.overfills = overfills;
  }

  /** Takes `size` bytes (in software: one at least) and gives the records that are closed with them. */
  send(size: number, { more, pieceSize }: Writing, software: boolean): ClosedRecord[] {
    const closed: ClosedRecord[] = [];
    let left = size;
    let inPiece = pieceSize;
    for (;;) {
      if (this.open < 0) this.openRecord(pieceSize);
      const wanted = Math.min(left, this.payloadMax - this.open);
      const taken = pieceSize > 0 ? this.splice(Math.min(wanted, inPiece)) : this.copy(wanted);
      inPiece = taken === inPiece ? pieceSize : inPiece - taken;
      left -= taken;
      const tableFull = this.fragments >= fragmentsFull;
      const isFull = this.open === this.payloadMax;
      const staysOpen = software ? !(tableFull || isFull) : this.overfills || !tableFull;
      if (left === 0 && more && staysOpen) return closed;
      if (left === 0 || tableFull || isFull) closed.push(this.close());
      if (left === 0) return closed;
    }
  }

  /** Closes the open record: the tag gets its place. */
  close(): ClosedRecord {
    const { open: payload, pieceSize, extendable, room } = this;
    const fragments = this.fragments + (extendable && room >= this.trailer ? 0 : 1);
    this.reserve(this.trailer);
    this.open = -1;
    return { payload, fragments, pieceSize };
  }

  private openRecord(pieceSize: number): void {
    this.pieceSize = pieceSize;
    this.reserve(this.prepend);
    this.open = 0;
    this.fragments = 1;
    this.extendable = true;
  }

  private reserve(size: number): void {
    if (this.room < size) this.room = pageSize;
    this.room -= size;
  }

  private splice(size: number): number {
    if (size > 0) {
      this.fragments++;
      this.extendable = false;
    }
    this.open += size;
    return size;
  }

  private copy(wanted: number): number {
    if (wanted > 0 && this.room === 0) {
      this.room = pageSize;
      this.extendable = false;
    }
    const size = Math.min(wanted, this.room);
    if (size > 0 && !this.extendable) this.fragments++;
    if (size > 0) this.extendable = true;
    this.room -= size;
    this.open += size;
    return size;
  }
}
