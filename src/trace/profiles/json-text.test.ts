import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineFault } from "../lexer.ts";
import { type JsonValue, jsonDepthMax, parseJson } from "./json-text.ts";

/** The value without its places, as JSON.parse gives it. */
function plain(value: JsonValue): unknown {
  if (value.is === "scalar") return value.value;
  if (value.is === "list") return value.items.map(plain);
  return Object.fromEntries(value.members.map(({ key, value: of }) => [key, plain(of)]));
}

function faultOf(text: string): LineFault | null {
  try {
    parseJson(text);
    return null;
  } catch (fault) {
    assert.ok(fault instanceof LineFault);
    return fault;
  }
}

/** True if the engine reads it too. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("what the engine reads is read to the same value, however it is spaced", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 2, "\t"), (value, space) => {
      const text = JSON.stringify(value, null, space);
      assert.deepEqual(plain(parseJson(` ${text}\r\n`)), JSON.parse(text));
    }),
  );
});

test("what the engine refuses is refused, and nothing else", () => {
  const alphabet = [
    ..."{}[],:",
    '"',
    '"a"',
    "1",
    "-",
    ".",
    "e5",
    "true",
    "null",
    " ",
    "\n",
    "\\",
    "\\u00e9",
    "/",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      assert.equal(faultOf(text) === null, isJson(text), text);
    }),
    { numRuns: 3000 },
  );
});

const faults: [text: string, at: number, message: string][] = [
  ["", 0, "the text ends where a value is expected"],
  ["{", 1, "the text ends where a key in double quotes is expected"],
  ['{"a"', 4, "the text ends where : behind the key is expected"],
  ['{"a": 1', 7, "the text ends where , or } is expected"],
  ['{"a": 1,}', 8, "a key in double quotes behind the comma is expected here"],
  ["[1,]", 3, "a value behind the comma is expected here"],
  ['{"a": 1 "b": 2}', 8, ', or } is expected here, not " or a string that is not closed'],
  ['{"a": 1} x', 9, "the end of the text is expected here"],
  ["// NIC\n{}", 0, "JSON has no comments; remove it"],
  ['{"a": 1, # one\n"b": 2}', 9, "JSON has no comments; remove it"],
  ["{'a': 1}", 1, "a key in double quotes is expected here"],
  ['{"a": "b\n"}', 6, 'a value is expected here, not " or a string that is not closed'],
  ["[01]", 2, ", or ] is expected here"],
  ["[TRUE]", 1, "a value is expected here"],
  ["[".repeat(40), jsonDepthMax, `values are nested deeper than ${jsonDepthMax}; nest them less`],
];
for (const [text, at, message] of faults) {
  test(`the first thing that is not JSON in ${JSON.stringify(text.slice(0, 30))} is told with its place`, () => {
    const fault = faultOf(text)!;
    assert.deepEqual([fault.token.start, fault.message], [at, message]);
  });
}

test("keys and values know where they stand, and a key given twice is there twice", () => {
  const text = '{ "a": [10, "x"], "a": {} }';
  const value = parseJson(text);
  assert.equal(value.is, "object");
  const members = value.is === "object" ? value.members : [];
  const shown = members.map(({ key, at, value: { start, end } }) => [
    key,
    text.slice(at.start, at.end),
    text.slice(start, end),
  ]);
  assert.deepEqual(shown, [
    ["a", '"a"', '[10, "x"]'],
    ["a", '"a"', "{}"],
  ]);
});

test("a text without an end is read in time that grows with its length", () => {
  for (const piece of ["[", '{"a":', '"', "\\", '"\\', "1", "-", "[1,", " ", '["a",']) {
    const start = performance.now();
    faultOf(piece.repeat(60_000));
    faultOf(`"${piece.repeat(60_000)}`);
    assert.ok(performance.now() - start < 1000, piece);
  }
});
