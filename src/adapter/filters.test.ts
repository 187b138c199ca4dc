import assert from "node:assert/strict";
import { test } from "node:test";
import { Effect, effects } from "../core/words/effect.ts";
import { contains } from "../replay/effect-set.ts";
import { exceptionFilters, filterById } from "./filters.ts";

/** What happens all the time in a stream in good order: nobody wants to stop there, a function breakpoint can. */
const ordinary = ["record-pushed", "static-params", "encrypted", "acknowledged"];

test("every effect worth a stop has a filter that stops on it", () => {
  const sets = exceptionFilters.map(({ filter }) => filterById(filter)!.effects);
  const without = effects
    .map(({ name }) => name)
    .filter((name) => !sets.some((set) => contains(set, Effect[name])));
  assert.deepEqual(without, ordinary);
});
