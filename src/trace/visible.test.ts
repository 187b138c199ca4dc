import assert from "node:assert/strict";
import test from "node:test";
import { visible, visibleLine } from "./visible.ts";

const cases: [text: string, shown: string][] = [
  ["plain äöü 日本 🙂\tand tab\n", "plain äöü 日本 🙂\tand tab\n"],
  ["\x1b]0;title\x07", "\\u001b]0;title\\u0007"],
  ["\x9b31m", "\\u009b31m"],
  ["a\rb", "a\\u000db"],
  ["\x7f\x00\x85", "\\u007f\\u0000\\u0085"],
  ["\u202egnp.pacp\u202c", "\\u202egnp.pacp\\u202c"],
  ["\u2066\u2069\u200f\u061c\u2028", "\\u2066\\u2069\\u200f\\u061c\\u2028"],
];
for (const [text, shown] of cases)
  test(`${JSON.stringify(text)} is shown as it is, without what steers`, () =>
    assert.equal(visible(text), shown));

test("in JSON it reads back as what it was", () => {
  const name = "a\x9b\u202e\x1b";
  assert.equal(JSON.parse(visible(JSON.stringify(name))), name);
});

test("a name stays in its line", () => assert.equal(visibleLine("a\n::error::b"), "a\\u000a::error::b"));
