import assert from "node:assert/strict";
import { test } from "node:test";
import { finished } from "../platform.ts";
import { parseCryptoInfos } from "./crypto-info.ts";
import { dividedList } from "./json-list.ts";

const divided = (text: string, most = 100) => finished(dividedList(text, "dirs", most));

// Held against the engine's own parser: the items one by one are those of the whole.
for (const text of [
  "[]",
  " [ ] ",
  "[1]",
  ' [ 1 , "a,b" , {"c": [1, 2, {"d": "]"}]}, [], null ] ',
  '["\\"", "\\\\", "\\\\\\",", "[{"]',
  '{"dirs": []}',
  '{"a": "dirs", "b": [1, 2], "dirs" : [ {"x": "dirs", "y": [3]}, 4 ], "c": {"dirs": [5]}}',
  '{"c": {"dirs": [5]}, "dirs": [6]}',
  '{"\\"dirs": [1], "dirs": ["\\u005d"]}',
])
  test(`a list divided into its items is the list: ${text}`, () => {
    const whole = JSON.parse(text);
    const list = divided(text)!;
    assert.deepEqual(
      list.items.map((item) => JSON.parse(item)),
      Array.isArray(whole) ? whole : whole.dirs,
    );
    const around = JSON.parse(list.around);
    assert.deepEqual(around, Array.isArray(whole) ? [] : { ...whole, dirs: [] });
  });

test("what has no such list is not divided", () => {
  for (const text of ["{}", '{"a": [1]}', '{"dirs": {"dirs": [1]}}', '["a', "[1, 2", "", '"[1]"'])
    assert.equal(divided(text), null, text);
});

test("what is no JSON stays none in pieces", () => {
  for (const text of [
    "[,]",
    "[{},]",
    "[{},,{}]",
    "[{}]x",
    "[{}]]",
    '{"dirs":[{}]',
    "[{]}",
    "[{} {}]",
    "{dirs:[{}]}",
    "[1 2]",
  ]) {
    assert.throws(() => JSON.parse(text), text);
    const { infos, diagnostics } = parseCryptoInfos(text);
    assert.match(diagnostics[0]!.message, /^the crypto_info file is not JSON/, text);
    assert.equal(infos.length + diagnostics.length, 1);
  }
});

test("no more items are looked for than somebody asks for", () => {
  const list = divided(`[${"1,".repeat(1000)}1]`, 10)!;
  assert.equal(list.items.length, 11);
});

test("a text is divided with pauses, whatever it holds", () => {
  const pauses = (text: string) => {
    let count = 0;
    const work = dividedList(text, "dirs", 1000);
    for (let step = work.next(); !step.done; step = work.next()) count++;
    return count;
  };
  for (const unit of ["[", "{", "1 ", "[1,2],", '"a" '])
    assert.ok(pauses(`[{"a":${unit.repeat(200_000)}`) >= 2, unit);
});
