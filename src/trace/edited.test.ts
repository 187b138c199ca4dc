import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { seq } from "../core/base/seq.ts";
import { kernelById } from "../core/machine/generation.ts";
import { profileById, profiles } from "../core/profiles/all.ts";
import { connectx } from "../core/profiles/connectx.ts";
import { innova } from "../core/profiles/innova.ts";
import { Flag, Kind, packTransmit } from "../core/words/event.ts";
import { openFile } from "../node/open-file.ts";
import { nodePlatform } from "../node/platform.ts";
import { Timeline } from "../replay/timeline.ts";
import { goldenLines } from "../report/golden.ts";
import { judge } from "../study/study.ts";
import { longTrace } from "../test/bench/long-trace.ts";
import { comparable } from "../test/comparable.ts";
import { Dice } from "../test/simulator/dice.ts";
import { generate, kernelChoices, textOf } from "../test/simulator/generate.ts";
import { randomEdits } from "../test/simulator/random-edits.ts";
import { settingOf } from "../test/simulator/simulation.ts";
import { applied, type Edit } from "./edit.ts";
import { hasOwnLines } from "./edit-lines.ts";
import { edited } from "./edited.ts";
import { becomingInOrder } from "./language/becoming.ts";
import { parseTrace } from "./language/parse.ts";
import { printEvent, printTrace } from "./language/print.ts";
import { openTrace } from "./open.ts";
import { parsePacketdrill } from "./packetdrill/script.ts";
import { noProgress } from "./platform.ts";
import { type ProfileFinder, pathBeside, profileFinder } from "./profiles/finder.ts";
import { type Trace, Wire } from "./trace.ts";

const firstSeed = Number(process.env.SEED ?? 30_000);
const folder = "media/samples";

const errorsOf = (trace: Trace): string[] =>
  trace.diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);

const story = `# two segments
device  eth0 profile=connectx mtu=1500
connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=0 rec_seq=0

+0     web send 100
+.1    web > 0:60(60)                     # first
       expect encrypted
# between
+.2    web > 60:129(69)  fin
+.1    web < ack 129 sack 5:6
expect counter tx_tls_ooo=0
`;
const storyTrace = () => parseTrace("story", story, profileById);
const ofWeb = { connection: 0, flags: 0, seq: seq(0), length: 0, extra: 0 };
const [write, first, second, ack] = story.split("\n").filter((line) => /^\+/.test(line));
const failing = packTransmit({ dmaErrorAt: 2, queue: 1 });
const under = { no: true, under: ["innova"], what: { effect: "encrypted", fields: {} } } as const;

/** A captured sample with its keys. */
function captured(name: string): Promise<Trace> {
  const keys = readFileSync(path.join(folder, name.replace(".pcap", ".keys")), "utf8");
  const options = { profile: null, streams: [], tap: "auto", offloadStart: "after-finished" } as const;
  const file = openFile(path.join(folder, name));
  return openTrace(file, [keys], { ...options, streams: [] }, nodePlatform, noProgress);
}

/** What edits change in the story's text, old and new, and the errors that the edited trace has. */
const cases: [says: string, edits: Edit[], change: [old: string, now: string][], errors?: string[]][] = [
  [
    "an event goes with its line, comment and expect lines; the others keep their times",
    [{ edit: "drop", event: 1, count: 1 }],
    [
      [`${first}\n       expect encrypted\n`, ""],
      ["+.2    web > 60", "+.3    web > 60"],
    ],
  ],
  [
    "what nobody wrote any more goes, too",
    [{ edit: "drop", event: 0, count: 2 }],
    [
      [`${write}\n${first}\n       expect encrypted\n`, ""],
      [second!, ""],
      ["+.1    web < ack", "+.4    web < ack"],
    ],
    ["TCP has bytes up to 0 only; put a `send` above or end the range at 0"],
  ],
  [
    "a moved event takes its lines along and the time of its place",
    [{ edit: "move", event: 1, to: 2 }],
    [
      [`${first}\n       expect encrypted\n`, ""],
      [second!, `+.3    web > 60:129(69)  fin\n${first!.replace(".1", "0 ")}\n       expect encrypted`],
    ],
  ],
  [
    "a new event stands below the one above it, a first one below its declaration",
    [
      { edit: "insert", event: 0, stated: { ...ofWeb, timeNs: 0, kind: Kind.install, flags: Flag.unsent } },
      { edit: "insert", event: 3, stated: { ...ofWeb, timeNs: 2e8, kind: Kind.split, seq: seq(9) } },
      { edit: "insert", event: 4, stated: { ...ofWeb, timeNs: 2e8, kind: Kind.reroute } },
    ],
    [
      [" rec_seq=0\n", " rec_seq=0\n+0     web install unsent\n"],
      ["encrypted\n", "encrypted\n+.1    web split 9\n+0     web reroute eth0\n"],
      ["+.2    web > 60", "+.1    web > 60"],
    ],
  ],
  [
    "a segment is sent in two: FIN goes with the second part, what fails with the first",
    [
      { edit: "set", event: 2, to: { flags: Flag.fin | Flag.straddle, extra: failing } },
      { edit: "split", event: 2, bytes: 9 },
    ],
    [[second!, "+.2    web > 60:69(9)  straddle dma-error=2 queue=1\n+0     web > 69:129(60)  fin queue=1"]],
  ],
  [
    "a write is made in two, and the records stay as they are",
    [{ edit: "split", event: 0, bytes: 40 }],
    [[write!, "+0     web send 40 more\n+0     web send 60"]],
  ],
  [
    "fields of an event, a connection and a device",
    [
      { edit: "set", event: 1, to: { flags: Flag.lost, extra: packTransmit({ dmaErrorAt: 0, queue: 2 }) } },
      { edit: "set", event: 3, to: { sacks: [seq(7), seq(9)], timeNs: 3e8 } },
      { edit: "set-connection", connection: 0, to: { version: 0x0304, cipher: "aes-256-gcm", mss: 100 } },
      { edit: "set-device", device: 0, to: { profile: innova, kernel: kernelById("v6.18")!, mtu: 9000 } },
    ],
    [
      [first!, "+.1    web > 0:60(60)  lost queue=2       # first"],
      [ack!, "+.2    web < ack 129 sack 7:9"],
      ["version=1.2 cipher=aes-128-gcm", "version=1.3 cipher=aes-256-gcm"],
      ["rec_seq=0", "rec_seq=0 mss=100"],
      ["connectx mtu=1500", "innova kernel=v6.18 mtu=9000"],
      [`${second}\n`, "\n"],
    ],
    ["TCP has bytes up to 122 only; put a `send` above or end the range at 122"],
  ],
  [
    "an expect line comes below those that there are, and moves with its event",
    [
      { edit: "expect", event: 1, expected: under },
      { edit: "move", event: 1, to: 2 },
      { edit: "expect", event: 1, expected: under },
    ],
    [
      [`${first}\n       expect encrypted\n`, ""],
      [
        second!,
        `+.3    web > 60:129(69)  fin\n       expect no encrypted under innova\n${first!.replace(".1", "0 ")}\n       expect encrypted\n       expect no encrypted under innova`,
      ],
    ],
  ],
  [
    "edits that cannot be are left out",
    [
      { edit: "drop", event: 3, count: 2 },
      { edit: "drop", event: 3, count: 0 },
      { edit: "move", event: -1, to: 0 },
      { edit: "split", event: 3, bytes: 1 },
      { edit: "split", event: 0, bytes: 100 },
      { edit: "insert", event: 5, stated: { ...ofWeb, timeNs: 0, kind: Kind.close } },
      { edit: "insert", event: 4, stated: { ...ofWeb, timeNs: 0, kind: Kind.close, connection: 1 } },
      { edit: "set", event: 0, to: { kind: Kind.reroute, extra: 1 } },
      { edit: "set-connection", connection: 0, to: { device: 1 } },
      { edit: "set-device", device: 1, to: { mtu: 100 } },
    ],
    [],
    [
      "edit 1 (drop) is left out: there is no event 4, the trace has 4",
      "edit 2 (drop) is left out: it drops 0 events",
      "edit 3 (move) is left out: there is no event -1, the trace has 4",
      "edit 4 (split) is left out: byte 1 is not within the event's 0",
      "edit 5 (split) is left out: byte 100 is not within the event's 100",
      "edit 6 (insert) is left out: there is no event 5, the trace has 4",
      "edit 7 (insert) is left out: the trace has no such connection or device",
      "edit 8 (set) is left out: there is no device 1",
      "edit 9 (set-connection) is left out: there is no device 1",
      "edit 10 (set-device) is left out: there is no device 1",
    ],
  ],
  [
    "an event that no line says is told of",
    [{ edit: "set", event: 3, to: { flags: Flag.lost } }],
    [],
    ["event 3 has more than its line can say: `+.1    web < ack 129 sack 5:6`"],
  ],
];

for (const [says, edits, change, errors = []] of cases) {
  test(says, () => {
    const result = edited(storyTrace(), edits);
    const wanted = change.reduce((text, [old, now]) => {
      assert.ok(text.includes(old), old);
      return text.replace(old, now);
    }, story);
    assert.equal(printTrace(result), wanted);
    assert.deepEqual(errorsOf(result), errors);
  });
}

test("the records of a capture are as captured; what was compared stays with the packets that are as they were", async () => {
  const trace = await captured("upload.pcap");
  const kinds = Array.from({ length: trace.events.count }, (_, event) => trace.events.kind.at(event));
  const record = kinds.indexOf(Kind.record);
  const packet = kinds.indexOf(Kind.transmit, record);
  assert.equal(trace.verdicts!.wire[packet], Wire.match);
  const mss = trace.events.length.at(packet);
  const fixed = edited(trace, [
    { edit: "drop", event: record - 1, count: 2 },
    { edit: "set", event: packet, to: { kind: Kind.close } },
    { edit: "set-connection", connection: 0, to: { version: 0x0304 } },
    {
      edit: "insert",
      event: 0,
      stated: { ...ofWeb, timeNs: 0, kind: Kind.transmit, seq: trace.connections[0]!.startSeq, length: 9 },
    },
  ]);
  assert.deepEqual(errorsOf(fixed), [
    "edit 1 (drop) is left out: the records of a capture are as they were captured",
    "edit 2 (set) is left out: the records of a capture are as they were captured",
    "edit 3 (set-connection) is left out: the version of a captured connection is as captured",
    "event 0: TCP has bytes up to 0 only; put a `send` above or end the range at 0",
  ]);
  assert.deepEqual(wholeOf({ ...fixed, diagnostics: trace.diagnostics }), wholeOf(trace));
  const moved = edited(trace, [{ edit: "move", event: packet, to: packet + 1 }]);
  assert.equal(moved.verdicts!.wire[packet + 1], Wire.match);
  const changed = edited(trace, [
    { edit: "set", event: packet, to: { flags: Flag.captured | Flag.lost } },
    { edit: "insert", event: packet, stated: { ...trace.events.at(packet), flags: 0 } },
    { edit: "split", event: packet + 1, bytes: 100 },
    { edit: "move", event: packet, to: packet + 1 },
  ]);
  assert.deepEqual(errorsOf(changed), []);
  const rows = [0, 1, 2].map((i) => changed.events.at(packet + i));
  assert.deepEqual(
    rows.map(({ length, flags }) => [length, flags]),
    [
      [100, Flag.captured | Flag.lost],
      [mss, 0],
      [mss - 100, Flag.captured | Flag.lost],
    ],
  );
  assert.deepEqual(
    [...changed.verdicts!.wire.subarray(packet, packet + 3)],
    [Wire.unknown, Wire.unknown, Wire.unknown],
  );
  assert.deepEqual(changed.verdicts!.wire.subarray(packet + 3), trace.verdicts!.wire.subarray(packet + 1));
  assert.deepEqual(
    rows.map(({ offset }) => offset),
    [trace.events.offset.at(packet), -1, trace.events.offset.at(packet) + 100],
  );
});

/** Every event with its effects, and the counters. */
const replayOf = (trace: Trace): string[] => [
  ...goldenLines(judge(new Timeline(trace).runAll()), new Set(trace.connections.keys())),
];

/** All that edits may not touch in the trace they are made to, as a value of its own. */
const wholeOf = (trace: Trace): unknown =>
  structuredClone({
    ...(comparable(trace) as object),
    reader: null,
    diagnostics: trace.diagnostics,
  });

/** What reading finds of itself: it follows from the events. */
const derived = { installed: true, epochs: [] };
const stated = (trace: Trace): unknown =>
  comparable({
    ...trace,
    streams: [],
    connections: trace.connections.map((one) => ({ ...one, ...derived })),
  });

/** Without the lines, which have more than one place where an event comes to stand elsewhere. */
const unlined = (trace: Trace): unknown => {
  const { declarationLines: _, ...rest } = trace;
  const events = Array.from({ length: trace.events.count }, (_, i) => ({ ...trace.events.at(i), line: 0 }));
  const expectations = trace.expectations.map((one) => ({ ...one, line: 0 }));
  const byEvent = expectations.sort((a, b) => a.event - b.event);
  return { ...rest, events, expectations: byEvent, comments: [...trace.comments.values()].sort() };
};

/** Checks every law of edits with random ones of a trace file's trace; gives whether all of them could be. */
function checkEdits(trace: Trace, find: ProfileFinder, seed: number): boolean {
  const before = wholeOf(trace);
  const edits = randomEdits(new Dice(seed), trace);
  const made = applied(trace, edits);
  const result = edited(trace, edits);
  const shown = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}` : value);
  const what = `seed ${seed}, ${JSON.stringify(edits, shown)} of\n${printTrace(trace)}`;
  assert.deepEqual(wholeOf(trace), before, what);
  const onebyone = edits.reduce((now, edit) => applied(now, [edit]).trace, trace);
  assert.deepEqual(unlined(made.trace), unlined(onebyone), what);
  // A declaration that cannot be takes all that is below with it.
  if (result.connections.length === 0) return false;
  const again = parseTrace(trace.name, printTrace(result), find);
  assert.deepEqual(errorsOf(again), [], what);
  assert.deepEqual(comparable(again), comparable(result), what);
  assert.deepEqual(replayOf(again), replayOf(result), what);
  if (errorsOf(result).length > 0) return false;
  if (hasOwnLines(trace)) assert.deepEqual(stated(result), stated(becomingInOrder(made.trace)), what);
  return true;
}

/** Several times with each trace; most sets of edits have one that cannot be, and a good part has none. */
function checkAll(t: TestContext, traces: Iterable<[Trace, ProfileFinder]>, rounds: number): void {
  let seed = firstSeed;
  let could = 0;
  for (const [trace, find] of traces)
    for (let round = 0; round < rounds; round++) could += Number(checkEdits(trace, find, seed++));
  t.diagnostic(`SEED=${firstSeed}: all could be in ${could} of ${seed - firstSeed}`);
  assert.ok(could > (seed - firstSeed) / 10);
}

function* generated(count: number): Generator<[Trace, ProfileFinder]> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const story = textOf(generate(seed, settingOf(seed, profiles, kernelChoices)));
    yield [parseTrace("random", story, profileById), profileById];
  }
}

function* samples(): Generator<[Trace, ProfileFinder]> {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".tlstrace"))) {
    const find = profileFinder((name) => openFile(pathBeside(path.join(folder, file), name)));
    yield [parseTrace(file, readFileSync(path.join(folder, file), "utf8"), find), find];
  }
}

test("an edited random trace prints, and replays the same as its printed text; the trace itself is untouched", (t) =>
  checkAll(t, generated(150), 1));

test("so does each edited sample, with its comments and expect lines", (t) => checkAll(t, samples(), 3));

test("an edited script is a trace file, which does the same", (t) => {
  const script = readFileSync(path.join(folder, "fast-retransmit.pkt"), "utf8");
  const trace = parsePacketdrill("fast-retransmit.pkt", script, connectx);
  checkAll(t, [[trace, profileById]], 20);
  const printed = printTrace(trace);
  const last = printed.trimEnd().split("\n").at(-1)!;
  const shorter = edited(trace, [{ edit: "drop", event: trace.events.count - 1, count: 1 }]);
  assert.equal(printTrace(shorter), printed.replace(`${last}\n`, ""));
});

test("an edited capture is untouched itself, and its print reads as far as the capture's does", async () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".pcap"))) {
    const trace = await captured(name);
    const unread = errorsOf(parseTrace(name, printTrace(trace), profileById));
    assert.deepEqual(unread, []);
    const before = wholeOf(trace);
    for (let seed = firstSeed; seed < firstSeed + 20; seed++) {
      const result = edited(trace, randomEdits(new Dice(seed), trace));
      assert.deepEqual(wholeOf(trace), before, `seed ${seed}`);
      const again = parseTrace(name, printTrace(result), profileById);
      assert.deepEqual(errorsOf(again), [], `seed ${seed}`);
      assert.equal(result.verdicts!.wire.length, result.events.count);
      const events = Array.from({ length: result.events.count }, (_, event) => event);
      const text = { ...result, kind: "text" } as const;
      assert.deepEqual(
        events.map((event) => printEvent(again, event)),
        events.map((event) => printEvent(text, event)),
        `seed ${seed}`,
      );
      assert.ok(replayOf(result).length > result.events.count);
    }
  }
});

test("a million events are copied in milliseconds", (t) => {
  const trace = longTrace(830_000, 0.02, 1);
  const { count } = trace.events;
  assert.ok(count >= 1_000_000, `${count}`);
  for (const one of [trace, { ...trace, declarationLines: [1, 2] }]) {
    const took = [100, 300_000, 500_000, 700_000].map((event) => {
      const began = performance.now();
      const after = applied(one, [{ edit: "drop", event, count: 1 }]).trace;
      assert.equal(after.events.count, count - 1);
      return Math.round(performance.now() - began);
    });
    t.diagnostic(`${count} events${one === trace ? "" : " with their lines"}: ${took.join(", ")} ms`);
  }
});
