import {
  firstAtLeast,
  firstThat,
  float64,
  int32,
  isNewRow,
  mustReplay,
  Table,
  uint8,
} from "../base/columns.ts";
import { advance, type Seq, seq } from "../base/seq.ts";

/** What of a stream changes after it was written. */
export const Change = {
  /** TCP_SKB_CB(skb)->eor: what ends before `from` and what begins there stay in different segments. */
  fence: 0,
  /** skb->decrypted: the offload mark of the segment [from, from + length) is `value`. */
  mark: 1,
  /** What TLS_TX_ZEROCOPY_RO promises not to do: zero-copy pages behind [from, from + length) were written; `value` is the end of what had been sent by then. */
  page: 2,
} as const;

/** A row as it is written, once. */
export interface ChangeRow {
  kind: number;
  from: Seq;
  length: number;
  value: number;
}

/** A page write in a range of the stream, whose first byte is 0: bytes [at, to), of which those before `sentEnd` had been sent. */
export interface Write {
  row: number;
  at: number;
  to: number;
  sentEnd: number;
}
type TellWrite = (write: Write) => void;

/** Fences, marks and page writes of a connection, in order; a state holds how many of the rows count for it. */
export class ChangeLog extends Table {
  private readonly kind = this.column(uint8());
  private readonly from = this.column(float64());
  private readonly length = this.column(int32());
  private readonly value = this.column(float64());
  /** Rows by what they are; fences come in the stream's order. */
  private readonly fences = int32();
  private readonly marks = int32();
  private readonly pages = int32();

  put(row: number, { kind, from, length, value }: ChangeRow): void {
    if (!isNewRow(row, this.count))
      return mustReplay(
        this.kind.at(row) === kind && this.from.at(row) === from && this.length.at(row) === length,
      );
    this.next();
    this.kind.values[row] = kind;
    this.from.values[row] = from;
    this.length.values[row] = length;
    this.value.values[row] = value;
    const rows = kind === Change.fence ? this.fences : kind === Change.mark ? this.marks : this.pages;
    rows.push(row);
  }

  at(row: number): ChangeRow {
    return {
      kind: this.kind.at(row),
      from: seq(this.from.at(row)),
      length: this.length.at(row),
      value: this.value.at(row),
    };
  }

  /** The first of `rows` rows whose fence lies inside (from, end), as its sequence number; null if none does. */
  fenceWithin(from: Seq, end: Seq, rows: number): Seq | null {
    const fence = this.fenceFrom(advance(from, 1), rows);
    return fence !== null && fence < end ? fence : null;
  }

  /** True if one of `rows` rows is a fence at `s`. */
  isFence(s: Seq, rows: number): boolean {
    return this.fenceFrom(s, rows) === s;
  }

  /** The first fence at `s` or behind it. */
  private fenceFrom(s: Seq, rows: number): Seq | null {
    const { fences, from } = this;
    const count = firstAtLeast(fences.values, rows, fences.length);
    const i = firstThat(0, count, (i) => from.at(fences.at(i)) >= s);
    return i < count ? seq(from.at(fences.at(i))) : null;
  }

  /** The mark that was last given to the segment holding byte `s`; null if none was. */
  markAt(s: Seq, rows: number): number | null {
    const { marks } = this;
    for (let i = firstAtLeast(marks.values, rows, marks.length) - 1; i >= 0; i--) {
      const row = marks.at(i);
      const offset = s - this.from.at(row);
      if (offset >= 0 && offset < this.length.at(row)) return this.value.at(row);
    }
    return null;
  }

  /** Calls `tell` for each page write of the first `rows` rows that touches [from, from + length), oldest first, cut to the range. */
  writesIn(from: Seq, length: number, rows: number, tell: TellWrite): void {
    const { pages } = this;
    const end = advance(from, length);
    const count = firstAtLeast(pages.values, rows, pages.length);
    for (let i = 0; i < count; i++) {
      const row = pages.values[i]!;
      const begin = this.from.values[row]!;
      const at = Math.max(begin, from);
      const to = Math.min(begin + this.length.values[row]!, end);
      if (at < to) tell({ row, at: at - from, to: to - from, sentEnd: this.value.values[row]! - from });
    }
  }
}
