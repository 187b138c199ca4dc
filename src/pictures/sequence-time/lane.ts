import { firstThat, float64, int32, Table } from "../../core/base/columns.ts";

/** Marks of a lane as they are drawn, in columns: one mark each, or all that fall onto the same spot of the time axis. */
export interface Marks {
  /** Nanoseconds: of several marks the first one's. */
  time: number[];
  /** Sequence numbers from the offload start on, from `low` to `high`. */
  low: number[];
  high: number[];
  /** How many marks it stands for. */
  count: number[];
  /** The event of the first of them. */
  event: number[];
}

/** A part of the time axis, in nanoseconds, `to` included, and the spots that it is drawn with. */
export interface Stretch {
  from: number;
  to: number;
  columns: number;
}

/** Entries of a level that one of the level above stands for. */
const fold = 8;

/** The least and the greatest of every so many marks. */
interface Level {
  low: Float64Array;
  high: Float64Array;
}

/**
 * Marks of one kind in the order of time, each a range of sequence space at a moment. Above them lies a pyramid of minima
 * and maxima, so that any stretch of a million of them is drawn from as many numbers as it has spots.
 */
export class Lane extends Table {
  private readonly times = this.column(float64());
  private readonly lows = this.column(float64());
  private readonly highs = this.column(float64());
  private readonly events = this.column(int32());
  /** Made when it is first looked at, over as many marks as there were. */
  private pyramid: Level[] = [];
  private folded = -1;

  /** Adds a mark; they come in the order of time. */
  add(time: number, low: number, high: number, event: number): void {
    const row = this.next();
    this.times.values[row] = time;
    this.lows.values[row] = low;
    this.highs.values[row] = high;
    this.events.values[row] = event;
  }

  /** The marks of a stretch: each if there are as few as spots, else what each spot has. None is left out. */
  within({ from, to, columns }: Stretch): Marks {
    const [first, end] = [this.rowAt(from), this.rowBehind(to)];
    const marks: Marks = { time: [], low: [], high: [], count: [], event: [] };
    if (end - first <= columns) {
      for (let row = first; row < end; row++) this.tell(marks, row, row + 1);
      return marks;
    }
    for (let row = first; row < end; ) {
      const column = Math.floor(((this.times.values[row]! - from) / (to - from)) * columns);
      const next = this.firstFrom(from + ((column + 1) * (to - from)) / columns, row + 1, end);
      this.tell(marks, row, next);
      row = next;
    }
    return marks;
  }

  /** The last mark before a time; null if there is none. */
  before(time: number): { high: number; event: number } | null {
    const row = this.rowAt(time) - 1;
    return row < 0 ? null : { high: this.highs.values[row]!, event: this.events.values[row]! };
  }

  /** When the last mark is; null if there is none. */
  get lastTime(): number | null {
    return this.count === 0 ? null : this.times.values[this.count - 1]!;
  }

  /** The least and the greatest number of all; null if there is no mark. */
  bounds(): { low: number; high: number } | null {
    return this.count === 0 ? null : this.boundsOf(0, this.count);
  }

  eventAt(row: number): number {
    return this.events.values[row]!;
  }

  /** The first mark of an event or one behind it. */
  rowOfEvent(event: number): number {
    return firstThat(0, this.count, (row) => this.events.values[row]! >= event);
  }

  /** A mark on its own. */
  markAt(row: number): { time: number; low: number; high: number; event: number } {
    const { times, lows, highs, events } = this;
    return {
      ...{ time: times.values[row]!, low: lows.values[row]! },
      ...{ high: highs.values[row]!, event: events.values[row]! },
    };
  }

  private tell(marks: Marks, from: number, to: number): void {
    const { low, high } = this.boundsOf(from, to);
    marks.time.push(this.times.values[from]!);
    marks.low.push(low);
    marks.high.push(high);
    marks.count.push(to - from);
    marks.event.push(this.events.values[from]!);
  }

  /** The first mark at or behind a time. */
  rowAt(time: number): number {
    return this.firstFrom(time, 0, this.count);
  }

  /** The first mark behind a time. */
  rowBehind(time: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times.values[middle]! > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The first row of [low, high) at or behind a time; `high` if none is. */
  private firstFrom(time: number, low: number, high: number): number {
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times.values[middle]! >= time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The least and the greatest of rows [from, to): rows at both ends, between them the highest level that fits. */
  private boundsOf(from: number, to: number): { low: number; high: number } {
    this.build();
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const take = ({ low: lows, high: highs }: Level, at: number) => {
      if (lows[at]! < low) low = lows[at]!;
      if (highs[at]! > high) high = highs[at]!;
    };
    for (const level of this.pyramid) {
      while (from < to && from % fold !== 0) take(level, from++);
      while (from < to && to % fold !== 0) take(level, --to);
      if (from >= to) break;
      from /= fold;
      to /= fold;
    }
    return { low, high };
  }

  /** The levels, the marks themselves first; the last one is so small that bounds() always ends in it. */
  build(): void {
    if (this.folded === this.count) return;
    this.folded = this.count;
    let level: Level = { low: this.lows.values, high: this.highs.values };
    let { count } = this;
    this.pyramid = [level];
    while (count > 0) {
      count = Math.ceil(count / fold);
      level = foldedOf(level, count, this.pyramid.length === 1 ? this.count : level.low.length);
      this.pyramid.push(level);
      if (count === 1) break;
    }
  }
}

function foldedOf({ low: lows, high: highs }: Level, count: number, below: number): Level {
  const low = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  for (let at = 0; at < below; at++) {
    const above = Math.floor(at / fold);
    if (lows[at]! < low[above]!) low[above] = lows[at]!;
    if (highs[at]! > high[above]!) high[above] = highs[at]!;
  }
  return { low, high };
}
