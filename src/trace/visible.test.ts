import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { counted, visible, visibleLine } from "./visible.ts";

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

test("one of something is one, none and more are many", () => {
  const told = [0, 1, 2].map((count) => [counted(count, "byte"), counted(count, "loss", "losses")]);
  assert.deepEqual(told, [
    ["0 bytes", "0 losses"],
    ["1 byte", "1 loss"],
    ["2 bytes", "2 losses"],
  ]);
});

test("what is said of a count agrees with it, in all that the program says", () => {
  // A number and its noun in one template, not by `counted`: only limits are so, which are never one.
  const uncounted =
    /\$\{(?!\w*(?:Max|max)\b|after\.source|[^}]*Of\(|noun|counted)[^}]*\} (?:more |other |wrong |payload )?(?:bytes|events|records|packets|transmits|streams|files|frames|descriptors|losses|lines|runs|counters|tracepoints|pictures|places|directions|errors|epochs)\b/;
  const files = readdirSync("src", { recursive: true, encoding: "utf8" });
  const sources = files.filter((file) => /^(?!(test|start)[\\/]).*(?<!\.test)\.ts$/.test(file));
  const found = sources.flatMap((file) =>
    readFileSync(path.join("src", file), "utf8")
      .split("\n")
      .flatMap((line, i) => (uncounted.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
  assert.deepEqual(found, []);
});
