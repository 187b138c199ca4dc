import assert from "node:assert/strict";
import test from "node:test";
import type { LaneName, LaneView } from "./view.ts";
import { laneWithin } from "./within.ts";

// A report holds the whole picture, and shows parts of it without anybody to ask.

const at = [10, 20, 20, 30];
const lane = (name: LaneName): LaneView => ({
  name,
  marks: { time: at, low: [1, 2, 3, 4], high: [1, 2, 3, 4], count: [1, 1, 1, 1], event: [0, 1, 2, 3] },
  places: [5, 6, 7, 8],
});

/** The events that stand in a part, of marks, and of a line, which also comes in from the left. */
const parts: [from: number, to: number, marks: number[], line: number[]][] = [
  [0, 40, [0, 1, 2, 3], [0, 1, 2, 3]],
  [10, 30, [0, 1, 2, 3], [0, 1, 2, 3]],
  [20, 20, [1, 2], [0, 1, 2]],
  [11, 19, [], [0]],
  [21, 29, [], [2]],
  [30.5, 40, [], [3]],
  [0, 9.5, [], []],
];

test("a part has the marks that lie in it and no other, and a line what it comes in from", () => {
  for (const [from, to, marks, line] of parts) {
    assert.deepEqual(laneWithin(lane("resync"), { from, to }).marks.event, marks, `${from} to ${to}`);
    const part = laneWithin(lane("driver"), { from, to });
    assert.deepEqual(part.marks.event, line, `${from} to ${to}`);
    assert.deepEqual(
      part.places,
      line.map((i) => 5 + i),
    );
  }
});
