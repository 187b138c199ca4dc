import assert from "node:assert/strict";
import { test } from "node:test";
import { addedLines, withLines } from "./text-edit.ts";

/** Does what an editor does with them: all at once, by places of the text as it was. */
function inserted(was: string, insertions: readonly { line: number; added: string }[]): string {
  const lines = was.split(/(?<=\n)/);
  if (was.endsWith("\n")) lines.push("");
  const behind = insertions.filter(({ line }) => line === lines.length).map(({ added }) => added);
  const at = (i: number) => insertions.filter(({ line }) => line === i).map(({ added }) => added);
  return [...lines.flatMap((line, i) => [...at(i), line]), ...behind].join("");
}

const texts: [what: string, was: string][] = [
  ["lines that end", "a\nb\nc\n"],
  ["a last line that does not end", "a\nb"],
  ["line ends of two bytes", "a\r\nb\r\n"],
  ["lines that are the same", "x\nx\nx\n"],
  ["empty lines", "\n\na\n\n"],
];
for (const [what, was] of texts) {
  test(`lines below any line are found again: ${what}`, () => {
    const count = was.replace(/\n$/, "").split("\n").length;
    for (let below = 1; below <= count; below++) {
      const text = withLines(was, [{ below, lines: ["x", " expect y"] }]);
      const insertions = addedLines(was, text);
      assert.ok(insertions);
      assert.equal(inserted(was, insertions), text);
      assert.equal(insertions.length, 2);
    }
  });
}

test("a text in which a line is another or gone is none with lines more", () => {
  assert.equal(addedLines("a\nb\n", "a\nc\n"), null);
  assert.equal(addedLines("a\nb\n", "a\n"), null);
  assert.deepEqual(addedLines("a\n", "a\n"), []);
});
