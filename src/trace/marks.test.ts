import assert from "node:assert/strict";
import { test } from "node:test";
import { Marks } from "./marks.ts";

test("the newest mark that holds is come back to, and those after it are forgotten", () => {
  const marks = new Marks<number>();
  for (const mark of [0, 10, 20, 30]) marks.add(mark);
  assert.equal(
    marks.back((mark) => mark <= 25),
    20,
  );
  assert.equal(
    marks.back(() => true),
    20,
  );
  assert.equal(
    marks.back(() => false),
    null,
  );
});

test("of many marks the first one stays, and the nearer a place is the nearer is a mark", () => {
  const marks = new Marks<number>();
  const count = 100_000;
  for (let mark = 0; mark < count; mark++) marks.add(mark);
  let kept = 0;
  for (let last = marks.back(() => true); last !== null; kept++) {
    const mark = last;
    last = marks.back((other) => other < mark);
    if (last !== null) assert.ok(mark - last <= Math.max(1, (count - last) / 6), `${last} and ${mark}`);
    else assert.equal(mark, 0);
  }
  assert.ok(kept <= 128, `${kept} marks`);
});
