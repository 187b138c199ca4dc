import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { profileById } from "../core/profiles/all.ts";
import { Timeline } from "../replay/timeline.ts";
import { judge } from "../study/study.ts";
import { generate, traceOf } from "../test/simulator/generate.ts";
import { assertLeast } from "../test/simulator/lesser.ts";
import { edited } from "../trace/edited.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { printTrace } from "../trace/language/print.ts";
import { finished } from "../trace/platform.ts";
import { Sign, type SignName } from "../trace/signs.ts";
import type { Trace } from "../trace/trace.ts";
import { keptOf } from "./kept.ts";
import { minimising } from "./minimise.ts";
import { smallest, usualLimits } from "./smallest.ts";

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
  // A byte is written, so that there is a record, and one that is not the stream's first is sent.
  const { events, expectations } = small.trace;
  assert.deepEqual([...events.length.values.subarray(0, events.count)], [1, 1]);
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
  assert.match(stdout, /^\s+expect out-of-order expected=0 seq=\d+ /m);
  const again = parseTrace("again", stdout, profileById);
  assert.ok(isRight(again) && has("out-of-order")(again));
});

test("what there is not to keep is refused", () => {
  const cases: [string[], RegExp][] = [
    [["--keep", "expectation-failed"], /there is no expectation-failed to keep/],
    [["--keep", "failed expectation"], /there is no failed expectation to keep/],
    [["--keep", "failed expectation 7"], /there is no expectation-failed where line == 7 to keep/],
    [["--keep", "wrong byte"], /there is no wrong byte to keep/],
    [["--keep", "leaks"], /there is no leaks to keep/],
    [["--keep", "resink"], /nothing in a trace is called "resink"; did you mean "resync"\?/],
    [[], /nothing is found wrong in it: say what to keep/],
  ];
  for (const [args, message] of cases) {
    const command = ["dist/cli.js", "minimise", "media/samples/lossy.pcap", ...args];
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
    assert.equal(status, 2, args.join(" "));
    assert.match(stderr, message);
  }
});

/** Traces whose expect lines fail, each with what is left of it. */
const failing: [why: string, text: string, left: RegExp][] = [
  [
    "a sign that is not there",
    "a send 4000\n+0 a > 0:1448(1448)\n expect out-of-order\n+0 a > 1448:2896(1448)\n expect encrypted",
    /^\+0 +a send 1\n\+0 +a > 0:1\(1\)\n +expect out-of-order {2}.*got no out-of-order$/m,
  ],
  [
    "a sign with another value, smaller than it: the line names that value alone",
    "a send 4000\n+0 a > 1448:2896(1448)\n expect resync record=0 replayed=1500\n+0 a > 0:1448(1448)",
    /^\+0 +a > 29:30\(1\)\n +expect resync replayed=1500 /m,
  ],
  [
    "a sign that must not be",
    "a send 4000\n+0 a > 1448:2896(1448)\n expect no resync record=0\n",
    /^\+0 +a > 29:30\(1\)\n +expect no resync /m,
  ],
  [
    "a verdict",
    "a send 4000\n+0 a > 0:1448(1448)\n expect wire=plaintext\n",
    /^\+0 +a > 0:1\(1\)\n +expect wire=plaintext /m,
  ],
  [
    "a counter, whose value stays",
    "a send 9000\n+0 a > 1448:2896(1448)\n+0 a > 0:1448(1448)\n+0 a > 4344:5792(1448)\nexpect counter tx_tls_ooo=5",
    /^(\+0 +a > .*\n){3}expect counter tx_tls_ooo=5 /m,
  ],
  [
    "a line for the whole file",
    "a send 4000\n+0 a > 0:1448(1448)\n+0 a > 1448:2896(1448)\nexpect software-fallback",
    /^\+0 +a send 1\nexpect software-fallback /m,
  ],
];

for (const [why, text, left] of failing)
  test(`an expect line that fails still fails the same way: ${why}`, () => {
    const whole = trace(`connection a device=nic seq=0\n+0 ${text}`);
    const judged = judge(new Timeline(whole).runAll());
    const reason = keptOf(judged, "failed expectation");
    const { text: small, note } = finished(smallest(whole, reason, usualLimits));
    assert.match(note, /nothing more can be taken out/);
    assert.match(small, left);
    assertLeast(whole, small, (less) => reason.in(less) !== null, why);
  });

test("keys that a trace states stay behind, and it ends after so many runs", () => {
  const key = "000102030405060708090a0b0c0d0e0f";
  const whole = trace(
    `connection a device=nic seq=0 key=${key} salt=01020304 iv=0102030405060708\n+0 a send 10`,
  );
  assert.deepEqual(
    whole.diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  const reason = keptOf(judge(new Timeline(whole).runAll()), "record-pushed");
  const { text, note } = finished(smallest(whole, reason, { seconds: 60, runs: 2 }));
  assert.ok(!text.includes(key) && text.includes("expect record-pushed"), text);
  assert.match(note, /it was ended, more could perhaps be taken out/);
});
