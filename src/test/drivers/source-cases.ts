import assert from "node:assert/strict";
import { test } from "node:test";
import { Play, type Setup, setupOf } from "../scenario.ts";

/**
 * A case derived by hand from a driver's source: what its function says of the last packet, what it posts, where driver
 * and NIC stand then, and the counters that its source moves in the story.
 */
export interface Case {
  story: string;
  effects: string;
  posted: string;
  expected: number;
  counters: Record<string, number>;
}

// Rows 1 [0, 129), its tag from 113 on, and 2 [129, 258), its tag from 242 on; 16-byte cipher blocks from 13 and 142 on.
export const two = "send 100; send 100";
export const sent = `${two}; > 0:258`;
export const mapped = (mapping: number, posted: number) => `dma-error mapping=${mapping} posted=${posted}`;
export const dropped = (reason: string, length: number) => `dropped reason=${reason} length=${length}`;

const starts = { "from 0 on": 0, "across 2^32": 0xffffffc0, "across 2^31": 0x7fffffc0 };

/** A family's cases (kernel.md section 5), each wherever the numbers may start. */
export function testCases(family: string, cases: readonly Case[], setup: Setup = {}): void {
  for (const { story, effects, posted, expected, counters } of cases)
    test(`${family}: ${story}`, () => {
      for (const [where, startSeq] of Object.entries(starts)) {
        const play = new Play({ ...setupOf(family), ...setup, startSeq }, story);
        const last = play.rest().at(-1)!;
        assert.deepEqual([last.effects.join(", "), play.posted().join(" ")], [effects, posted], where);
        assert.equal(play.expected[0], expected, where);
        const moved = Object.keys(counters).map((name) => [name, play.counters[name] ?? 0]);
        assert.deepEqual(Object.fromEntries(moved), counters, where);
      }
    });
}
