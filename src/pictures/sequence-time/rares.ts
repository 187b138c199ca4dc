import { secondsText } from "../../replay/view/value.ts";
import type { Rare, RareAsked } from "../rare.ts";
import { byteLabel } from "../scene.ts";
import type { Lane } from "./lane.ts";
import { type LaneName, laneTable, rails } from "./view.ts";

/** What is rare in a stream, over all of its lanes that are such: found by halving, however many marks there are. */
export class Rares {
  private readonly lanes: { name: LaneName; lane: Lane }[];

  /** `laneOf`: a lane's marks, in the order of events. */
  constructor(laneOf: (name: LaneName) => Lane, hidden: ReadonlySet<string>) {
    this.lanes = rails.filter((name) => !hidden.has(name)).map((name) => ({ name, lane: laneOf(name) }));
  }

  /** The next one from there, behind the last one the first; null if there is none. */
  next(asked: RareAsked): Rare | null {
    const rows = this.lanes.map((_, i) => this.rowBeside(i, asked));
    const ends = this.lanes.map(({ lane }) => (asked.step > 0 ? 0 : lane.count - 1));
    return this.nearest(rows, asked.step) ?? this.nearest(ends, asked.step);
  }

  /** Which row of a lane is the next one. */
  private rowBeside(i: number, { step, from, area }: RareAsked): number {
    const { lane } = this.lanes[i]!;
    const own = from ? this.lanes.findIndex(({ name }) => name === from.role) : -1;
    const beside = this.lanes[own]?.lane;
    if (!from || !beside || from.at >= beside.count)
      return step > 0 ? lane.rowAt(area.from) : lane.rowBehind(area.to) - 1;
    if (i === own) return from.at + step;
    // Of one event the lanes come in their order.
    const row = lane.rowOfEvent(beside.eventAt(from.at) + (i < own ? 1 : 0));
    return step > 0 ? row : row - 1;
  }

  /** Of one row of each lane the one that is first, or last. */
  private nearest(rows: readonly number[], step: 1 | -1): Rare | null {
    let best = -1;
    const event = (i: number) => this.lanes[i]!.lane.eventAt(rows[i]!);
    for (const [i, row] of rows.entries()) {
      if (row < 0 || row >= this.lanes[i]!.lane.count) continue;
      if (best < 0 || (step > 0 ? event(i) < event(best) : event(i) >= event(best))) best = i;
    }
    return best < 0 ? null : this.tell(best, rows[best]!);
  }

  private tell(i: number, row: number): Rare {
    const { name, lane } = this.lanes[i]!;
    const { time, low, high, event } = lane.markAt(row);
    const ahead = this.lanes.map((each, j) =>
      j === i ? row : each.lane.rowOfEvent(event + (j < i ? 1 : 0)),
    );
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    return {
      ...{ role: name, at: row, event },
      place: { from: time, to: time, low, high },
      says: `${laneTable[name].says}: ${byteLabel(low)} to ${byteLabel(high)}, ${secondsText(time)}, event ${event + 1}`,
      bytes: { from: low, to: Math.max(low + 1, high) },
      number: {
        is: 1 + sum(ahead),
        of: sum(this.lanes.map((each) => each.lane.count)),
      },
    };
  }
}
