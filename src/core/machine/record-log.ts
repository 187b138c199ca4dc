import {
  firstThat,
  float64,
  int32,
  isNewRow,
  mustReplay,
  Table,
  uint8,
  uint16,
  uint64,
} from "../base/columns.ts";
import { addU64 } from "../base/record.ts";
import { advance, type Seq, seq } from "../base/seq.ts";

/** What a row of the record log stands for. */
export const RecordKind = {
  /** tls_record_is_start_marker(): the zero-length entry that heads the list from install on; counts as record recSeq0 − 1. */
  startMarker: 0,
  /** A struct tls_record_info of records_list. */
  record: 1,
  /** A range of the stream whose records are not known. */
  gap: 2,
  /** A record that was encrypted before TCP got it (TLS_SW, or under TLS_TX_REKEY_PENDING or _FAILED): ready ciphertext. */
  software: 3,
} as const;

/** A row as it is written, once, when the record is pushed (struct tls_record_info). */
export interface RecordRow {
  kind: number;
  endSeq: Seq;
  /** Header to tag, in bytes. */
  length: number;
  type: number;
  epoch: number;
  /**
   * Record number, the model's running number where the true one cannot be known; null = the one after the record
   * before.
   */
  sn: bigint | null;
  snKnown: boolean;
  /** Payload offset of its first byte in what the application wrote; −1 = what it holds is not known. */
  payloadAt: number;
  /** Bytes of payload in each of its fragments, 0 = it is one fragment. */
  pieceSize: number;
  /** Events that opened and that pushed it. */
  openedBy: number;
  pushedBy: number;
}

/** All records of a connection ever pushed; records_list is a window of it, so nothing is ever taken out. */
export class RecordLog extends Table {
  readonly kind = this.column(uint8());
  readonly endSeq = this.column(float64());
  readonly length = this.column(int32());
  readonly type = this.column(uint8());
  readonly epoch = this.column(uint16());
  private readonly snKnown = this.column(uint8());
  readonly payloadAt = this.column(float64());
  readonly pieceSize = this.column(int32());
  readonly openedBy = this.column(int32());
  readonly pushedBy = this.column(int32());
  private readonly sns = this.column(uint64());

  /** Writes row `row`: appends it, or, when a replay passes again, makes sure that it finds the same record. */
  put(row: number, record: RecordRow): void {
    const { endSeq, length, sn } = record;
    if (!isNewRow(row, this.count)) {
      const isSame = this.endSeq.at(row) === endSeq && this.length.at(row) === length;
      return mustReplay(isSame && (sn === null || this.sn(row) === sn));
    }
    this.next();
    this.kind.values[row] = record.kind;
    this.endSeq.values[row] = endSeq;
    this.length.values[row] = length;
    this.type.values[row] = record.type;
    this.epoch.values[row] = record.epoch;
    this.snKnown.values[row] = record.snKnown ? 1 : 0;
    this.payloadAt.values[row] = record.payloadAt;
    this.pieceSize.values[row] = record.pieceSize;
    this.openedBy.values[row] = record.openedBy;
    this.pushedBy.values[row] = record.pushedBy;
    // Storing in 64 bits wraps the number as the kernel's counter does.
    this.sns.values[row] = sn ?? this.sn(row - 1) + 1n;
  }

  /** True for a record that TCP got as ciphertext, which nobody is to encrypt. */
  isReady(row: number): boolean {
    return this.kind.at(row) === RecordKind.software;
  }

  start(row: number): Seq {
    return advance(seq(this.endSeq.values[row]!), -this.length.values[row]!);
  }

  end(row: number): Seq {
    return seq(this.endSeq.values[row]!);
  }

  /** The record's 64-bit number. */
  sn(row: number): bigint {
    return this.sns.at(row);
  }

  /** The number as far as it is known: null for gaps and where the capture does not tell. */
  knownSn(row: number): bigint | null {
    return this.snKnown.at(row) === 1 ? this.sn(row) : null;
  }

  /** Number that a NIC standing on `row` counts, also for a row not pushed yet. */
  countedSn(row: number, tail: number): bigint {
    return row < tail ? this.sn(row) : addU64(this.sn(tail - 1), row - tail + 1);
  }

  /** The row that holds byte `s`, acknowledged or not, −1 if none: searches back from the last row before `tail`. */
  rowOf(s: Seq, tail: number): number {
    let low = tail;
    for (let step = 1; low > 0 && (low === tail || s < this.start(low)); step *= 2)
      low = Math.max(0, low - step);
    const row = firstThat(low, tail, (row) => s < this.end(row));
    return row < tail && s >= this.start(row) ? row : -1;
  }

  /** Rows, of the first `tail`, that the bytes [from, end) lie in as far as records go; none where `from` lies in none. */
  rowsIn(from: Seq, end: Seq, tail = this.count): number[] {
    const rows: number[] = [];
    for (let row = this.rowOf(from, tail); row >= 0 && row < tail && this.start(row) < end; row++)
      if (this.length.at(row) > 0) rows.push(row);
    return rows;
  }
}
