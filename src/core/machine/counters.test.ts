import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Timeline } from "../../replay/timeline.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { profileById, profiles } from "../profiles/all.ts";
import { type EffectName, effects } from "../words/effect.ts";
import { type Counter, counters } from "./counters.ts";

const samples = "media/samples";

/** For each counter the events that move it, each as the effects that its connection has there. */
function movesIn(timeline: Timeline): Map<Counter, Set<EffectName>[]> {
  const moves = new Map<Counter, Set<EffectName>[]>(counters.map(({ counter }) => [counter, []]));
  for (let event = 0; event < timeline.eventCount; event++)
    for (const c of timeline.connectionsOf(event)) {
      const before = timeline.stateBefore(c, event).copy();
      const after = timeline.stateBefore(c, event + 1);
      const moved = counters.filter(({ counter }) => before[counter] !== after[counter]);
      if (moved.length === 0) continue;
      const own = timeline.record(event).stages.filter(({ connection }) => connection === c);
      const said = own.flatMap((stage) => stage.effects.map(({ kind }) => effects[kind]!.name));
      for (const { counter } of moved) moves.get(counter)!.push(new Set(said));
    }
  return moves;
}

test("a counter moves in events that have one of its effects, and for each of them there is one", () => {
  const unused = new Set(
    counters.flatMap(({ counter, movedBy }) => movedBy.map((name) => `${counter} ${name}`)),
  );
  for (const name of readdirSync(samples).filter((file) => file.endsWith(".tlstrace")))
    for (const profile of profiles) {
      const text = readFileSync(path.join(samples, name), "utf8");
      const timeline = new Timeline(parseTrace(name, text, profileById, () => profile)).runAll();
      const moves = movesIn(timeline);
      for (const { counter, movedBy } of counters)
        for (const said of moves.get(counter)!) {
          const by = movedBy.filter((effect) => said.has(effect));
          assert.ok(by.length > 0, `${name} under ${profile.id}: ${counter} moved at ${[...said]}`);
          for (const effect of by) unused.delete(`${counter} ${effect}`);
        }
    }
  assert.deepEqual([...unused], []);
});

test("no two counters have one name", () => {
  const names = counters.flatMap(({ standard, common, own }) => [standard, common, own].filter(Boolean));
  assert.equal(new Set(names).size, names.length);
});
