import assert from "node:assert/strict";
import { test } from "node:test";
import { choicesOf } from "./choices.ts";

const streams = ["web", "mail", "dns"].map((name, i) => ({ threadId: i + 1, name, targetId: 10 * i }));

test("the stream that is looked at is offered first, the others as they are", () => {
  for (const [lookedAt, order] of [
    [undefined, "web mail dns"],
    [1, "web mail dns"],
    [3, "dns web mail"],
    [9, "web mail dns"],
  ] as const) {
    const offered = choicesOf(streams, lookedAt);
    assert.equal(offered.map(({ label }) => label).join(" "), order);
    for (const { label, stream } of offered) assert.equal(label, stream.name);
  }
  assert.deepEqual(choicesOf([], 1), []);
});
