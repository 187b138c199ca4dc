import { assert } from "../base/assert.ts";
import { int32 } from "../base/columns.ts";
import { advance, distance, type Seq, seq } from "../base/seq.ts";

/**
 * The ranges that a NIC was fed, in order, where its place in the record map does not say what it makes of its bytes:
 * while it is out of step, and once pages have changed. `changes` counts the rows of the change log that held then.
 */
export class FedLog {
  private readonly from = int32();
  private readonly length = int32();
  private readonly changes = int32();

  put(row: number, from: Seq, length: number, changes: number): void {
    if (row < this.from.length) {
      assert(
        this.from.at(row) === from && this.length.at(row) === length,
        `fed row ${row} replays as it was`,
      );
      return;
    }
    assert(row === this.from.length, "fed ranges are logged in order");
    this.from.push(from);
    this.length.push(length);
    this.changes.push(changes);
  }

  /** True if the range of row `row` lies before `s`. */
  endsBy(row: number, s: Seq): boolean {
    return distance(advance(seq(this.from.at(row)), this.length.at(row)), s) >= 0;
  }

  at(row: number): { from: Seq; length: number; changes: number } {
    return { from: seq(this.from.at(row)), length: this.length.at(row), changes: this.changes.at(row) };
  }
}
