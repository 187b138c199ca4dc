import { Column, firstAtLeast } from "../core/base/columns.ts";
import { type ConnectionState, stateFields } from "../core/machine/state.ts";

/** Snapshots are at most so many of the connection's own events apart, */
const eventsMax = 500;
/** … and so many descriptors, an event more or less: one that posts thousands is as long to run as thousands of others. */
const postedMax = 4096;
/** … and so many records, likewise: one write may make tens of thousands. */
const recordsMax = 4096;

/** States of a connection that were kept on the way, from which it is run to anywhere; the first one, at its beginning, is implied. */
export class Snapshots {
  /** Most connections never have one: made when there is the first. With how many of its own events each is past, ascending. */
  private kept: { pool: Column<Float64Array>; ordinals: Column<Int32Array> } | null = null;
  private last = 0;
  /** End of the record map at the last one. */
  private tail = 0;
  /** Descriptors posted since the last one: whoever runs the events counts them. */
  posted = 0;

  /** True if so many events, or such long ones, went by since the last one that another one is due. */
  isDue(ordinal: number, { tail }: ConnectionState): boolean {
    return ordinal - this.last >= eventsMax || this.posted >= postedMax || tail - this.tail >= recordsMax;
  }

  take(ordinal: number, state: ConnectionState): void {
    this.kept ??= { pool: new Column(new Float64Array(0)), ordinals: new Column(new Int32Array(0)) };
    const { pool, ordinals } = this.kept;
    const at = pool.length;
    pool.reserve(at + stateFields.length);
    pool.length = at + stateFields.length;
    state.save(pool.values, at);
    ordinals.push(ordinal);
    this.last = ordinal;
    this.tail = state.tail;
    this.posted = 0;
  }

  /** How many of them lie at or before an ordinal. */
  until(ordinal: number): number {
    const { kept } = this;
    return kept ? firstAtLeast(kept.ordinals.values, ordinal + 1, kept.ordinals.length) : 0;
  }

  /** The ordinal of the n-th of them, from 1 on; the 0th is the beginning. */
  ordinalOf(n: number): number {
    return n === 0 ? 0 : this.kept!.ordinals.at(n - 1);
  }

  /** Brings a state to what it was at the n-th of them, from 1 on. */
  load(n: number, state: ConnectionState): void {
    state.load(this.kept!.pool.values, (n - 1) * stateFields.length);
  }

  /** The own events [begin, end) around an ordinal that lie between two snapshots; `count` is how many there are. */
  block(ordinal: number, count: number): { begin: number; end: number } {
    const n = this.until(ordinal);
    return {
      begin: this.ordinalOf(n),
      end: n < (this.kept?.ordinals.length ?? 0) ? this.ordinalOf(n + 1) : count,
    };
  }
}
