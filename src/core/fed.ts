import { assert } from "./assert.ts";
import { int32 } from "./columns.ts";
import { type Seq, seq } from "./seq.ts";

/** The ranges that a NIC out of step was fed, in order: only they can say what it makes of its bytes. */
export class FedLog {
  private readonly from = int32();
  private readonly length = int32();

  put(row: number, from: Seq, length: number): void {
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
  }

  at(row: number): { from: Seq; length: number } {
    return { from: seq(this.from.at(row)), length: this.length.at(row) };
  }
}
