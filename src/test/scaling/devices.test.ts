import assert from "node:assert/strict";
import { test } from "node:test";
import { readLaunch, requestOf, speaker } from "../../adapter/launch.ts";
import { profileById } from "../../core/profiles/all.ts";
import { departuresOf } from "../../judge/departures.ts";
import { Timeline } from "../../replay/timeline.ts";
import { goldenLines } from "../../report/golden.ts";
import { judge } from "../../study/study.ts";
import { openSubject } from "../../study/subject.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { noProgress } from "../../trace/platform.ts";
import { textEnvironment } from "../dap-session.ts";
import { growthOf } from "./growth.ts";

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const parsed = (lines: string[], profile = "connectx") =>
  parseTrace("a.tlstrace", [`device eth0 profile=${profile}`, ...lines].join("\n"), profileById);

/** Two connections whose packets wait until the queue goes on, and one that has none. */
const held = [
  "connection a device=eth0\nconnection b device=eth0\nconnection idle device=eth0",
  "+0 a send 1000\n+0 b send 3000",
  "+0 eth0 hold",
  "+0 a > 0:500(500)\n+0 b > 0:700(700)\n+0 b > 700:1000(300)",
  "+0 eth0 resume",
];

test("where a queue goes on for several connections, each one's packets are those that leave", () => {
  const timeline = new Timeline(parsed(held)).runAll();
  const left = departuresOf(timeline.record(timeline.eventCount - 1));
  const start = ({ connection }: (typeof left)[number]) => timeline.trace.connections[connection]!.startSeq;
  assert.deepEqual(
    left.map((departed) => [departed.connection, departed.seq - start(departed), departed.length]),
    [
      [0, 0, 500],
      [1, 0, 700],
      [1, 700, 300],
    ],
  );
});

test("the replay's text has the queue of each connection below a device's event", () => {
  const timeline = new Timeline(parsed(held)).runAll();
  const lines = [...goldenLines(judge(timeline), new Set([0, 1, 2]))];
  // The first packet of a connection posts its params (kernel.md section 5.2), which waited with it.
  assert.deepEqual(lines.slice(lines.indexOf("+0     eth0 resume") + 1, -3), [
    "         queue-resumed device=eth0 descriptors=4",
    "         queue STATIC PROGRESS NOP PKT",
    "         queue-resumed device=eth0 descriptors=5",
    "         queue STATIC PROGRESS NOP PKT×2",
    "         queue-resumed device=eth0 descriptors=0",
  ]);
});

/** Connections of one device, which is stopped and goes on again. */
const many = (count: number) =>
  parsed([
    ...times(count, (i) => `connection w${i} device=eth0`),
    ...times(count, (i) => `+0 w${i} send 100\n+0 w${i} > 0:100(100)`),
    ...times(10, (i) => `+0 eth0 ${i % 2 === 0 ? "hold" : "resume"}`),
  ]);

test("a device's event is recorded and printed in parts, a connection each: one after the other, not all at once", () => {
  const timeline = new Timeline(many(50)).runAll();
  const event = timeline.eventCount - 1;
  const whole = timeline.record(event).stages.map(({ connection, stage }) => [connection, stage]);
  const parts = [...timeline.parts(event)];
  assert.equal(parts.length, 50);
  assert.deepEqual(
    parts.flatMap(({ stages }) => stages.map(({ connection, stage }) => [connection, stage])),
    whole,
  );
});

for (const [says, count, run] of [
  [
    "printing a device's events",
    200,
    (count: number) => {
      const judged = judge(new Timeline(many(count)).runAll());
      for (const _ of goldenLines(judged, new Set(times(count, (i) => i))));
    },
  ],
] as const)
  test(`four times the input takes about four times as long, not sixteen: ${says}`, () => {
    const growth = growthOf(run, count);
    assert.ok(growth < 9, `four times the input took ${growth.toFixed(1)} times as long`);
  });

test("a comparison that would replay too many connections is refused with the bound", async () => {
  const text = ["device eth0", ...times(50_000, (i) => `connection w${i} device=eth0`), "+0 w0 send 5"].join(
    "\n",
  );
  const request = requestOf(readLaunch({ program: "a.tlstrace", compare: ["innova", "bnxt"] }));
  await assert.rejects(
    openSubject(textEnvironment(text), request, speaker, noProgress),
    /comparing would replay 150000 connections, of which 131072 are the most: name fewer profiles, or divide the trace/,
  );
});
