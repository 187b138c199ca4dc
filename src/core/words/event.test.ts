import assert from "node:assert/strict";
import { test } from "node:test";
import { seq } from "../base/seq.ts";
import { DescriptorQueue } from "../machine/descriptors.ts";
import { FedLog } from "../machine/fed-log.ts";
import { ConnectionState, stateFields } from "../machine/state.ts";
import { profileById, profiles } from "../profiles/all.ts";
import { descriptorKinds } from "./descriptor.ts";
import { Effect, effects } from "./effect.ts";
import { EventLog, eventKinds, Flag, packRecord, unpackRecord } from "./event.ts";
import { stages } from "./stage.ts";

test("an event comes back from its row as it went in, also when the columns have grown", () => {
  const log = new EventLog();
  const events = Array.from({ length: 700 }, (_, i) => ({
    timeNs: i * 1.5e9,
    connection: i % 70_000,
    kind: i % eventKinds.length,
    flags: i % 256,
    seq: seq(0xfffffff0 + i),
    length: i * 100,
    extra: i * 1000,
    line: i + 1,
    offset: i === 0 ? -1 : i * 2 ** 33,
  }));
  for (const [i, event] of events.entries()) assert.equal(log.push(event), i);
  assert.equal(log.count, 700);
  for (const [i, event] of events.entries()) assert.deepEqual(log.at(i), event);
});

test("a record's extra column keeps type, epoch and the four marks apart", () => {
  const marks = [true, false];
  for (const type of [20, 23, 255])
    for (const epoch of [0, 1, 65_535])
      for (const startsEpoch of marks)
        for (const snUnknown of marks)
          for (const snGiven of marks)
            for (const unopened of marks) {
              const extra = { type, epoch, startsEpoch, snUnknown, snGiven, unopened };
              assert.deepEqual(unpackRecord(packRecord(extra)), extra);
            }
});

test("flags are distinct bits of their column", () => {
  const flags = Object.values(Flag);
  assert.equal(new Set(flags).size, flags.length);
  for (const flag of flags) assert.ok(Number.isInteger(Math.log2(flag)) && flag < 2 ** 16, `${flag}`);
});

test("an effect's number is its place, and it has two arguments at most, as a sink takes them", () => {
  assert.deepEqual(
    effects.map(({ name }) => Effect[name]),
    effects.map((_, i) => i),
  );
  for (const { name, args } of effects) assert.ok(args.length <= 2, name);
});

test("names of effects, stages and profiles are distinct", () => {
  for (const names of [
    effects.map(({ name }) => name),
    stages.map(({ name }) => name),
    profiles.map(({ id }) => id),
  ])
    assert.equal(new Set<string>(names).size, names.length);
  for (const profile of profiles) {
    assert.equal(profileById(profile.id), profile);
    assert.deepEqual(Object.keys(profile.descriptorNames).sort(), [...descriptorKinds].sort(), profile.id);
    assert.deepEqual(profile.faults, [], "what ships is not broken");
  }
  assert.equal(profileById("nosuch"), null);
});

test("a state comes back from a snapshot, field by field", () => {
  const state = new ConnectionState();
  for (const [i, field] of stateFields.entries())
    state[field] = (i + 1) * (field === "written" ? 2 ** 40 : -7);
  const pool = new Float64Array(stateFields.length + 3);
  state.save(pool, 3);
  const loaded = new ConnectionState();
  loaded.load(pool, 3);
  assert.deepEqual(loaded, state);
  const copy = state.copy();
  copy.head++;
  assert.notEqual(copy.head, state.head, "a copy is its own");
});

test("a queue keeps what was posted, beyond its first size, and starts afresh", () => {
  const queue = new DescriptorQueue();
  for (let i = 0; i < 200; i++)
    queue.post(i % descriptorKinds.length, i, seq(i * 3), i * 5, i % 2 === 0, i % 4);
  assert.equal(queue.count, 200);
  for (let i = 0; i < 200; i++) {
    const kind = descriptorKinds[i % descriptorKinds.length];
    assert.deepEqual(queue.at(i), {
      kind,
      row: i,
      seq: i * 3,
      length: i * 5,
      fence: i % 2 === 0,
      engine: i % 4,
    });
  }
  queue.clear();
  assert.equal(queue.count, 0);
});

test("fed ranges are logged once and must replay as they were", () => {
  const log = new FedLog();
  log.put(0, seq(10), 5, 0);
  log.put(1, seq(0xffffffff + 2 ** 32), 7, 2);
  log.put(0, seq(10), 5, 0);
  assert.deepEqual(log.at(1), { from: seq(0xffffffff + 2 ** 32), length: 7, changes: 2 });
  assert.throws(() => log.put(0, seq(10), 6, 0), /replays as it was/);
  assert.throws(() => log.put(3, seq(10), 6, 0), /in order/);
});
