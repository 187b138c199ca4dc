import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import { seeded } from "../../test/simulator/mutate.ts";
import { studyOf } from "../../test/studies.ts";
import { legendOf } from "../kind.ts";
import { kindNames, kindOf } from "../kinds.ts";
import { Lane } from "./lane.ts";
import { sequenceTime } from "./scene.ts";
import { SequenceTime } from "./sequence-time.ts";
import type { LaneName } from "./view.ts";

const sample = (name: string) => path.resolve("media/samples", name);

async function pictureOf(name: string, connection: number): Promise<SequenceTime> {
  const picture = new SequenceTime(await studyOf(sample(name)), connection);
  for (const _ of picture.begin());
  for (const _ of picture.complete());
  return picture;
}

/** The marks of a lane in the whole picture, each on its own. */
function marksOf(picture: SequenceTime, name: LaneName): [low: number, high: number][] {
  const view = picture.view({ area: null, columns: 1 << 20, position: { event: 0, stage: 0 } });
  const { low, high } = view.lanes.find((lane) => lane.name === name)!.marks;
  return low.map((each, i) => [each, high[i]!]);
}

test("a trace's packets lie in the lanes that its lines say", async () => {
  // As the sample's own lines expect: the TSO packet at 4344 and the retransmission at 1448 are out of order.
  const picture = await pictureOf("retransmission-in-record.tlstrace", 0);
  assert.deepEqual(marksOf(picture, "out-of-order"), [
    [4344, 40087],
    [1448, 2896],
  ]);
  // Record 1 begins at 0 and is fed again up to the packet: `replayed` of its expect lines.
  assert.deepEqual(marksOf(picture, "resync"), [
    [0, 4344],
    [0, 1448],
  ]);
  assert.equal(picture.whole.high, 40087);
});

/** tshark has 86 blocks in 34 frames of lossy.pcap (tcp.options.sack_le), most of them in duplicate acknowledgements. */
test("SACK blocks of every acknowledgement are there, also of those that are no events", async () => {
  const marks = marksOf(await pictureOf("lossy.pcap", 1), "sacked");
  assert.equal(marks.length, 86);
  // Frames 20 and 23, from the offload start at 1262259312 on.
  assert.deepEqual(marks.slice(0, 2), [
    [1190, 2638],
    [1190, 4086],
  ]);
});

test("every mark is in some spot at every level of detail, and the spots' bounds are its marks'", () => {
  const seed = Number(process.env.SEED ?? 7);
  const random = seeded(seed);
  const lane = new Lane();
  const marks: { time: number; low: number; high: number }[] = [];
  for (let i = 0, time = 0; i < 5000; i++) {
    time += random() < 0.2 ? 0 : Math.floor(random() * 1000);
    const low = Math.floor(random() * 1e6);
    const high = low + Math.floor(random() * 1e4);
    marks.push({ time, low, high });
    lane.add(time, low, high, i);
  }
  for (let i = 0; i < 300; i++) {
    const [a, b] = [random() * marks.at(-1)!.time, random() * marks.at(-1)!.time];
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    const columns = 1 + Math.floor(random() * 400);
    const within = lane.within({ from, to, columns });
    const meant = marks.filter(({ time }) => time >= from && time <= to);
    const count = within.count.reduce((sum, each) => sum + each, 0);
    assert.equal(count, meant.length, `seed ${seed}: ${from} to ${to}`);
    assert.ok(within.time.length <= Math.max(columns + 1, 0) || within.count.every((each) => each === 1));
    let next = 0;
    for (const [spot, size] of within.count.entries()) {
      const own = meant.slice(next, next + size);
      next += size;
      assert.equal(within.low[spot], Math.min(...own.map(({ low }) => low)), `seed ${seed}`);
      assert.equal(within.high[spot], Math.max(...own.map(({ high }) => high)), `seed ${seed}`);
      assert.equal(marks[within.event[spot]!]!.time, within.time[spot], `seed ${seed}`);
    }
  }
});

test("a single resync among a million packets is drawn", () => {
  const lane = new Lane();
  for (let i = 0; i < 1e6; i++) lane.add(i, i, i + 1, i);
  const rare = new Lane();
  rare.add(654_321, 5, 6, 654_321);
  const area = { from: 0, to: 1e6, low: 0, high: 1e6, columns: 1000 };
  const scene = sequenceTime.scene(
    {
      ...{ whole: area, area, now: null, records: [], recordCount: 0, isComplete: true, placeWord: "line" },
      lanes: [
        { name: "sent", marks: lane.within(area), places: [] },
        { name: "resync", marks: rare.within(area), places: [] },
      ],
    },
    { width: 1000, height: 500, area, hidden: new Set() },
  );
  const bars = scene.shapes.filter((shape) => shape.kind === "bars" && shape.role === "resync");
  assert.equal(bars.length, 2, "in the plane and in its rail");
  for (const { at } of bars as { at: number[] }[]) {
    assert.equal(at.length, 4);
    assert.ok(at[2]! >= 2 && at[3]! >= 2, "as large as an eye can see");
  }
  const sent = scene.shapes.find((shape) => shape.kind === "bars" && shape.role === "sent") as {
    at: number[];
  };
  assert.ok(sent.at.length / 4 <= 1001, "a million packets are as many bars as there are spots");
});

test("what lies beside the part is not drawn beside the plot", () => {
  const lane = new Lane();
  for (let i = 0; i <= 100; i++) lane.add(i, i, i + 1, i);
  const whole = { from: 0, to: 100, low: 0, high: 100 };
  const marks = lane.within({ ...whole, columns: 1000 });
  const view = {
    ...{ whole, area: whole, now: null, records: [], recordCount: 0, isComplete: true },
    placeWord: "line" as const,
    lanes: [{ name: "resync" as const, marks, places: [] }],
  };
  const frame = { width: 1000, height: 500, area: { ...whole, from: 50, to: 60 }, hidden: new Set<string>() };
  const bars = sequenceTime.scene(view, frame).shapes.filter(({ role }) => role === "resync");
  // Of 101 marks, one a nanosecond, those from 50 to 60.
  assert.deepEqual(
    bars.map((shape) => (shape.kind === "bars" ? shape.at.length / 4 : 0)),
    [11, 11],
  );
  assert.equal(sequenceTime.spots(view, frame).length, 11);
});

test("a time on the axis is in the unit of the part in view at every width, also where it is the only one", () => {
  const view = {
    ...{ area: null, now: null, records: [], recordCount: 0, isComplete: true, lanes: [] },
    placeWord: "line" as const,
  };
  for (const span of [7, 900, 81e3, 79.6e6, 3e9])
    for (let width = 200; width <= 1600; width += 20) {
      // Not from a round time on.
      const whole = { from: span / 100, to: span, low: 0, high: 100 };
      const frame = { width, height: 300, area: whole, hidden: new Set<string>() };
      const { shapes } = sequenceTime.scene({ ...view, whole, area: whole }, frame);
      const times = shapes.flatMap((shape) =>
        shape.kind === "text" && shape.role === "axis" && /s$/.test(shape.text) ? [shape.text] : [],
      );
      // Three digits and a unit say all of a round time below a thousand of the next smaller unit.
      for (const text of times)
        assert.match(text, /^\d{1,3}(\.\d+)? (s|ms|µs|ns)$/, `${span} ns, ${width} wide`);
    }
});

test("where there is no session its legend offers no place where one stood, and all that the model draws", () => {
  const offered = (hasSession: boolean) => legendOf(sequenceTime, hasSession).map(({ role }) => role);
  assert.deepEqual(
    offered(true).filter((role) => !offered(false).includes(role)),
    ["stop", "checkpoint"],
  );
  assert.ok(offered(false).includes("wrong") && offered(false).includes("nic"));
  for (const name of kindNames)
    if (name !== "sequence-time")
      assert.deepEqual(legendOf(kindOf(name), false), legendOf(kindOf(name), true));
});
