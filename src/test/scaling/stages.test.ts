import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../../core/profiles/all.ts";
import { Timeline } from "../../replay/timeline.ts";
import { goldenLines } from "../../report/golden.ts";
import { judge } from "../../study/study.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { growthOf } from "./growth.ts";

/** Writes of so many one-byte pieces of the user's pages: a record, and so a stage, for each 15 of them. */
const written = (pieces: number, writes = 1): Timeline => {
  const sends = `+0 w send ${pieces} zerocopy pieces=${pieces}\n`.repeat(writes);
  const text = `device eth0 profile=connectx\nconnection w device=eth0\n${sends}`;
  return new Timeline(parseTrace("a.tlstrace", text, profileById)).runAll();
};

const printed = (timeline: Timeline) => void [...goldenLines(judge(timeline), new Set([0]))];

test("an event of many stages is printed in time that grows with them: four times as many, not sixteen", () => {
  const growth = growthOf((pieces) => printed(written(pieces)), 60_000);
  assert.ok(growth < 9, `four times the stages took ${growth.toFixed(1)} times as long`);
});

test("and so are many such events", () => {
  const growth = growthOf((writes) => printed(written(70_000, writes)), 6);
  assert.ok(growth < 9, `four times the events took ${growth.toFixed(1)} times as long`);
});

test("the states behind stages are the same in whatever order they are looked at", () => {
  const inOrder = written(30_000)
    .record(0)
    .stages.map(({ state }) => ({ ...state }));
  const count = inOrder.length;
  assert.ok(
    count > 1000 && new Set(inOrder.map((state) => JSON.stringify(state))).size > 1000,
    `${count} stages`,
  );
  const orders: Record<string, (i: number) => number> = {
    backwards: (i) => count - 1 - i,
    scattered: (i) => (i * 7919) % count,
    "every 50th": (i) => (50 * i) % count,
  };
  for (const [says, order] of Object.entries(orders)) {
    const { stages } = written(30_000).record(0);
    for (let i = 0; i < count; i += 7)
      assert.deepEqual({ ...stages[order(i)]!.state }, inOrder[order(i)], `${says}: stage ${order(i)}`);
  }
});
