import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueStops } from "../core/machine/queue-stops.ts";
import { profileById, profiles } from "../core/profiles/all.ts";
import { Timeline } from "../replay/timeline.ts";
import { junitOf } from "../report/junit.ts";
import { parseCryptoInfos } from "../trace/keys/crypto-info.ts";
import { keySourceOf } from "../trace/keys/source.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { printTrace } from "../trace/language/print.ts";

import { effectsOf } from "./scaling/effects.ts";
import { growthOf } from "./scaling/growth.ts";

const parsed = (text: string) => parseTrace("a.tlstrace", text, profileById);

/** A trace of one device and one connection. */
const traceOf = (events: string[], device = "profile=connectx", connection = "") =>
  parsed(
    [
      `device eth0 ${device}`,
      `connection w device=eth0 ${connection}`,
      ...events.map((line) => `+0 w ${line}`),
    ].join("\n"),
  );
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const errorsOf = (events: string[], device?: string, connection?: string): string[] =>
  traceOf(events, device, connection).diagnostics.map(
    ({ severity, line, message }) => `${severity} ${line} ${message}`,
  );

/** A packet near the end of a range of unknown records, and how many descriptors it comes to. */
function postedIn(gap: number, device: string): number {
  const timeline = new Timeline(traceOf([`gap ${gap}`, `> ${gap - 800}:${gap - 790}(10)`], device)).runAll();
  return timeline.record(1).stages[0]!.descriptors.length;
}

for (const { id } of profiles)
  test(`${id}: a rebuild in a range of unknown records feeds the NIC one record at most, however long the range is`, () => {
    const device = `profile=${id} mtu=68`;
    assert.equal(postedIn(2 ** 30, device), postedIn(2 ** 16, device));
    // 16,413 bytes of a TLS 1.2 record in DUMPs of 64 bytes at least: 257; params, NOP and packet are four.
    assert.ok(postedIn(2 ** 30, device) <= 261);
  });

test("in a range no longer than a record all that lies before the packet is replayed, in a longer one a record's length", () => {
  const bytesFor = (gap: number) => {
    const timeline = new Timeline(traceOf([`gap ${gap}`, `> ${gap - 10}:${gap}(10)`])).runAll();
    const { descriptors } = timeline.record(1).stages[0]!;
    const dumps = descriptors.filter(({ kind }) => kind === "dump");
    return dumps.reduce((sum, { length }) => sum + length, 0);
  };
  assert.equal(bytesFor(10_000), 9990);
  assert.equal(bytesFor(16_423), 16_413, "header 5, nonce 8, payload 16384, tag 16 (RFC 5246 §6.2.1)");
  assert.equal(bytesFor(16_424), 16_413);
  assert.equal(bytesFor(2 ** 30), 16_413);
});

test("the NIC stands where it was fed to: what follows is in order and in step", () => {
  const gap = 2 ** 30;
  for (const profile of ["connectx", "innova", "freebsd-connectx"]) {
    const events = [`gap ${gap}`, `> ${gap - 800}:${gap - 790}(10)`, `> ${gap - 790}:${gap}(790)`];
    const timeline = new Timeline(traceOf(events, `profile=${profile}`)).runAll();
    const effects = effectsOf(timeline, 1).concat(effectsOf(timeline, 2));
    assert.ok(!effects.some((effect) => effect.startsWith("out-of-step")), `${profile}: ${effects}`);
    assert.deepEqual(
      effectsOf(timeline, 2).map((effect) => effect.split(" ")[0]),
      ["encrypted"],
      profile,
    );
  }
});

/** A NIC that a queue reset leaves out of step, and packets in order behind it. */
const lostTrace = (packets: number, size: number) =>
  parsed(
    [
      "device eth0 profile=connectx\nconnection w device=eth0",
      `+0 w send ${(packets + 2) * size}\n+0 w > 0:${size}(${size})\n+0 eth0 hold\n+0 w > ${size}:${2 * size}(${size})`,
      "+0 eth0 reset\n+0 eth0 resume",
      ...times(packets, (i) => `+0 w > ${(i + 2) * size}:${(i + 3) * size}(${size})`),
    ].join("\n"),
  );

/** Page writes that lie on each other, then packets of these pages. */
const pagesTrace = (count: number) =>
  traceOf([
    "send 16384 zerocopy",
    ...times(count, (i) => `page-write ${i}:${i + 500}`),
    ...times(count, (i) => `> ${5 * i}:${5 * i + 5}(5)`),
  ]);

const shapes: readonly (readonly [says: string, size: number, run: (count: number) => void])[] = [
  ["packets to a NIC out of step", 60, (count) => new Timeline(lostTrace(count, 1448)).runAll()],
  ["page writes, and packets of their pages", 200, (count) => new Timeline(pagesTrace(count)).runAll()],
  [
    "rekeys",
    2500,
    (count) =>
      void traceOf(
        times(count, () => "rekey"),
        "profile=connectx kernel=next",
        "version=1.3",
      ),
  ],
  [
    "fences, and packets of a device that is down",
    2500,
    (count) => void new Timeline(fencedTrace(count)).runAll(),
  ],
];

/** Writes that end a segment, then the device goes down and every packet is asked for its mark. */
const fencedTrace = (count: number) =>
  parsed(
    [
      "device eth0 profile=connectx\nconnection w device=eth0",
      ...times(count, () => "+0 w send 10 eor"),
      "+0 eth0 down",
      ...times(count, (i) => `+0 w > ${39 * i}:${39 * i + 39}(39)`),
    ].join("\n"),
  );

for (const [says, size, run] of shapes)
  test(`four times the input takes about four times as long, not sixteen: ${says}`, () => {
    const growth = growthOf(run, size);
    assert.ok(growth < 9, `four times the input took ${growth.toFixed(1)} times as long`);
  });

test("a NIC out of step makes the same bytes whichever way a position is reached", () => {
  for (const trace of [lostTrace(700, 31), pagesTrace(300)]) {
    const { count } = trace.events;
    const forwards = new Timeline(trace).runAll();
    const there = times(count, (event) => effectsOf(forwards, event));
    assert.ok(there.flat().filter((effect) => /^(wrong|page-changed)/.test(effect)).length > 100);
    const back = new Timeline(trace).runAll();
    for (let event = count - 1; event >= 0; event -= 7)
      assert.deepEqual(effectsOf(back, event), there[event]);
    for (let i = 0; i < 50; i++) {
      const event = (i * 7919) % count;
      assert.deepEqual(effectsOf(back, event), there[event], `event ${event}`);
    }
  }
});

test("recordings are kept by their stages: of many small ones some, of one with many stages only itself", () => {
  const text = [
    "device eth0 profile=connectx",
    ...times(1000, (i) => `connection w${i} device=eth0`),
    "+0 w0 send 100",
    ...times(20, (i) => `+0 eth0 ${i % 2 === 0 ? "hold" : "resume"}`),
  ].join("\n");
  const timeline = new Timeline(parsed(text)).runAll();
  const first = timeline.record(0);
  assert.equal(timeline.record(0), first);
  for (let event = 1; event < 5; event++) timeline.record(event);
  assert.equal(timeline.record(0), first, "4,000 stages are kept");
  for (let event = 5; event < 21; event++) timeline.record(event);
  assert.notEqual(timeline.record(0), first, "20,000 stages are not");
});

test("what would fill the memory is refused at its place, with the bound, once", () => {
  const small = "payload_max=64";
  assert.deepEqual(errorsOf(["send 700000000"], "profile=connectx kernel=next", small), [
    "error 3 a `send` becomes at most 65536 records; divide it",
  ]);
  // 65,536 records each: the 33rd line goes beyond 2^21 of them.
  assert.deepEqual(
    errorsOf(
      times(40, () => `send ${65536 * 64}`),
      "profile=connectx kernel=next",
      small,
    ),
    ["error 35 the lines up to here would become more than 2097152 records; divide the trace"],
  );
  assert.deepEqual(errorsOf(times(16_386, () => "page-write -2:-1")), [
    "error 16387 a connection has at most 16384 merges and page writes; remove the line",
    "error 16388 a connection has at most 16384 merges and page writes; remove the line",
  ]);
  const rekeys = errorsOf(
    times(65_536, () => "rekey"),
    "profile=connectx kernel=next",
    "version=1.3",
  );
  assert.deepEqual(rekeys, ["error 65538 a connection has at most 65535 rekeys; remove the line"]);
  const connections = times(65_600, (i) => `connection w${i} device=eth0`).join("\n");
  const { diagnostics } = parsed(`device eth0\n${connections}\n+0 w65599 send 5`);
  assert.deepEqual(
    diagnostics.map(({ line, message }) => `${line} ${message}`),
    ["65538 a trace has at most 65536 connections; divide it"],
  );
});

test("a crypto_info of many directions is refused before it is made, and wrong ones are told up to a bound", () => {
  const many = parseCryptoInfos(`[${"{},".repeat(600_000)}{}]`);
  assert.deepEqual(
    many.diagnostics.map(({ message }) => message),
    ["a crypto_info file has at most 262144 directions; divide it"],
  );
  const { diagnostics } = parseCryptoInfos(`[${"{},".repeat(999)}{}]`);
  assert.equal(diagnostics.length, 101);
  assert.equal(
    diagnostics.at(-1)!.message,
    "crypto_info: 900 more directions are wrong and not told one by one",
  );
});

test("crypto_infos as many as a file may have are taken, more than a call takes arguments", () => {
  const info = `{"src":"10.0.0.1","sport":1,"dst":"10.0.0.2","dport":443,"version":"1.3","suite":"aes-128-gcm","key":"${"00".repeat(16)}","salt":"${"00".repeat(4)}","iv":"${"00".repeat(8)}","rec_seq":0,"tcp_seq":0}`;
  const { source, diagnostics } = keySourceOf([`[${times(200_000, () => info).join()}]`]);
  assert.deepEqual([source.cryptoInfos.length, diagnostics], [200_000, []]);
});

test("a report of more cases than a call takes arguments is written", () => {
  const cases = times(200_000, (i) => ({
    name: `line ${i}`,
    rule: "expectation-failed" as const,
    line: i,
    columns: null,
    failure: null,
    differs: null,
    eventLine: null,
    places: [],
  }));
  const report = junitOf([{ file: "a.tlstrace", profile: null, cases, covered: null, remarks: [] }]);
  assert.equal(report.split("<testcase").length - 1, 200_000);
});

test("a trace with more expect lines for the whole file than a call takes arguments is printed", () => {
  const trace = traceOf(["send 1000"]);
  const what = { counter: "tx_tls_ooo", of: null, value: 0 };
  for (let line = 4; line < 200_000; line++)
    trace.expectations.push({ event: -1, line, no: false, under: [], what });
  assert.equal(printTrace(trace).split("expect counter").length - 1, 199_996);
});

// Each is one long line that begins a call of strace again and again and ends none.
for (const unit of ["setsockopt(1 ", "setsockopt(1<x", "setsockopt(1, SOL_TLS, TLS_TX, ", "setsockopt(1<a>"])
  test(`keys that look like a call of strace without end take no longer than their length: ${unit}`, () => {
    const growth = growthOf(
      (count) => void keySourceOf([`setsockopt(1 TLS_TX,\n${unit.repeat(count)}\n`]),
      20_000,
    );
    assert.ok(growth < 9, `four times the input took ${growth.toFixed(1)} times as long`);
  });

test("a queue that stops and is reset again and again costs no more each time", () => {
  const stops = new QueueStops();
  for (let event = 0; event < 400_000; event += 4) {
    stops.turn(event, false);
    stops.turn(event + 1, true);
    stops.turn(event + 1, true);
    stops.turn(event + 2, true);
    assert.deepEqual([stops.holdsAt(event + 1), stops.holdsAt(event + 2)], [false, true]);
  }
  // A replay that passes again finds the same.
  stops.turn(5, true);
  stops.turn(8, false);
  assert.deepEqual(
    [4, 5, 6, 8, 9, 10].map((event) => stops.holdsAt(event)),
    [true, false, true, true, false, true],
  );
});
