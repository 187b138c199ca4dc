import assert from "node:assert/strict";
import { test } from "node:test";
import { Kind } from "../core/words/event.ts";
import { byteless, captured, effectsOf, script, story } from "../test/forks/samples.ts";
import { readAs } from "../trace/edited.ts";
import { printEvent, printTrace } from "../trace/language/print.ts";
import type { Trace } from "../trace/trace.ts";
import { forked, lineFor } from "./fork.ts";
import { changeWords } from "./fork-words.ts";

test("the parent stays as it is, and is told where each of its events is in the fork", () => {
  const before = printTrace(story);
  const drop = forked(story, "3: drop");
  assert.deepEqual([...drop.placeOf], [0, 1, -1, 2, 3, 4, 5, 6, 7]);
  const swap = forked(story, "7: reorder");
  assert.deepEqual([...swap.placeOf], [0, 1, 2, 3, 4, 5, 7, 6, 8]);
  const ack = forked(story, "5: ack 1448");
  assert.deepEqual([...ack.placeOf], [0, 1, 2, 3, 5, 6, 7, 8, 9]);
  assert.equal(printTrace(story), before);
});

/** Of all bugs and profiles so many are tried. */
const offeredMax = 4;
/** What can stand behind a change's word. */
const words: Readonly<Record<string, readonly string[]>> = {
  "": [""],
  "[N]": [""],
  TIME: ["5ms"],
  N: ["700"],
  SEQ: ["1448"],
};
const values = [
  "driver.expectedSeq = 4344",
  "driver.postedRecordSn = 2",
  "driver.paramsPosted = false",
  "driver.resyncPending = true",
  "nic.expectedSeq = 100",
  "nic.recordSn = 2",
  "packet.seq = 0",
  "packet.length = 100",
  "packet.ack = 1",
  "tcp.sndUna = 1448 (4294961448)",
  "driver.profile = innova@v4.19",
  "tcp.kernel = v6.1",
];

/** Every change that can be made somewhere in a trace, as lines. */
function* linesIn(trace: Trace): Generator<string> {
  const step = Math.max(1, Math.floor(trace.events.count / 12));
  for (let event = 0; event < trace.events.count; event += step)
    for (const { word, takes, offers } of changeWords) {
      const given = word === "set" ? values : (offers?.slice(0, offeredMax) ?? words[takes] ?? []);
      for (const rest of given) yield `${event + 1}: ${word} ${rest}`.trim();
    }
}

test("a fork's printed text replays to the same effects: of a trace, a script, a capture", async (t) => {
  for (const trace of [story, script, await captured()]) {
    let made = 0;
    for (const line of linesIn(trace)) {
      let fork: ReturnType<typeof forked>;
      try {
        fork = forked(trace, line);
      } catch (error) {
        assert.equal((error as Error).constructor.name, "UserError", `${line}: ${error}`);
        continue;
      }
      made++;
      const again = readAs(fork.trace, printTrace(fork.trace));
      const [printed, own] = [again, fork.trace].map((each) => effectsOf(each).map(byteless));
      const differing = own!.findIndex((each, i) => each !== printed![i]);
      assert.equal(printed![differing], own![differing], `${trace.name} ${line}`);
      assert.equal(printed!.length, own!.length);
    }
    t.diagnostic(`${trace.name}: ${made} forks`);
    assert.ok(made > 30);
  }
});

test("a fork of a capture keeps its bytes, and what an edit made is not compared with them", async () => {
  const trace = await captured();
  const { kind } = trace.events;
  const transmit = Array.from({ length: trace.events.count }, (_, i) => i).find(
    (i) => kind.at(i) === Kind.transmit && trace.verdicts!.wire[i] === 1 && i > 40,
  )!;
  const { trace: after, placeOf } = forked(trace, `${transmit + 1}: split 100`);
  assert.equal(after.reader, trace.reader);
  assert.equal(after.verdicts!.wire[transmit], 0);
  assert.equal(after.verdicts!.wire[placeOf[transmit + 1]!], trace.verdicts!.wire[transmit + 1]);
  // What a capture's bytes were found in stays.
  const record = Array.from({ length: trace.events.count }, (_, i) => i).find(
    (i) => kind.at(i) === Kind.record,
  )!;
  assert.throws(
    () => forked(trace, `${record + 1}: drop`),
    /the records of a capture are as they were captured/,
  );
});

test("a script's numbers are its own: its first byte is 1", () => {
  const at = forked(script, "5: ack 1001").trace;
  assert.match(printEvent(at, 4), /< ack 1000$/);
});

test("where somebody stands becomes a line: of the event there, or before what is to come", () => {
  const at = (event: number, isDone: boolean) => ({ trace: story, event, isDone, connection: 0 });
  assert.equal(lineFor(at(4, false), "drop"), "5: drop");
  assert.equal(lineFor(at(4, true), " drop "), "5: drop");
  assert.equal(lineFor(at(4, false), "ack  1448"), "5: ack 1448");
  assert.equal(lineFor(at(4, true), "ack 1448"), "6: ack 1448");
  // Behind the last event there is none whose stream is meant.
  assert.equal(lineFor(at(8, true), "ack 1"), "10 in web: ack 1");
});
