import { float64, int32, isNewRow, mustReplay, Table, uint8 } from "../base/columns.ts";
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

/** Fences, marks and page writes of a connection, in order; a state holds how many of the rows count for it. */
export class ChangeLog extends Table {
  private readonly kind = this.column(uint8());
  private readonly from = this.column(float64());
  private readonly length = this.column(int32());
  private readonly value = this.column(float64());

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
    for (let row = 0; row < rows; row++) {
      const fence = seq(this.from.at(row));
      if (this.kind.at(row) === Change.fence && fence > from && fence < end) return fence;
    }
    return null;
  }

  /** True if one of `rows` rows is a fence at `s`; the last ones are looked at first. */
  isFence(s: Seq, rows: number): boolean {
    for (let row = rows - 1; row >= 0; row--)
      if (this.kind.at(row) === Change.fence && this.from.at(row) === s) return true;
    return false;
  }

  /** The mark that was last given to the segment holding byte `s`; null if none was. */
  markAt(s: Seq, rows: number): number | null {
    for (let row = rows - 1; row >= 0; row--) {
      if (this.kind.at(row) !== Change.mark) continue;
      const offset = s - this.from.at(row);
      if (offset >= 0 && offset < this.length.at(row)) return this.value.at(row);
    }
    return null;
  }

  /** Page writes that touch [from, from + length), oldest first, each cut to the range. */
  *writesIn(from: Seq, length: number, rows: number): Generator<ChangeRow & { row: number }> {
    const end = advance(from, length);
    for (let row = 0; row < rows; row++) {
      if (this.kind.at(row) !== Change.page) continue;
      const change = this.at(row);
      const changeEnd = advance(change.from, change.length);
      const first = change.from < from ? from : change.from;
      const last = Math.min(changeEnd, end);
      if (first < last) yield { ...change, row, from: first, length: last - first };
    }
  }
}
