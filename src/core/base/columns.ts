type Values = Int32Array | Float64Array | Uint8Array | Uint16Array;

/** Rows that follow each other: `count` of them, the first at `from`. */
export interface Run {
  from: number;
  count: number;
}

/** A typed array that only grows: one column of an append-only log. `values` is valid for the first `length` rows. */
export class Column<T extends Values> {
  values: T;
  length = 0;

  constructor(values: T) {
    this.values = values;
  }

  push(value: number): void {
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
  at(row: number): number {
    return this.values[row]!;
  }
}

/** A trace may have many connections of a few records each. */
const initialRows = 16;
export const int32 = () => new Column(new Int32Array(initialRows));
export const float64 = () => new Column(new Float64Array(initialRows));
export const uint8 = () => new Column(new Uint8Array(initialRows));
export const uint16 = () => new Column(new Uint16Array(initialRows));

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

  /** Writes row `from` once more, as row `at`: a new one, or one that replays as it was. */
  copy(from: number, at: number): void {
    if (at === this.count) this.next();
    for (const { values } of this.columns) values[at] = values[from]!;
  }

  /** Becomes runs of another table's rows, which has these columns first; rows of a run from below 0 are the caller's to write. */
  gather(table: Table, runs: readonly Run[]): void {
    this.count = countOf(runs);
    this.reserve(this.count);
    for (const [i, { values }] of this.columns.entries()) gatherRuns(table.columns[i]!.values, runs, values);
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

/** Copies runs of values, one behind the other; what a run from below 0 takes up stays as it is. */
export function gatherRuns<T extends Values>(values: T, runs: readonly Run[], into: T): void {
  let at = 0;
  for (const { from, count } of runs) {
    if (from >= 0) into.set(values.subarray(from, from + count), at);
    at += count;
  }
}

export const countOf = (runs: readonly Run[]): number => runs.reduce((sum, { count }) => sum + count, 0);

/** The rows [start, end) of all that the runs have. */
export function cutRuns(runs: readonly Run[], start: number, end: number): Run[] {
  const parts: Run[] = [];
  let at = 0;
  for (const { from, count } of runs) {
    const low = Math.max(start, at);
    const high = Math.min(end, at + count);
    if (low < high) parts.push({ from: from + low - at, count: high - low });
    at += count;
  }
  return parts;
}

/** Index of the first entry of an ascending list (of its first `length`) that is at least `wanted`; the length if none is. */
export function firstAtLeast(ascending: Int32Array, wanted: number, length = ascending.length): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
