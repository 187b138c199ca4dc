import assert from "node:assert/strict";
import { test } from "node:test";
import { glob, globMatcher } from "./glob.ts";

const cases: [pattern: string, matching: string[], others: string[]][] = [
  ["tls_*", ["tls_", "tls_get_record", "TLS_X"], ["xtls_", "tls"]],
  ["*", ["", "a", "a.b"], []],
  ["**", ["", "a"], []],
  ["", [""], ["a"]],
  ["a?c", ["abc", "a?c", "a*c"], ["ac", "abbc"]],
  ["*abc", ["abc", "ababc", "abcabc"], ["abcd", "ab"]],
  ["a*b*c", ["abc", "axxbyyc", "abbcc", "aXbcbc"], ["acb", "ab", "bc"]],
  ["?*", ["a", "ab"], [""]],
  ["*?", ["a", "ab"], [""]],
  ["[::1]:443>*", ["[::1]:443>[::1]:5000#2"], [":443>x", "1:443>"]],
  ["a.c", ["a.c"], ["abc"]],
  ["(a|b)+$^\\", ["(a|b)+$^\\"], ["a"]],
  ["?", ["\u{1f600}"], ["ab"]],
];
for (const [pattern, matching, others] of cases)
  test(`the glob "${pattern}"`, () => {
    const isMatch = glob(pattern);
    for (const name of matching) assert.ok(isMatch(name), `matches "${name}"`);
    for (const name of others) assert.ok(!isMatch(name), `does not match "${name}"`);
  });

test("a star means what its regular expression means, on every short glob and name", () => {
  const words = (letters: string, length: number): string[] =>
    length === 0
      ? [""]
      : words(letters, length - 1).flatMap((word) => [word, ...[...letters].map((l) => word + l)]);
  const names = [...new Set(words("ab", 5))];
  for (const pattern of new Set(words("ab*?", 4))) {
    const isMatch = glob(pattern);
    const regular = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
    for (const name of names) assert.equal(isMatch(name), regular.test(name), `${pattern} on ${name}`);
  }
});

test("many stars take no longer than their length times the name's", () => {
  assert.equal(glob(`${"*".repeat(1000)}b`)("a".repeat(10_000)), false);
  assert.equal(glob(`${"*a".repeat(30)}b`)("a".repeat(10_000)), false);
  assert.equal(glob(`${"*?".repeat(30)}b`)("a".repeat(10_000)), false);
});

test("any of several globs, and without any every name", () => {
  assert.ok(globMatcher([])("x"));
  assert.ok(globMatcher(["a*", "*b"])("xb"));
  assert.ok(!globMatcher(["a*", "*b"])("x"));
});
