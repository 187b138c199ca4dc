import { assert } from "./assert.ts";
import { float64, int32, uint8, uint16 } from "./columns.ts";
import { addU64 } from "./record.ts";
import { advance, before, distance, type Seq, seq } from "./seq.ts";

/** What a row of the record log stands for. */
export const RecordKind = {
  /** The zero-length entry that heads the list from install on; counts as record recSeq0 − 1. */
  startMarker: 0,
  record: 1,
  /** A range of the stream whose records are not known. */
  gap: 2,
} as const;

/** A row as it is written, once, when the record is pushed (struct tls_record_info). */
export interface RecordRow {
  kind: number;
  endSeq: Seq;
  /** Header to tag, in bytes. */
  length: number;
  type: number;
  epoch: number;
  /** Record number; the model's running number where the true one cannot be known. */
  sn: bigint;
  snKnown: boolean;
  /** Payload offset of its first byte in what the application wrote. */
  payloadAt: number;
  /** Events that opened and that pushed it. */
  openedBy: number;
  pushedBy: number;
}

/** Rows that a search goes back at once: fewer bytes than half the ring, so that it cannot jump past the far half. */
const stepMax = 2 ** 14;

/** All records of a connection ever pushed; records_list is a window of it, so nothing is ever taken out. */
export class RecordLog {
  readonly kind = uint8();
  readonly endSeq = int32();
  readonly length = int32();
  readonly type = uint8();
  readonly epoch = uint16();
  private sns = new BigUint64Array(256);
  private readonly snKnown = uint8();
  readonly payloadAt = float64();
  readonly openedBy = int32();
  readonly pushedBy = int32();

  get count(): number {
    return this.kind.length;
  }

  /** Writes row `row`: appends it, or, when a replay passes again, makes sure that it finds the same record. */
  put(row: number, record: RecordRow): void {
    if (row < this.count) {
      assert(
        this.endSeq.at(row) === record.endSeq &&
          this.length.at(row) === record.length &&
          this.sn(row) === record.sn,
        `record row ${row} replays as it was`,
      );
      return;
    }
    assert(row === this.count, "records are pushed in order");
    this.kind.push(record.kind);
    this.endSeq.push(record.endSeq);
    this.length.push(record.length);
    this.type.push(record.type);
    this.epoch.push(record.epoch);
    if (row === this.sns.length) {
      const grown = new BigUint64Array(row * 2);
      grown.set(this.sns);
      this.sns = grown;
    }
    this.sns[row] = record.sn;
    this.snKnown.push(record.snKnown ? 1 : 0);
    this.payloadAt.push(record.payloadAt);
    this.openedBy.push(record.openedBy);
    this.pushedBy.push(record.pushedBy);
  }

  start(row: number): Seq {
    return advance(seq(this.endSeq.values[row]!), -this.length.values[row]!);
  }

  end(row: number): Seq {
    return seq(this.endSeq.values[row]!);
  }

  /** The record's 64-bit number. */
  sn(row: number): bigint {
    return this.sns[row]!;
  }

  /** The number as far as it is known: null for gaps and where the capture does not tell. */
  knownSn(row: number): bigint | null {
    return this.snKnown.at(row) === 1 ? this.sn(row) : null;
  }

  /** Number that a NIC standing on `row` counts, also for a row not pushed yet. */
  countedSn(row: number, tail: number): bigint {
    return row < tail ? this.sn(row) : addU64(this.sn(tail - 1), row - tail + 1);
  }

  /** First row of [from, tail) that ends after `s`, −1 if none does. Rows are contiguous, so they are searched by halves. */
  firstEndingAfter(s: Seq, from: number, tail: number): number {
    let low = from;
    let high = tail;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(s, this.end(middle))) high = middle;
      else low = middle + 1;
    }
    return low < tail ? low : -1;
  }

  /** The row that holds byte `s`, acknowledged or not, −1 if none: searches back from the last row before `tail`. */
  rowOf(s: Seq, tail: number): number {
    if (tail === 0) return -1;
    const reachable = (row: number) => distance(this.start(row), this.end(tail - 1)) >= 0;
    let low = tail - 1;
    let step = 1;
    // Rows more than 2^31 bytes back would compare the wrong way round: a step that reaches them is halved.
    for (let narrowing = false; step > 0 && low > 0 && before(s, this.start(low)); ) {
      const further = Math.max(0, low - step);
      if (reachable(further)) low = further;
      else narrowing = true;
      step = narrowing ? step >> 1 : Math.min(step * 2, stepMax);
    }
    const row = this.firstEndingAfter(s, low, tail);
    return row >= 0 && !before(s, this.start(row)) ? row : -1;
  }
}
