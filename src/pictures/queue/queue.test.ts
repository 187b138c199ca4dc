import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import test from "node:test";
import { Kind } from "../../core/words/event.ts";
import { Comparison } from "../../judge/compare/compare.ts";
import { compared } from "../../test/comparing.ts";
import { fileBeside } from "../../test/damage/flipped.ts";
import { sample } from "../../test/dap-session.ts";
import { studyOf } from "../../test/studies.ts";
import type { ListRow, ListView } from "../list.ts";
import type { Pictured } from "../model.ts";
import { QueuePicture } from "./queue.ts";

const textOf = (row: ListRow, cell: number): string =>
  row.cells[cell]!.runs.map(({ text }) => text)
    .join("")
    .trim();

/** All rows of a stream's queue from a position. */
function queueOf(of: Pictured, connection: number, position = { event: 0, stage: -1 }): ListView {
  const picture = new QueuePicture(of, connection);
  for (const _ of picture.complete());
  const rows: ListRow[] = [];
  for (;;) {
    const area = { from: 0, to: 1, low: rows.length, high: rows.length + 100 };
    const view = picture.view({ area, columns: 1000, lines: 100, position });
    assert.equal(view.first, Math.min(rows.length, Math.max(0, view.whole.high - 100)));
    rows.push(...view.rows.slice(rows.length - view.first));
    if (rows.length >= view.whole.high) return { ...view, rows };
  }
}

test("the descriptors of transmits are as many as a comparison counts, in every sample", async () => {
  for (const name of readdirSync("media/samples").filter((each) => each.endsWith(".tlstrace"))) {
    const study = await studyOf(sample(name));
    const { trace } = study;
    for (const connection of trace.connections.keys()) {
      const comparison = new Comparison([{ id: "as it is", trace }], {
        isWanted: (each) => each === connection,
      });
      while (comparison.advance(1e6) < comparison.total);
      const { tally } = comparison.runs[0]!;
      const { rows } = queueOf(study, connection);
      const posted = rows.filter(
        (row) => trace.events.kind.at(row.event!) === Kind.transmit && textOf(row, 3) !== "nothing posted",
      );
      if (trace.devices.length === 1)
        assert.equal(posted.length, tally.posts, `${name}, stream ${connection}`);
    }
  }
});

test("who posted a descriptor, what it brings and why: as the sample's expect lines say", async () => {
  const { rows } = queueOf(await studyOf(sample("retransmission-in-record.tlstrace")), 0);
  // `expect resync record=1 replayed=4344` and, for the retransmission, `replayed=1448`.
  const dumps = rows.filter((row) => textOf(row, 3) === "DUMP").map((row) => textOf(row, 4));
  const sum = dumps.reduce((total, text) => total + Number(/\((\d+)\)/.exec(text)![1]), 0);
  assert.equal(sum, 4344 + 1448);
  for (const row of rows.filter((each) => textOf(each, 3) === "DUMP")) {
    assert.equal(textOf(row, 7), "driver.resync");
    assert.match(textOf(row, 8), /out-of-order.*resync/);
  }
});

test("producer and consumer are where the debugger stands in the event", async () => {
  const study = await studyOf(sample("retransmission-in-record.tlstrace"));
  const { events } = study.trace;
  const event = Array.from(events.line.values.subarray(0, events.count)).indexOf(8);
  const { stages } = study.timeline.record(event);
  for (const [stage, { posted, taken }] of stages.entries()) {
    const own = queueOf(study, 0, { event, stage }).rows.filter((row) => row.event === event);
    const marked = (word: string) => own.findIndex((row) => textOf(row, 1).includes(word));
    const end = (count: number) => (count < own.length ? count : -1);
    assert.deepEqual([marked("producer"), marked("consumer")], [end(posted), end(taken)], `stage ${stage}`);
    assert.ok(own.every(({ isNow }) => isNow));
  }
});

const held = `device eth0 profile=connectx
connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=0 rec_seq=1
+0 web send 3000
+0 eth0 hold
+0 web > 0:1448(1448)
+0 web > 1448:2896(1448)
+0 eth0 resume
+0 web > 2896:3029(133)
`;

test("what waits in a held queue is posted once, and waits until the queue goes on", async () => {
  const study = await studyOf(fileBeside("held.tlstrace", held));
  // Of connectx: static and progress params and the packet, then a packet each.
  const whole = queueOf(study, 0, { event: study.trace.events.count - 1, stage: 99 });
  assert.equal(whole.rows.length, 6);
  const at = (line: number) => Array.from(study.trace.events.line.values).indexOf(line);
  const words = (line: number) =>
    queueOf(study, 0, { event: at(line), stage: study.timeline.record(at(line)).stages.length - 1 })
      .rows.slice(0, 5)
      .map((row) => textOf(row, 1).split(" ")[0]);
  assert.deepEqual(words(6), ["waiting", "waiting", "waiting", "waiting", "waiting"]);
  assert.ok(words(8).every((word) => word === "left"));
});

/** First letters of what has become of each descriptor, and the rows that consumer and producer are at. */
function ringAt(view: ListView): string {
  const word = (row: ListRow) => textOf(row, 1);
  const at = (name: string) => view.rows.findIndex((row) => word(row).includes(name));
  const letters = view.rows.map((row) => (word(row) === "" ? "-" : word(row)[0])).join("");
  return `${letters} ${at("consumer")} ${at("producer")}`;
}

/** Of connectx: static, progress, NOP and packet of the first, a packet each of the others. */
const stages: [does: string, line: string, rings: string[]][] = [
  ["it is held: the NIC takes nothing", "+0 eth0 hold", ["nnnnnnnn -1 -1"]],
  [
    "three params are posted, then the packet",
    "+0 web > 0:1000(1000)",
    ["nnnnnnnn 0 0", "wwwnnnnn 0 3", "wwwwnnnn 0 -1", "wwwwnnnn 0 -1"],
  ],
  [
    "a packet behind them: the consumer stays",
    "+0 web > 1000:2000(1000)",
    ["wwwwnnnn 0 4", "wwwwnnnn 0 4", "wwwwwnnn 0 -1", "wwwwwnnn 0 -1"],
  ],
  ["nothing is posted by an acknowledgement", "+0 web < ack 100", ["wwwwwnnn 0 -1", "wwwwwnnn 0 -1"]],
  [
    "the NIC goes on, one by one",
    "+0 eth0 resume",
    [
      "wwwwwnnn 0 -1",
      "lwwwwnnn 1 -1",
      "llwwwnnn 2 -1",
      "lllwwnnn 3 -1",
      "llllwnnn 4 -1",
      "llllwnnn 4 -1",
      "lllllnnn -1 -1",
      "lllllnnn -1 -1",
    ],
  ],
  [
    "the doorbell is not rung",
    "+0 web > 2000:3000(1000) xmit-more",
    ["lllllnnn 5 5", "lllllnnn 5 5", "lllllwnn 5 -1", "lllllwnn 5 -1"],
  ],
  [
    "it is rung by the next: both are taken",
    "+0 web > 3000:4000(1000)",
    [
      "lllllwnn 5 6",
      "lllllwnn 5 6",
      "lllllwpn 5 -1",
      "llllllpn 6 -1",
      "llllllpn 6 -1",
      "lllllltn -1 -1",
      "lllllltn -1 -1",
    ],
  ],
  [
    "in order again",
    "+0 web > 4000:5000(1000)",
    ["lllllltn 7 7", "lllllltn 7 7", "lllllltp 7 -1", "lllllltt -1 -1", "lllllltt -1 -1"],
  ],
];

test("what waited is taken in its order, stage by stage, and the consumer is at the first that is not", async () => {
  const lines = [
    "device eth0 profile=connectx",
    "connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=0",
  ];
  const text = [...lines, "+0 web send 9000", ...stages.map(([, line]) => line)].join("\n");
  const study = await studyOf(fileBeside("ring.tlstrace", `${text}\n`));
  for (const [i, [does, , rings]] of stages.entries()) {
    const event = i + 1;
    const met = study.timeline
      .record(event)
      .stages.map((_, stage) => ringAt(queueOf(study, 0, { event, stage })));
    assert.deepEqual(met, rings, does);
  }
});

test("profiles stand side by side, row by row of the same event", async () => {
  const alone = await studyOf(sample("retransmission-in-record.tlstrace"));
  const comparison = compared(alone.trace, "connectx,innova");
  const study = { ...alone, timeline: comparison.runs[0]!.timeline, comparison };
  const { head, rows } = queueOf(study, 0);
  assert.deepEqual(
    head.slice(3).map(({ text }) => text),
    comparison.runs.map(({ id }) => id),
  );
  for (const [run, { tally, timeline }] of comparison.runs.entries()) {
    const posted = rows.filter((row) => textOf(row, 3 + run) !== "");
    assert.equal(posted.length, tally.posts, timeline.trace.devices[0]!.profile.id);
  }
});
