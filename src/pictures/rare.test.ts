import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import type { Position } from "../replay/timeline.ts";
import { seeded } from "../test/simulator/mutate.ts";
import { studyOf } from "../test/studies.ts";
import type { Area } from "./kind.ts";
import type { ListView } from "./list.ts";
import type { Model } from "./model.ts";
import { models } from "./models.ts";
import { showing } from "./moves.ts";
import type { Rare } from "./rare.ts";
import { Lane } from "./sequence-time/lane.ts";
import { Rares } from "./sequence-time/rares.ts";
import { type LaneName, rails } from "./sequence-time/view.ts";

const everything: Area = { from: 0, to: 0, low: 0, high: 0 };
/** In the middle of the sample: its record map has records by then. */
const middle: Position = { event: 90, stage: 0 };
const hidden = new Set<string>();

/** All that is walked to, from the beginning until it comes again. */
function walk(next: (from: Rare | null) => Rare | null): Rare[] {
  const met: Rare[] = [];
  for (let rare = next(null); rare; rare = next(rare)) {
    if (met.some(({ role, at }) => role === rare!.role && at === rare!.at)) break;
    met.push(rare);
  }
  return met;
}

const walkIn = (model: Model, step: 1 | -1, position: Position, area = everything): Rare[] =>
  walk((from) => model.rare({ step, from, area, hidden }, { area: null, columns: 900, lines: 20, position }));

test("a walk meets every rare mark of a stream once, in their order, and back in the opposite one", () => {
  const seed = Number(process.env.SEED ?? 11);
  const random = seeded(seed);
  const marks: { event: number; name: LaneName }[] = [];
  const lanes = new Map<LaneName, Lane>(rails.map((name) => [name, new Lane()]));
  for (let event = 0; event < 3000; event++)
    for (const name of rails)
      if (random() < 0.05) {
        lanes.get(name)!.add(event * 10, event, event + 1, event);
        marks.push({ event, name });
      }
  const rares = new Rares((name) => lanes.get(name)!, hidden);
  for (const [step, wanted] of [
    [1, marks],
    [-1, marks.toReversed()],
  ] as const) {
    const area = { from: 0, to: 1e9, low: 0, high: 1 };
    const met = walk((from) => rares.next({ step, from, area, hidden }));
    assert.deepEqual(
      met.map(({ role, event }) => `${role} ${event}`),
      wanted.map(({ name, event }) => `${name} ${event}`),
      `seed ${seed}`,
    );
    const numbers = met.map(({ number }) => number!.is);
    const order = Array.from(marks.keys(), (i) => i + 1);
    assert.deepEqual(numbers, step > 0 ? order : order.toReversed());
  }
});

test("one resync among a million events is reached from the other end by one step, and shown", () => {
  const lanes = new Map<LaneName, Lane>(rails.map((name) => [name, new Lane()]));
  lanes.get("resync")!.add(999_000, 5e8, 5e8 + 100, 999_000);
  for (let event = 0; event < 1e6; event += 2) lanes.get("stop")!.add(event, event, event, event);
  const rares = new Rares((name) => lanes.get(name)!, new Set(["stop"]));
  const area = { from: 0, to: 1000, low: 0, high: 1000 };
  const found = rares.next({ step: 1, from: null, area, hidden })!;
  assert.deepEqual([found.role, found.event, found.number], ["resync", 999_000, { is: 1, of: 1 }]);
  const whole = { from: 0, to: 1e6, low: 0, high: 1e9 };
  const { place } = found;
  const shown = showing({ area, whole, moves: "plane" }, place);
  assert.ok(
    shown.from <= place.from && place.to <= shown.to && shown.low <= place.low && place.high <= shown.high,
  );
  assert.deepEqual([shown.to - shown.from, shown.high - shown.low], [1000, 1000]);
  assert.deepEqual(showing({ area: shown, whole, moves: "plane" }, place), shown);
});

/** Of lossy.pcap, server to client: 39 transmits out of order and 36 resyncs, as tlstrace replay counts them. */
test("every kind of picture is walked through to its end, both ways", async () => {
  const study = await studyOf(path.resolve("media/samples/lossy.pcap"));
  const made = (name: keyof typeof models): Model => {
    const model = models[name](study, 1);
    for (const _ of model.begin?.() ?? []);
    for (const _ of model.complete?.() ?? []);
    return model;
  };
  const counted = (rares: Rare[], role: string) => rares.filter((each) => each.role === role).length;
  const all = { from: 0, to: 1e15, low: 0, high: 1e9 };
  const met = walkIn(made("sequence-time"), 1, middle, all);
  assert.deepEqual([counted(met, "out-of-order"), counted(met, "resync")], [39, 36]);
  for (const name of ["record-map", "queue", "cost"] as const) {
    const model = made(name);
    const there = walkIn(model, 1, middle).map(({ at }) => at);
    assert.ok(there.length > 2, name);
    assert.deepEqual(
      there,
      there.toSorted((a, b) => a - b),
      name,
    );
    assert.deepEqual(
      walkIn(model, -1, middle)
        .map(({ at }) => at)
        .toSorted((a, b) => a - b),
      there,
      name,
    );
  }
});

/** Also of families that fence packets, hold queues, or post nothing. */
test("a queue's rare rows are its fences and what is fed again, wherever they stand", async () => {
  const position = { event: 0, stage: 0 };
  let met = 0;
  for (const file of readdirSync("media/samples").filter((name) => /tlstrace$|lossy.pcap$/.test(name))) {
    const study = await studyOf(path.resolve("media/samples", file));
    for (const connection of study.trace.connections.keys()) {
      const model = models.queue(study, connection);
      for (const _ of model.complete!());
      const view = model.view({ area: null, columns: 900, lines: 512, position }) as ListView;
      if (view.rows.length < view.whole.high) continue;
      const rare = [...view.rows.keys()].filter((row) => view.rows[row]!.isRare);
      assert.deepEqual(
        walkIn(model, 1, position).map(({ at }) => at),
        rare,
        file,
      );
      met += rare.length;
    }
  }
  assert.ok(met > 200, String(met));
});
