import assert from "node:assert/strict";
import { test } from "node:test";
import { profiles } from "../core/profiles/all.ts";
import { longTrace } from "../test/bench/long-trace.ts";
import { Dice } from "../test/simulator/dice.ts";
import { generate, kernelChoices, readStory } from "../test/simulator/generate.ts";
import { settingOf } from "../test/simulator/simulation.ts";
import { finished } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";
import { changeAt, followed, lastChange, nextChange, type ValueChange } from "./changes.ts";
import { type Judged, noFindings } from "./findings.ts";
import { same } from "./language/operations.ts";
import { parseExpression } from "./language/parse.ts";
import { type Position, Timeline } from "./timeline.ts";
import { placeOf, rawAt } from "./view/paths.ts";
import { judgedView } from "./view/view.ts";

const pathsFollowed = [
  "driver.expectedSeq",
  "nic.inStep",
  "nic.expectedSeq",
  "records.count",
  "records[0].sn",
  "tcp.sndUna",
  "driver.counters.tx_tls_ooo",
  "driver.vendor.tx_tls_ooo",
  "packet.length",
  "packet.outOfOrder",
  "descriptors",
  "descriptors.prefixLength",
  "driver",
  "tcp.name",
];

/** Every stage of a connection, each with the value there: what a change is measured by, without a search. */
function valuesOf(judged: Judged, path: string, connection: number) {
  const { timeline } = judged;
  const place = placeOf(path)!;
  const at = (position: Position) => rawAt(judgedView(judged, position, connection), place);
  return [...timeline.eventsOf(connection)].flatMap((event) =>
    timeline
      .record(event)
      .stages.flatMap((each, stage) =>
        each.connection === connection ? [{ position: { event, stage }, value: at({ event, stage }) }] : [],
      ),
  );
}

const isBehind = (a: Position, b: Position): boolean =>
  a.event !== b.event ? a.event > b.event : a.stage > b.stage;

/** Random positions from which the last and the next change are looked for, against all that a walk finds. */
function check(judged: Judged, path: string, connection: number, dice: Dice): number {
  const { timeline } = judged;
  const own = timeline.eventsOf(connection);
  if (own.length === 0) return 0;
  const start = rawAt(judgedView(judged, { event: own[0]!, stage: -1 }, connection), placeOf(path)!);
  const values = valuesOf(judged, path, connection);
  const all: ValueChange[] = values.flatMap(({ position, value }, i) => {
    const from = i === 0 ? start : values[i - 1]!.value;
    return same(from, value) ? [] : [{ position, from, to: value }];
  });
  for (let i = 0; i < 3; i++) {
    const event = dice.from(0, timeline.eventCount - 1);
    const here = { event, stage: dice.from(-1, timeline.record(event).stages.length - 1) };
    const what = followed(parseExpression(path), connection, timeline);
    const where = `${timeline.trace.name}, ${path} of ${connection} at ${event}/${here.stage}`;
    const last = all.findLast(({ position }) => !isBehind(position, here)) ?? null;
    assert.deepEqual(finished(lastChange(judged, what, here)), last, `last: ${where}`);
    const next = all.find(({ position }) => isBehind(position, here)) ?? null;
    assert.deepEqual(finished(nextChange(judged, what, here)), next, `next: ${where}`);
    if (last) assert.deepEqual(changeAt(judged, what, last.position), last);
  }
  return all.length;
}

const judgedOf = (trace: Trace): Judged => ({ timeline: new Timeline(trace).runAll(), findings: noFindings });

test("who changed a value last, and next, is who a walk through all stages finds", () => {
  const dice = new Dice(77);
  let changes = 0;
  for (let seed = 100; seed < 140; seed++) {
    const setting = settingOf(seed, profiles, kernelChoices);
    const judged = judgedOf(readStory(generate(seed, setting), setting.profile));
    if (judged.timeline.eventCount === 0) continue;
    for (const path of pathsFollowed) {
      const connection = dice.from(0, judged.timeline.trace.connections.length - 1);
      changes += check(judged, path, connection, dice);
    }
  }
  assert.ok(changes > 2000, `${changes} changes`);
});

test("likewise over many blocks of events, where most or none of them change it", () => {
  const dice = new Dice(78);
  const judged = judgedOf(longTrace(2000, 0.01, 1));
  assert.ok(judged.timeline.eventCount > 2200);
  for (const path of pathsFollowed) check(judged, path, 0, dice);
});
