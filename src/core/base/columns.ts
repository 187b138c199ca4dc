import { assert } from "./assert.ts";

type Values = Int32Array | Float64Array | Uint8Array | Uint16Array | BigUint64Array;

/** A typed array that only grows: one column of an append-only log. `values` is valid for the first `length` rows. */
export class Column<T extends Values> {
  values: T;
  length = 0;

  constructor(values: T) {
    this.values = values;
  }

  push(value: T[number]): void {
    if (this.length === this.values.length) this.reserve(this.length + 1);
    this.values[this.length++] = value;
  }

  /** Makes room for `rows` rows: capacity doubles, so pushing stays cheap. */
  reserve(rows: number): void {
    if (rows <= this.values.length) return;
    const make = this.values.constructor as new (length: number) => T;
    const grown = new make(Math.max(rows, this.values.length * 2));
    grown.set(this.values as never);
    this.values = grown;
  }

  /** The value at a row that was pushed; a row beyond is a bug of the caller. */
  at(row: number): T[number] {
    return this.values[row]!;
  }
}

/** A trace may have many connections of a few records each. */
const initialRows = 8;
export const int32 = () => new Column(new Int32Array(initialRows));
export const float64 = () => new Column(new Float64Array(initialRows));
export const uint8 = () => new Column(new Uint8Array(initialRows));
export const uint16 = () => new Column(new Uint16Array(initialRows));
export const uint64 = () => new Column(new BigUint64Array(initialRows));

/**
 * Columns that grow together: one log. A row is written straight into the columns' `values`, which costs nothing
 * beside the write, while Column.push looks at each column's own length.
 */
export abstract class Table {
  /** Rows so far. */
  count = 0;
  private capacity = initialRows;
  private readonly columns: Column<Values>[] = [];

  protected column<T extends Values>(column: Column<T>): Column<T> {
    this.columns.push(column as unknown as Column<Values>);
    return column;
  }

  /** Index of one more row, with room for it in every column; its values are the caller's to write. */
  next(): number {
    if (this.count === this.capacity) this.reserve(2 * this.count);
    return this.count++;
  }

  /** Copies `rows` rows of a table with the same columns to row `at` and on, for which there is room. */
  copy(table: Table, from: number, rows: number, at: number): void {
    for (const [i, { values }] of this.columns.entries())
      values.set(table.columns[i]!.values.subarray(from, from + rows) as never, at);
  }

  /** Takes over the rows of a log that has passed structuredClone(), where a class loses its methods. */
  adopt(rows: Table): void {
    for (const [i, column] of this.columns.entries()) column.values = rows.columns[i]!.values;
    this.count = rows.count;
    this.capacity = rows.capacity;
  }

  /** Makes room for `rows` rows in all. */
  reserve(rows: number): void {
    for (const column of this.columns) column.reserve(rows);
    this.capacity = Math.max(this.capacity, rows);
  }
}

/** True if row `row` of a log of `count` rows is a new one, to be written; false where a replay passes again. */
export function isNewRow(row: number, count: number): boolean {
  assert(row <= count, "rows are logged in order");
  return row === count;
}

/** A replay that passes a row again finds the same. */
export const mustReplay = (isSame: boolean): void => assert(isSame, "a row replays as it was");

/** The first of the numbers [low, high) that the test holds for, as for all after it; `high` if it holds for none. */
export function firstThat(low: number, high: number, holds: (n: number) => boolean): number {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Index of the first entry of an ascending list (of its first `length`) that is at least `wanted`; the length if none is. */
export const firstAtLeast = (ascending: Int32Array, wanted: number, length = ascending.length): number =>
  firstThat(0, length, (i) => ascending[i]! >= wanted);
