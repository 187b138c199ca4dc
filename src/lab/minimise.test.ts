import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { profileById } from "../core/profiles/all.ts";
import { Timeline } from "../replay/timeline.ts";
import { generate, traceOf } from "../test/simulator/generate.ts";
import { edited } from "../trace/edited.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { printTrace } from "../trace/language/print.ts";
import { finished } from "../trace/platform.ts";
import { Sign, type SignName } from "../trace/signs.ts";
import type { Trace } from "../trace/trace.ts";
import { minimising } from "./minimise.ts";

const has = (name: SignName) => (trace: Trace) =>
  new Timeline(trace).runAll().effects.next(0, 1, [Sign[name]]) >= 0;
const isRight = ({ diagnostics }: Trace) => diagnostics.every(({ severity }) => severity !== "error");
const linesOf = (text: string) => text.split("\n").filter((line) => line.trim() !== "");

test("traces of the simulator come to few lines that still show it, and no event of those can be taken out", () => {
  const profile = profileById("connectx")!;
  let tried = 0;
  for (let seed = 1; tried < 20; seed++) {
    const whole = traceOf(generate(seed, { profile, kernel: null }), profile);
    const shows = has(seed % 2 === 0 ? "resync" : "out-of-order");
    if (!isRight(whole) || !shows(whole)) continue;
    tried++;
    const small = finished(minimising(whole, { shows, isOver: () => false }))!;
    const text = printTrace(small.trace);
    assert.ok(linesOf(text).length <= 12, `seed ${seed}:\n${text}`);
    assert.ok(small.isMinimal && shows(parseTrace("again", text, () => profile)), `seed ${seed}`);
    for (let event = 0; event < small.trace.events.count; event++) {
      const less = edited(small.trace, [{ edit: "drop", event, count: 1 }]);
      assert.ok(!isRight(less) || !shows(less), `seed ${seed}: event ${event} is not needed\n${text}`);
    }
  }
});

const trace = (text: string) => parseTrace("t", `device nic profile=connectx\n${text}`, profileById);

test("what nothing speaks of any more goes, too: connections, devices, expect lines; lengths are halved", () => {
  const whole = trace(`device other profile=connectx
connection a device=nic seq=0
connection b device=other seq=0
+0 b send 100
+0 b > 0:129(129)
  expect encrypted
+0 a send 4000
+0 a > 1448:2896(1448)`);
  const small = finished(minimising(whole, { shows: has("out-of-order"), isOver: () => false }))!;
  assert.deepEqual(
    [small.trace.devices.map(({ name }) => name), small.trace.connections.map(({ name }) => name)],
    [["nic"], ["a"]],
  );
  // The write must reach byte 1448, with 29 bytes of record: 2000 does, 1000 does not.
  const { events, expectations } = small.trace;
  assert.deepEqual([...events.length.values.subarray(0, events.count)], [2000, 1]);
  assert.equal(expectations.length, 0);
});

test("it ends when it is told to, and has nothing of a trace that does not show it", () => {
  const whole = trace("connection a device=nic seq=0\n+0 a send 10\n+0 a > 1:2(1)");
  const early = finished(minimising(whole, { shows: has("out-of-order"), isOver: () => true }))!;
  assert.deepEqual([early.isMinimal, early.trace.events.count], [false, 2]);
  assert.equal(finished(minimising(whole, { shows: has("dropped"), isOver: () => false })), null);
});

test("a captured record without an install above it is replayed, and no crash", () => {
  const whole = trace("connection a device=nic seq=0 from=capture\n+0 a record 100\n+0 a > 0:100(100)");
  assert.ok(new Timeline(whole).runAll().eventCount > 0);
});

test("a capture comes to a trace without keys and payload, with its expect line", () => {
  const args = ["minimise", "media/samples/lossy.pcap", "--keep", "out-of-order"];
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/cli.js", ...args], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /of 164 events, \d+ runs: nothing more can be taken out/);
  assert.ok(linesOf(stdout).length <= 12, stdout);
  assert.match(stdout, /^\s+expect out-of-order$/m);
  const again = parseTrace("again", stdout, profileById);
  assert.ok(isRight(again) && has("out-of-order")(again));
});

test("what judging found is refused: a smaller trace would show another", () => {
  const args = ["minimise", "media/samples/lossy.pcap", "--keep", "expectation-failed"];
  const { status, stderr } = spawnSync(process.execPath, ["dist/cli.js", ...args], { encoding: "utf8" });
  assert.equal(status, 2);
  assert.match(stderr, /--keep takes effects and events; expectation-failed is what was found/);
});
