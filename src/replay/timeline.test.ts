import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { type ConnectionState, stateFields } from "../core/machine/state.ts";
import { profileById } from "../core/profiles/all.ts";
import { Effect, effects } from "../core/words/effect.ts";
import { seeded } from "../test/simulator/mutate.ts";
import { parseTrace } from "../trace/language/parse.ts";
import type { Trace } from "../trace/trace.ts";
import { Timeline } from "./timeline.ts";

const sample = () =>
  parseTrace("sample", readFileSync("media/samples/retransmission-in-record.tlstrace", "utf8"), profileById);

/** Two connections, some thousands of events each: several snapshots, losses, acknowledgements. */
function longTrace(): Trace {
  const lines = [
    "device eth0 profile=connectx",
    "connection a device=eth0",
    "connection b device=eth0 version=1.3",
  ];
  for (const name of ["a", "b"]) lines.push(`+0 ${name} send 3000000`);
  const random = seeded(7);
  for (let at = 0; at < 2_900_000; at += 1000) {
    for (const name of ["a", "b"]) {
      const lost = random() < 0.05;
      lines.push(`+.0001 ${name} > ${at}:${at + 1000}(1000)${lost ? " qdisc-drop" : ""}`);
      if (random() < 0.05 && at > 2000) lines.push(`+0 ${name} > ${at - 2000}:${at - 1000}(1000)`);
      if (random() < 0.3 && at > 5000) lines.push(`+0 ${name} < ack ${at - 4000}`);
    }
  }
  const trace = parseTrace("long", lines.join("\n"), profileById);
  assert.deepEqual(
    trace.diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  return trace;
}

const fields = (state: ConnectionState) =>
  Object.fromEntries(stateFields.map((field) => [field, state[field]]));

test("every way to a position gives the same state: forwards, backwards and at random", () => {
  const trace = longTrace();
  const straight = new Timeline(trace).runAll();
  const sequential = Array.from({ length: trace.events.count }, (_, event) =>
    fields(straight.record(event).before),
  );
  const jumping = new Timeline(trace).runAll();
  for (let event = trace.events.count - 1; event >= 0; event -= 97) {
    assert.deepEqual(fields(jumping.record(event).before), sequential[event], `event ${event}, backwards`);
  }
  const random = seeded(11);
  for (let i = 0; i < 300; i++) {
    const event = Math.floor(random() * trace.events.count);
    assert.deepEqual(fields(jumping.record(event).before), sequential[event], `event ${event}, at random`);
  }
});

/** The kinds of effects that the first pass saw in an event. */
const kindsOf = (timeline: Timeline, event: number): number[] =>
  effects.flatMap((_, kind) => (timeline.effects.has(event, kind) ? [kind] : []));

test("what a recording says is what the first pass saw", () => {
  const timeline = new Timeline(longTrace()).runAll();
  for (let event = 0; event < timeline.eventCount; event++) {
    const said = timeline.record(event).stages.flatMap((stage) => stage.effects.map(({ kind }) => kind));
    const kinds = [...new Set(said)].sort((a, b) => a - b);
    assert.deepEqual(kinds, kindsOf(timeline, event), `event ${event}`);
  }
});

test("the first pass in slices is the first pass at once", () => {
  const trace = longTrace();
  const whole = new Timeline(trace).runAll();
  const sliced = new Timeline(trace);
  while (sliced.run(777) < sliced.eventCount);
  for (let event = 0; event < whole.eventCount; event++)
    assert.deepEqual(kindsOf(sliced, event), kindsOf(whole, event));
});

test("a stop at a stage sees the state of that stage: expected number before and after driver.advance", () => {
  const timeline = new Timeline(sample()).runAll();
  const start = 4294960000;
  const expected = timeline.record(4).stages.map(({ state }) => (state.expectedSeq >>> 0) - start);
  // design: 2896 until driver.advance moves it to 40087 (4294960000 + 40087 wraps: subtract 2^32)
  const relative = expected.map((value) => (value < 0 ? value + 2 ** 32 : value));
  assert.deepEqual(
    relative,
    [2896, 2896, 2896, 2896, 40087, 40087, 40087, 40087, 40087, 40087, 40087, 40087],
  );
});

test("a queue that one connection stops is stopped for the others, whichever way one gets there", () => {
  const text = readFileSync("media/samples/connectx-long-dump.tlstrace", "utf8");
  const trace = parseTrace("long-dump", text, () => profileById("connectx/long-dump"));
  const app = trace.connections.findIndex(({ name }) => name === "app");
  const dropped = (timeline: Timeline) =>
    [...timeline.eventsOf(app)].filter((event) => {
      const said = timeline.record(event).stages.flatMap((stage) => stage.effects);
      return said.some(({ kind }) => kind === Effect.dropped);
    });
  const forwards = new Timeline(trace).runAll();
  const lines = dropped(forwards).map((event) => trace.events.line.at(event));
  assert.equal(lines.length, 1, "its packet behind the other's DUMP, before the reset");
  const backwards = new Timeline(trace).runAll();
  for (let event = trace.events.count - 1; event >= 0; event--) backwards.record(event);
  assert.deepEqual(
    dropped(backwards).map((event) => trace.events.line.at(event)),
    lines,
  );
});
