import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { corpusFolder } from "../test/corpus.ts";
import { flippedCapture } from "../test/damage/flipped.ts";
import { studyOf } from "../test/studies.ts";
import { firstPlace, placesOf, wordPlace } from "./places.ts";

test("in no capture of the corpus, all of which are right, anything is found wrong", async (t) => {
  const corpus = corpusFolder();
  if (corpus === null) return t.diagnostic("the corpus is absent: nothing checked");
  const { cases } = JSON.parse(readFileSync(path.join(corpus, "index.json"), "utf8"));
  for (const { file, keylog } of cases) {
    const keys = keylog && existsSync(path.join(corpus, keylog)) ? [path.join(corpus, keylog)] : [];
    const study = await studyOf(path.join(corpus, file), { keys });
    assert.equal(firstPlace(study), null, file);
  }
  assert.ok(cases.length > 50);
});

test("one wrong byte is one place, told by its packet; bytes that no tag locates are told by their record", async () => {
  // Frames 57 and 58 carry 43182 to 46078, record 3 lies at 32826:49239 (opening/wrong.test.ts).
  const cases: [name: string, places: number[], expected: RegExp[]][] = [
    ["one", [45978], [/^frame 58: byte 45978 /]],
    ["near", [45978, 45979], [/^frame 58: byte 45978 .*the first of 2 wrong/]],
    ["far", [44000, 45978], [/^frames 46.*: record 3 \(32826:49239\); its tag does not fit/]],
  ];
  for (const [name, places, expected] of cases) {
    const flips = places.map((at) =>
      at < 44630 ? { frame: 57, fromEnd: 44630 - at } : { frame: 58, fromEnd: 46078 - at },
    );
    const file = flippedCapture(name, ...flips);
    const study = await studyOf(file, { keys: [file.replace(".pcap", ".keys")] });
    const words = [...placesOf(study)].map((place) => wordPlace(study, place));
    assert.equal(words.length, expected.length, words.join("\n"));
    for (const [i, pattern] of expected.entries()) assert.match(words[i]!, pattern, name);
  }
});
