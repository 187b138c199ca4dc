import { float64, int32, isNewRow, mustReplay, Table } from "../base/columns.ts";
import { type Seq, seq } from "../base/seq.ts";

/**
 * The ranges that a NIC was fed, in order, where its place in the record map does not say what it makes of its bytes:
 * while it is out of step, and once pages have changed. `changes` counts the rows of the change log that held then.
 */
export class FedLog extends Table {
  private readonly from = this.column(float64());
  private readonly length = this.column(int32());
  private readonly changes = this.column(int32());

  put(row: number, from: Seq, length: number, changes: number): void {
    if (!isNewRow(row, this.count))
      return mustReplay(this.from.at(row) === from && this.length.at(row) === length);
    this.next();
    this.from.values[row] = from;
    this.length.values[row] = length;
    this.changes.values[row] = changes;
  }

  /** True if the range of row `row` lies before `s`. */
  endsBy(row: number, s: Seq): boolean {
    return this.from.at(row) + this.length.at(row) <= s;
  }

  at(row: number): { from: Seq; length: number; changes: number } {
    return { from: seq(this.from.at(row)), length: this.length.at(row), changes: this.changes.at(row) };
  }
}
