import assert from "node:assert/strict";
import { test } from "node:test";
import { signs } from "../trace/signs.ts";
import { exceptionFilters, filterById } from "./filters.ts";

/** What happens all the time in a stream in good order: nobody wants to stop there, a function breakpoint can. */
const ordinary = ["record-pushed", "static-params", "encrypted", "emulated", "acknowledged"];

test("every sign worth a stop has a filter that stops on it", () => {
  const caught = new Set(exceptionFilters.flatMap(({ filter }) => filterById(filter)!.kinds));
  const without = signs.filter((_, kind) => !caught.has(kind)).map(({ name }) => name);
  assert.deepEqual(without, ordinary);
});

test("every filter stops on something, and a sign names none that there is not", () => {
  for (const { filter } of exceptionFilters) assert.ok(filterById(filter)!.kinds.length > 0, filter);
  const ids = new Set(exceptionFilters.map(({ filter }) => filter));
  const unknown = signs.filter(({ filter }) => filter !== undefined && !ids.has(filter));
  assert.deepEqual(unknown, []);
});
