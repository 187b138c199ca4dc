import assert from "node:assert/strict";
import { test } from "node:test";
import { effects } from "../core/words/effect.ts";
import { Sign, signs, signsNamed } from "./signs.ts";

test("signs are the effects by their own numbers, then the findings, each name once", () => {
  assert.deepEqual(signs.slice(0, effects.length), effects);
  assert.equal(new Set(signs.map(({ name }) => name)).size, signs.length);
  for (const [kind, { name }] of signs.entries()) assert.equal(Sign[name], kind);
  assert.deepEqual(signsNamed("record-pushed", "wire-differs"), [0, effects.length]);
});

test("no two signs are as grave, so that a step has one headline", () => {
  const gravities = signs.flatMap(({ gravity }) => gravity ?? []);
  assert.equal(new Set(gravities).size, gravities.length);
  for (const gravity of gravities) assert.ok(gravity > 0);
});
