import { Column } from "../../core/base/columns.ts";
import { addU64 } from "../../core/base/record.ts";
import { Authenticated } from "../trace.ts";

/** Type of a row that is no record but a stretch of the stream whose framing is not known. */
export const gapType = 0;
/** Longest gap in one row: lengths are 32-bit columns. */
const gapSizeMax = 2 ** 30;

export interface RecordRow {
  start: number;
  length: number;
  type: number;
  epoch: number;
  /** Record number counted from the epoch's first one; −1 = unknown. */
  index: number;
  authenticated: number;
}

/** A capture may have many streams of a few records each. */
const rowsAtFirst = 8;

/** Records and gaps of one stream from the offload start on, in stream order, as columns. */
export class RecordTable {
  readonly start = new Column(new Float64Array(rowsAtFirst));
  readonly length = new Column(new Int32Array(rowsAtFirst));
  readonly type = new Column(new Uint8Array(rowsAtFirst));
  readonly epoch = new Column(new Int32Array(rowsAtFirst));
  readonly index = new Column(new Float64Array(rowsAtFirst));
  readonly authenticated = new Column(new Uint8Array(rowsAtFirst));
  /** Number of the first record of epoch 0; later epochs begin at 0. */
  readonly recSeq0: bigint;

  constructor(recSeq0: bigint) {
    this.recSeq0 = recSeq0;
  }

  get count(): number {
    return this.start.length;
  }

  push(row: RecordRow): void {
    this.start.push(row.start);
    this.length.push(row.length);
    this.type.push(row.type);
    this.epoch.push(row.epoch);
    this.index.push(row.index);
    this.authenticated.push(row.authenticated);
  }

  pushGap(start: number, end: number, epoch: number): void {
    const unknown = { type: gapType, epoch, index: -1, authenticated: Authenticated.unknown };
    for (let at = start; at < end; at += gapSizeMax)
      this.push({ ...unknown, start: at, length: Math.min(end - at, gapSizeMax) });
  }

  /** Only the first `count` rows stay. */
  cut(count: number): void {
    for (const column of [this.start, this.length, this.type, this.epoch, this.index, this.authenticated])
      column.length = count;
  }

  /** The numbers of the last `count` rows turn out not to be known. */
  forgetNumbers(count: number): void {
    this.index.values.fill(-1, this.count - count, this.count);
  }

  /** Record number, null if unknown. */
  snAt(row: number): bigint | null {
    const index = this.index.values[row]!;
    return index < 0 ? null : snOf(this.recSeq0, this.epoch.values[row]!, index);
  }
}

/** Number of the record `index` places after its epoch's first. */
export const snOf = (recSeq0: bigint, epoch: number, index: number): bigint =>
  addU64(epoch === 0 ? recSeq0 : 0n, index);
