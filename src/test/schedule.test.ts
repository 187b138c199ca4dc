import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { profileById, profiles } from "../core/profiles/all.ts";
import { Kind } from "../core/words/event.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { printEvent, printTrace } from "../trace/language/print.ts";
import { corpusFolder } from "./corpus.ts";
import { type Schedule, traceOfSchedule } from "./schedule.ts";

const connectx = profiles[0]!;

test("writes become sends, segments become transmits, and what was not written is sent first", () => {
  const segment = { conn: 0, ack: 1, sack: [] as [number, number][] };
  const schedule: Schedule = {
    name: "by hand",
    conns: 1,
    mss: 1000,
    events: [
      { t: 0, dir: "out", ...segment, flags: "S", seq: 0, end: 0, len: 0 },
      { t: 0.1, conn: 0, write: 500, flags: "MSG_ZEROCOPY,MSG_EOR" },
      { t: 0.1, dir: "out", ...segment, flags: "P.", seq: 1, end: 501, len: 500 },
      { t: 0.25, dir: "in", ...segment, flags: ".", seq: 1, end: 1, len: 0, ack: 301, sack: [[401, 501]] },
      { t: 0.25, dir: "out", ...segment, flags: "FP.", seq: 501, end: 1001, len: 500 },
    ],
  };
  const trace = traceOfSchedule(schedule, connectx);
  const lines = Array.from({ length: trace.events.count }, (_, i) => printEvent(trace, i).replace(/ +/, " "));
  // 500 payload bytes are 529 of stream: 1001 − 1 − 529 = 471 are missing for the last segment.
  assert.deepEqual(lines, [
    "+.1 conn0 send 500 eor",
    "+0 conn0 > 0:500(500)",
    "+.15 conn0 < ack 300 sack 400:500",
    "+0 conn0 send 471",
    "+0 conn0 > 500:1000(500)  fin",
  ]);
});

test("every packetdrill schedule prints as a trace that reads without an error", (t) => {
  const corpus = corpusFolder();
  if (corpus === null) return t.diagnostic("the corpus is absent: no packetdrill schedule was tried");
  const lines = readFileSync(path.join(corpus, "packetdrill.ndjson"), "utf8").trim().split("\n");
  assert.ok(lines.length > 0);
  for (const line of lines) {
    const schedule = JSON.parse(line) as Schedule;
    const trace = traceOfSchedule(schedule, connectx);
    const read = parseTrace(schedule.name, printTrace(trace), profileById);
    assert.deepEqual(
      read.diagnostics.filter(({ severity }) => severity === "error"),
      [],
      schedule.name,
    );
    const segments = schedule.events.filter(
      (event) => "len" in event && event.dir === "out" && event.len > 0,
    ).length;
    const transmits = [...read.events.kind.values.subarray(0, read.events.count)].filter(
      (kind, i) => kind === Kind.transmit && read.events.length.at(i) > 0,
    );
    assert.equal(transmits.length, segments, `${schedule.name}: every segment with payload is a transmit`);
  }
  t.diagnostic(`${lines.length} schedules`);
});
