import type { Cipher, RecordKeys, TlsVersion } from "../core/base/record.ts";

/** A column as data, without what makes it grow. */
export interface Rows<T> {
  values: T;
  length: number;
}

/** A stream's bytes in the file: pieces that do not overlap, in order of position. */
export interface Pieces {
  start: Rows<Float64Array>;
  length: Rows<Int32Array>;
  offset: Rows<Float64Array>;
}

/** Bytes of packets that came in fragments: each part's place beyond all files, and where in the file it lies. */
export interface ScatteredRows {
  at: Rows<Float64Array>;
  length: Rows<Int32Array>;
  offset: Rows<Float64Array>;
}

/** A copy's bytes laid over the stream's: where they go, and where they lie in the file. */
export interface Overlay {
  start: number;
  length: number;
  offset: number;
}

/** Where the records of one captured stream lie in the capture's file, and what opens them. */
export interface CapturedRecords {
  version: TlsVersion;
  /** Null if it is not one of the model: then nothing opens. */
  cipher: Cipher | null;
  /** Records lie there in plaintext, behind them junk tags. */
  isHostTap: boolean;
  /** Keys by epoch, null where not known. */
  epochs: readonly (RecordKeys | null)[];
  /** Number of the first record of epoch 0; later epochs begin at 0. */
  recSeq0: bigint;
  pieces: Pieces;
  /** Where bytes lie whose offsets are none of the file (pcap/scattered). */
  scattered: ScatteredRows;
  /** Records and gaps in stream order; `index` counts from the epoch's first record, −1 = not known. */
  records: {
    start: Rows<Float64Array>;
    length: Rows<Int32Array>;
    type: Rows<Uint8Array>;
    epoch: Rows<Int32Array>;
    index: Rows<Float64Array>;
    authenticated: Rows<Uint8Array>;
  };
  /** Copies that hold a record's right bytes where the stream's own pieces do not, by row of `records`. */
  overlays: ReadonlyMap<number, readonly Overlay[]>;
}
