import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { profileById } from "../core/profiles/all.ts";
import { connectx } from "../core/profiles/connectx.ts";
import { Kind } from "../core/words/event.ts";
import { openFile } from "../node/open-file.ts";
import { nodePlatform } from "../node/platform.ts";
import { Timeline } from "../replay/timeline.ts";
import { wordEffect } from "../replay/view/effect-text.ts";
import { viewAt } from "../replay/view/view.ts";
import { readAs } from "../trace/edited.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { printEvent, printTrace } from "../trace/language/print.ts";
import { openTrace } from "../trace/open.ts";
import { parsePacketdrill } from "../trace/packetdrill/script.ts";
import { noProgress } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";
import { forked, lineFor } from "./fork.ts";
import { changeWords } from "./fork-words.ts";

const folder = "media/samples";
const text = (name: string) => readFileSync(path.join(folder, name), "utf8");
const story = parseTrace("story", text("retransmission-in-record.tlstrace"), profileById);
const script = parsePacketdrill("fast-retransmit.pkt", text("fast-retransmit.pkt"), connectx);
const captured = (): Promise<Trace> =>
  openTrace(
    openFile(path.join(folder, "lossy.pcap")),
    [text("lossy.keys")],
    { profile: null, streams: [], tap: "auto", offloadStart: "after-finished" },
    nodePlatform,
    noProgress,
  );

/** What the model says of each event, a line an event. */
function effectsOf(trace: Trace): string[] {
  const timeline = new Timeline(trace).runAll();
  return Array.from({ length: trace.events.count }, (_, event) => {
    const { stages } = timeline.record(event);
    const texts = stages.flatMap(({ effects }, stage) =>
      effects.map((effect) => wordEffect(viewAt(timeline, { event, stage }), effect)),
    );
    const line = printEvent({ ...trace, kind: "text" }, event)
      .replaceAll(/\s+/g, " ")
      .replace(" web", "");
    return `${line} ⇒ ${texts.join("; ")}`;
  });
}

/** Lines that only one of two texts has: what went and what came, a time at a line's head counting as any other word. */
function difference(before: readonly string[], after: readonly string[]): { gone: string[]; came: string[] } {
  const left = [...after];
  const gone = before.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return { gone, came: left };
}

/**
 * Forks of the sample whose events are: 1 send 40000 (records of 16413, 16413 and 7261 bytes), 2 sends 0:1448, 3 1448:2896
 * lost, 4 2896:4344 lost in the qdisc, 5 4344:40087 out of order, 6 an acknowledgement of 1448, 7 1448:2896 again out of
 * order, 8 2896:4344 in order behind it, 9 an acknowledgement of all. A packet is out of order where it does not begin at
 * the end of the one before that the driver saw; what is replayed is the record's bytes before the packet.
 */
const forks: [line: string, begins: number, gone: string[], came: string[]][] = [
  [
    "3: drop",
    2,
    [
      "+0 > 1448:2896(1448) lost ⇒ encrypted seq=1448 length=1448; lost seq=1448 length=1448",
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
    ],
    // The driver saw nothing behind 1448.
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=1448 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
    ],
  ],
  [
    "8: dup",
    8,
    [],
    // The copy begins where the driver was before: 4344 is expected, and 2896 bytes of the record lie before it.
    [
      "+0 > 2896:4344(1448) ⇒ out-of-order expected=4344 seq=2896; resync record=1 replayed=2896; encrypted seq=2896 length=1448",
    ],
  ],
  [
    "6: delay 5ms",
    5,
    [
      "+.03 < ack 1448 sack 4344:40087 ⇒ acknowledged ack=1448 released=0",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
      "+.02 < ack 40087 ⇒ record-released record=1 ack=40087; record-released record=2 ack=40087; record-released record=3 ack=40087; acknowledged ack=40087 released=3",
    ],
    // Times are those of before but of the one event: .031 + .005 lies 4 ms behind the two packets at .032.
    [
      "+.031 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
      "+.004 < ack 1448 sack 4344:40087 ⇒ acknowledged ack=1448 released=0",
      "+.016 < ack 40087 ⇒ record-released record=1 ack=40087; record-released record=2 ack=40087; record-released record=3 ack=40087; acknowledged ack=40087 released=3",
    ],
  ],
  [
    "7: reorder",
    6,
    [
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
      "+0 > 2896:4344(1448) ⇒ encrypted seq=2896 length=1448",
    ],
    [
      "+.001 > 2896:4344(1448) ⇒ out-of-order expected=40087 seq=2896; resync record=1 replayed=2896; encrypted seq=2896 length=1448",
      "+0 > 1448:2896(1448) ⇒ out-of-order expected=4344 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
  ],
  [
    "5: split 1000",
    4,
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
    ],
    [
      "+0 > 4344:5344(1000) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=1000",
      "+0 > 5344:40087(34743) ⇒ encrypted seq=5344 length=34743",
    ],
  ],
  [
    "7: merge",
    6,
    [
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
      "+0 > 2896:4344(1448) ⇒ encrypted seq=2896 length=1448",
    ],
    [
      "+.001 > 1448:4344(2896) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=2896",
    ],
  ],
  [
    "8: lose",
    7,
    ["+0 > 2896:4344(1448) ⇒ encrypted seq=2896 length=1448"],
    ["+0 > 2896:4344(1448) lost ⇒ encrypted seq=2896 length=1448; lost seq=2896 length=1448"],
  ],
  // Nothing is left to be released by the last one.
  [
    "8: ack 40087",
    7,
    [
      "+.02 < ack 40087 ⇒ record-released record=1 ack=40087; record-released record=2 ack=40087; record-released record=3 ack=40087; acknowledged ack=40087 released=3",
    ],
    [
      "+0 < ack 40087 ⇒ record-released record=1 ack=40087; record-released record=2 ack=40087; record-released record=3 ack=40087; acknowledged ack=40087 released=3",
      "+.02 < ack 40087 ⇒ ",
    ],
  ],
  // 4344 bytes need three DUMPs of at most 1500; the second mapping fails, and the driver still expects 2896 of the next.
  [
    "5: fail descriptor 2",
    4,
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
    [
      "+0 > 4344:40087(35743) dma-error=2 ⇒ out-of-order expected=2896 seq=4344; dma-error mapping=2 posted=3; dropped reason=no-sync-data length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=2896 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
  ],
  [
    "5: fail qdisc",
    4,
    [
      "+0 > 4344:40087(35743) ⇒ out-of-order expected=2896 seq=4344; resync record=1 replayed=4344; encrypted seq=4344 length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=40087 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
    [
      "+0 > 4344:40087(35743) qdisc-drop ⇒ qdisc-drop seq=4344 length=35743",
      "+.001 > 1448:2896(1448) ⇒ out-of-order expected=2896 seq=1448; resync record=1 replayed=1448; encrypted seq=1448 length=1448",
    ],
  ],
  ["5: device reset", 4, [], ["+0 eth0 reset ⇒ queue-reset device=eth0 descriptors=0"]],
  // ConnectX allocates nothing for a packet, and the packet itself has room.
  [
    "2: fail memory",
    1,
    ["+.001 > 0:1448(1448) ⇒ encrypted seq=0 length=1448"],
    ["+.001 > 0:1448(1448) no-memory ⇒ encrypted seq=0 length=1448"],
  ],
  [
    "2: fail ring",
    1,
    ["+.001 > 0:1448(1448) ⇒ encrypted seq=0 length=1448"],
    ["+.001 > 0:1448(1448) ring-full ⇒ encrypted seq=0 length=1448"],
  ],
];

test("each kind of fork of a trace comes to what follows by hand from where it stands", () => {
  for (const [line, begins, gone, came] of forks) {
    const fork = forked(story, line);
    assert.deepEqual(difference(effectsOf(story), effectsOf(fork.trace)), { gone, came }, line);
    assert.equal(fork.begins, begins, line);
  }
});

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

/** Without what its bytes decide: a text has neither keys nor payload of a capture, and a NIC out of step reads its records there. */
const byteless = (line: string): string =>
  line.replaceAll(/(; )?(wrong-\w+|plaintext|placeholder) seq=-?\d+ bytes=\d+/g, "");

/** Every change that can be made somewhere in a trace, as lines. */
function* linesIn(trace: Trace): Generator<string> {
  const step = Math.max(1, Math.floor(trace.events.count / 12));
  for (let event = 0; event < trace.events.count; event += step)
    for (const { word, takes, offers } of changeWords) {
      const given =
        offers ?? { "": [""], "[N]": [""], TIME: ["5ms"], N: ["700"], SEQ: ["1448"] }[takes] ?? [];
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

/** What is refused, and the sentence that says why and what there is. */
const refused: [line: string, message: RegExp][] = [
  ["5: dorp", /^there is no change "dorp"; there is drop, dup, .*; did you mean "drop"\?$/],
  ["5:", /^a change is missing; there is drop/],
  ["drop", /^a change reads `EVENT: WHAT`, as `5: drop`/],
  ["0: drop", /^there is no event 0: the trace has 9$/],
  ["10: drop", /^there is no event 10: the trace has 9$/],
  ["11: ack 1", /^there is no event 11/],
  ["5 in wbe: drop", /^there is no stream wbe; there is web; did you mean "web"\?$/],
  ["5: drop all", /^drop takes nothing behind it/],
  ["1: drop", /^the trace cannot go on behind `1: drop`: TCP has bytes up to 0 only/],
  ["5: delay", /^delay takes a time such as 5ms or .02, not ""$/],
  ["5: delay -5ms", /^delay takes a time/],
  ["5: delay 0", /^delay takes a time/],
  ["8: reorder", /^there are not 1 events of the kind of `\+0 .*` behind it$/],
  ["5: reorder 0", /^reorder takes how many places, not 0$/],
  ["5: split 35743", /byte 35743 is not within the event's 35743/],
  ["6: split 3", /./],
  ["5: merge", /does not begin where .* ends: only what lies side by side is merged$/],
  ["6: merge", /^merge takes a transmit; event 6 is `.*ack 1448/],
  ["1: lose", /^lose takes a transmit; event 1 is `.*send 40000/],
  ["5: ack soon", /^ack takes a sequence number/],
  ["5: fail engine", /^fail takes memory, ring, descriptor, mapping, qdisc/],
  ["5: fail descriptor 0", /^fail takes/],
  ["5: fail memory 2", /^fail takes/],
  ["6: fail memory", /^fail takes a transmit/],
  ["5: device donw", /^device takes down, up, .*; did you mean "down"\?$/],
];

test("what cannot be is refused with a sentence that says what can", () => {
  for (const [line, message] of refused) assert.throws(() => forked(story, line), { message }, line);
});
