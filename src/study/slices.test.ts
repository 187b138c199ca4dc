import assert from "node:assert/strict";
import { test } from "node:test";
import { connectx } from "../core/profiles/connectx.ts";
import { nodePlatform } from "../node/platform.ts";
import { Timeline } from "../replay/timeline.ts";
import { textEnvironment } from "../test/dap-session.ts";
import { type OpenOptions, openTrace } from "../trace/open.ts";
import { Cancelled, type Progress, sliced } from "../trace/platform.ts";
import { replayWhole } from "./slices.ts";

test("work is cut by the clock, not by how much it is: after 10 ms, however long a step takes", async (t) => {
  const cases: [stepMs: number, steps: number, ticks: number][] = [
    [50, 8, 8],
    [10, 8, 8],
    [4, 9, 3],
    [0.125, 800, 10],
  ];
  for (const [stepMs, steps, ticks] of cases) {
    let clock = 0;
    t.mock.method(Date, "now", () => clock);
    let done = 0;
    let ticked = 0;
    const progress: Progress = { tick: async () => void ticked++ };
    await sliced(progress, { total: () => steps, what: "working" }, () => {
      clock += stepMs;
      return ++done;
    });
    t.mock.restoreAll();
    assert.deepEqual([done, ticked], [steps, ticks], `steps of ${stepMs} ms`);
  }
});

const text = `device eth0\nconnection web device=eth0 version=1.3 cipher=aes-128-gcm seq=0\n+0 web send 16000\n${"+0 web > 0:1448(1448)\n".repeat(60_000)}`;
const options: OpenOptions = { profile: connectx, streams: [], tap: "auto", offloadStart: "after-finished" };

/** A client that wants to stop when work of one kind has got somewhere. */
const stoppingAt = (wanted: string): Progress => ({
  tick: async (done, total, what) => {
    assert.ok(done > 0 && (done <= total || what === "reading text"), `${what} ${done} of ${total}`);
    if (what === wanted && done < total) throw new Cancelled();
  },
});

test("reading a trace and replaying it stop in the middle when asked to", async () => {
  const file = textEnvironment(text).openFile("/long.tlstrace");
  await assert.rejects(openTrace(file, [], options, nodePlatform, stoppingAt("reading lines")), Cancelled);
  const trace = await openTrace(file, [], options, nodePlatform, stoppingAt("nothing"));
  assert.equal(trace.events.count, 60_001);
  const timeline = new Timeline(trace);
  let clock = 0;
  const now = Date.now;
  Date.now = () => ++clock;
  try {
    await assert.rejects(replayWhole(timeline, stoppingAt("replaying")), Cancelled);
  } finally {
    Date.now = now;
  }
});
