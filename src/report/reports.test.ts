import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { fileUri } from "../node/file-uri.ts";
import { type Case, caseRules, type TestRun } from "../study/test-run.ts";
import { junitOf } from "./junit.ts";
import { sarifOf } from "./sarif.ts";
import { tapHead, tapOf } from "./tap.ts";

const holds: Case = {
  name: "line 3: expect resync",
  rule: "expectation-failed",
  line: 3,
  columns: null,
  failure: null,
  differs: null,
  eventLine: null,
  places: [],
};
const fails: Case = { ...holds, name: "line 4: expect no plaintext", line: 4, failure: "expected a, got b" };
const unread: Case = {
  ...holds,
  name: "line 5 is read",
  rule: "trace-error",
  line: 5,
  columns: { start: 2, end: 6 },
  failure: `no "<such>" & word\u0001\ud800 # here\n`,
};
const missing: Case = {
  ...holds,
  name: "the file is read",
  rule: "file-unreadable",
  line: null,
  columns: null,
  failure: "is empty",
};
const runs: TestRun[] = [
  {
    file: path.join("a b", "ü#.tlstrace"),
    profile: null,
    cases: [holds, fails, unread],
    covered: null,
    remarks: [],
  },
  { file: "held.tlstrace", profile: "innova", cases: [holds], covered: null, remarks: [] },
  { file: "silent.tlstrace", profile: "innova", cases: [], covered: null, remarks: [] },
  { file: path.resolve("gone.tlstrace"), profile: null, cases: [missing], covered: null, remarks: [] },
];

test("TAP 14: a plan, a subtest a run, a test point a case, YAML below what fails", () => {
  const lines = [...tapHead(runs.length), ...runs.flatMap((run, i) => [...tapOf(run, i + 1)])];
  // Word for word as the specification of TAP 14 forms them (testanything.org/tap-version-14-specification.html).
  assert.deepEqual(lines.slice(0, 16), [
    "TAP version 14",
    "1..4",
    `# Subtest: ${path.join("a b", "ü")}\\#.tlstrace`,
    "    1..3",
    "    ok 1 - line 3: expect resync",
    "    not ok 2 - line 4: expect no plaintext",
    "      ---",
    '      message: "expected a, got b"',
    "      severity: fail",
    "      rule: expectation-failed",
    "      at:",
    `        file: ${JSON.stringify(runs[0]!.file)}`,
    "        line: 4",
    "      ...",
    "    not ok 3 - line 5 is read",
    "      ---",
  ]);
  const points = lines.filter((line) => /^(not )?ok /.test(line));
  assert.deepEqual(
    points.map((line) => line.replace(/ - .*?( # SKIP.*)?$/, "$1")),
    ["not ok 1", "ok 2", "ok 3 # SKIP no expect line speaks of this run", "not ok 4"],
  );
  for (const line of lines) assert.doesNotMatch(line, /[\r\n]/);
});

interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

/** A strict reader of the XML that reports need: elements, attributes in double quotes, the five entities and numbers. */
function readXml(xml: string): Element {
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, "");
  assert.notEqual(body, xml, "an XML declaration");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
  assert.doesNotMatch(body, /[\x00-\x08\x0b\x0c\x0e-\x1f\p{Cs}\ufffe\uffff]/u);
  const token = /<\/([\w]+)>|<([\w]+)((?: [\w]+="[^"<]*")*)(\/?)>|([^<>]+)/gy;
  let end = 0;
  for (let match = token.exec(body); match !== null; match = token.exec(body)) {
    end = token.lastIndex;
    const [, closing, opening, attributes, empty, text] = match;
    if (closing !== undefined) assert.equal(open.pop()!.name, closing);
    else if (text !== undefined) open.at(-1)!.text += unescaped(text);
    else {
      const element: Element = { name: opening!, attributes: {}, children: [], text: "" };
      for (const [, name, value] of attributes!.matchAll(/ (\w+)="([^"]*)"/g))
        element.attributes[name!] = unescaped(value!);
      open.at(-1)!.children.push(element);
      if (empty === "") open.push(element);
    }
  }
  assert.equal(end, body.length, `not XML: ${body.slice(end, end + 80)}`);
  assert.equal(open.length, 1);
  assert.equal(root.children.length, 1);
  return root.children[0]!;
}

function unescaped(text: string): string {
  assert.doesNotMatch(text, /&(?!(amp|lt|gt|quot|apos|#\d+);)/);
  const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_, code, name) =>
    code ? String.fromCharCode(Number(code)) : named[name]!,
  );
}

test("JUnit: well-formed, with the elements and attributes that its readers know, and sums that add up", () => {
  const root = readXml(junitOf(runs));
  assert.equal(root.name, "testsuites");
  assert.deepEqual(root.attributes, { name: "tlstrace", tests: "6", failures: "1", errors: "2" });
  for (const suite of root.children) {
    assert.equal(suite.name, "testsuite");
    const count = (name: string) =>
      String(suite.children.filter(({ children }) => children.some((child) => child.name === name)).length);
    assert.deepEqual(suite.attributes, {
      name: suite.attributes.name,
      tests: String(suite.children.length),
      failures: count("failure"),
      errors: count("error"),
      skipped: count("skipped"),
    });
    for (const one of suite.children) {
      assert.equal(one.name, "testcase");
      assert.ok(one.attributes.name && one.attributes.classname && one.attributes.file);
      assert.ok(one.children.length <= 1);
    }
  }
  const [first] = root.children;
  assert.equal(first!.attributes.name, runs[0]!.file);
  const error = first!.children[2]!.children[0]!;
  assert.equal(error.attributes.message, `no "<such>" & word\\u0001\ufffd # here\n`);
  assert.equal(error.attributes.type, "trace-error");
  assert.equal(first!.children[1]!.children[0]!.text, `${runs[0]!.file}:4: expected a, got b`);
});

test("SARIF 2.1.0: what its schema requires, a result a failure, with its place", () => {
  const log = JSON.parse(sarifOf(runs, fileUri));
  assert.equal(log.version, "2.1.0");
  assert.match(log.$schema, /sarif-2\.1\.0/);
  assert.equal(log.runs.length, 1);
  const [{ tool, results }] = log.runs;
  assert.equal(tool.driver.name, "tlstrace");
  assert.deepEqual(
    tool.driver.rules.map(({ id }: { id: string }) => id),
    Object.keys(caseRules),
  );
  for (const { ruleId, ruleIndex, level, message } of results) {
    assert.equal(tool.driver.rules[ruleIndex].id, ruleId);
    assert.equal(level, "error");
    assert.equal(typeof message.text, "string");
  }
  const places = results.map(
    (result: {
      locations: { physicalLocation: { artifactLocation: { uri: string }; region?: object } }[];
    }) => {
      const { artifactLocation, region } = result.locations[0]!.physicalLocation;
      return [artifactLocation.uri, region];
    },
  );
  // RFC 3986: a blank, a number sign and ü (C3 BC in UTF-8) are percent-encoded. Columns count from 1, the end is exclusive.
  assert.deepEqual(places.slice(0, 2), [
    ["a%20b/%C3%BC%23.tlstrace", { startLine: 4 }],
    ["a%20b/%C3%BC%23.tlstrace", { startLine: 5, startColumn: 3, endColumn: 7 }],
  ]);
  assert.match(places[2][0], /^file:\/\/\/.*gone\.tlstrace$/);
  assert.equal(places[2][1], undefined);
  assert.equal(places.length, 3);
});
