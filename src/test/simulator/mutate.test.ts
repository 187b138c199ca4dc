import assert from "node:assert/strict";
import { test } from "node:test";
import { mutate, seeded } from "./mutate.ts";

test("a seed always gives the same damage, and the input stays whole", () => {
  const input = Buffer.from(Array.from({ length: 200 }, (_, i) => i));
  const whole = [...input];
  const results = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const mutated = mutate(input, seeded(seed));
    assert.deepEqual([...mutate(input, seeded(seed))], [...mutated]);
    assert.deepEqual([...input], whole);
    results.add(Buffer.from(mutated).toString("hex"));
  }
  assert.ok(results.size > 190, "seeds should differ in what they damage");
});

test("an empty input can be damaged too", () => {
  for (let seed = 0; seed < 200; seed++) assert.ok(mutate(new Uint8Array(0), seeded(seed)).length <= 8 * 64);
});
