import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { profiles } from "../core/profiles/all.ts";
import { corpusFolder } from "./corpus.ts";
import { type Schedule, traceOfSchedule } from "./schedule.ts";
import { failuresOf, noCoverage } from "./simulator/check.ts";

/** Places on the ring for the first offloaded byte: as in the schedules, and just before the wrap. */
const startSeqs = [1, 0xffffff00];
const folder = corpusFolder();

if (folder === null) {
  test("packetdrill schedules replay with right bytes", (t) =>
    t.diagnostic("the corpus is absent: nothing checked"));
} else {
  const lines = readFileSync(path.join(folder, "packetdrill.ndjson"), "utf8").trimEnd().split("\n");
  for (const profile of profiles) {
    test(`all ${lines.length} packetdrill schedules replay under ${profile.id}: every byte of every packet is the right one`, () => {
      for (const line of lines) {
        const schedule = JSON.parse(line) as Schedule;
        const bytes = schedule.events.reduce(
          (sum, event) => sum + ("len" in event && event.dir === "out" ? event.len : 0),
          0,
        );
        for (const startSeq of startSeqs) {
          const coverage = noCoverage();
          assert.deepEqual(
            failuresOf(traceOfSchedule(schedule, profile, startSeq), 3, coverage),
            [],
            schedule.name,
          );
          assert.ok(
            coverage.bytes <= bytes && (coverage.bytes > 0 || bytes === 0),
            `${schedule.name}: ${coverage.bytes} of ${bytes}`,
          );
        }
      }
    });
  }
}
