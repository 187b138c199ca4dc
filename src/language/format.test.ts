import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { TextDocument } from "vscode-languageserver-textdocument";
import { profileById, profiles } from "../core/profiles/all.ts";
import { comparable } from "../test/comparable.ts";
import { generate, textOf } from "../test/simulator/generate.ts";
import { seeded } from "../test/simulator/mutate.ts";
import { printTrace } from "../trace/language/print.ts";
import type { Trace } from "../trace/trace.ts";
import { TraceDocument } from "./document.ts";
import { formatted } from "./format.ts";

const uri = "file:///test.tlstrace";
const documentOf = (text: string) => new TraceDocument(uri, text, profileById);

/** The text with the edits made by another hand than the one that made them. */
function format(text: string): string {
  const applied = TextDocument.create(uri, "tlstrace", 1, text);
  return TextDocument.applyEdits(applied, formatted(documentOf(text)));
}

/** What a trace means, and what its remarks are; columns of diagnostics aside. */
const meaningOf = (trace: Trace) => ({
  trace: comparable(trace),
  comments: [...trace.comments],
  diagnostics: trace.diagnostics.map(({ severity, message, line }) => [severity, message, line]),
});
const meaning = (text: string) => meaningOf(documentOf(text).trace);

/** Other white space wherever some can stand: what hands and editors leave behind. */
function untidied(text: string, random: () => number): string {
  const blank = () => [" ", "  ", "\t", " \t ", "      "][Math.floor(random() * 5)]!;
  const lines = text.split("\n").map((line) => {
    const [, indent = "", rest = ""] = /^([ \t]*)(.*)$/.exec(line)!;
    // Whether an expectation is indented says what it speaks of.
    const head = indent === "" ? (/^[+-]/.test(rest) && random() < 0.5 ? blank() : "") : blank();
    const [said, comment] = [rest.replace(/(?<![^ \t])#.*$/, ""), /(?<![^ \t])#.*$/.exec(rest)?.[0] ?? ""];
    return head + said.replace(/[ \t]+/g, blank) + comment + (random() < 0.3 ? blank() : "");
  });
  return lines.join("\n");
}

const samples = ["media/samples", "media/samples/selftests"].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".tlstrace"))
    .map((name) => path.join(folder, name)),
);

test("a formatted sample means what it meant, keeps its remarks, and is formatted", () => {
  assert.ok(samples.length > 60);
  for (const file of samples) {
    const text = readFileSync(file, "utf8");
    const once = format(text);
    assert.deepEqual(meaning(once), meaning(text), file);
    assert.equal(format(once), once, file);
  }
});

test("white space of any kind in a sample is formatted to one text", () => {
  const random = seeded(1);
  for (const file of samples) {
    const text = readFileSync(file, "utf8");
    const messy = untidied(text, random);
    assert.equal(format(messy), format(text), file);
  }
});

test("what a trace is printed as is its form already, so that formatting and printing agree", () => {
  for (let seed = 0; seed < 200; seed++) {
    const profile = profiles[seed % profiles.length]!;
    const story = generate(seed, { profile, kernel: null });
    const { trace } = documentOf(textOf(story));
    const printed = printTrace(trace);
    assert.equal(format(printed), printed, `seed ${seed}`);
    const messy = untidied(printed, seeded(seed));
    assert.equal(format(messy), printed, `seed ${seed}`);
    assert.deepEqual(meaning(format(messy)), meaning(printed), `seed ${seed}`);
  }
});

test("each kind of line has its form", () => {
  const rows: [text: string, formatted: string][] = [
    ["device eth0   mtu=1500", "device  eth0 mtu=1500"],
    ["connection\tweb device=eth0", "connection web device=eth0"],
    ["+0 web send 10", "+0     web send 10"],
    ["  +.001 web   >  0:10(10) lost fin", "+.001  web > 0:10(10)  lost fin"],
    ["+0 web > 0:10(10) queue=1 lost", "+0     web > 0:10(10) queue=1 lost"],
    // White space is space and tab: all else is a part of a word.
    ["device  eth0 mtu=1500\f", "device  eth0 mtu=1500\f"],
    ["connection web device=eth0\u3000", "connection web device=eth0\u3000"],
    ["device", "device"],
    ["+1234567 web send 10", "+1234567 web send 10"],
    ["+0 eth0  down", "+0     eth0 down"],
    [" expect  resync record=1", "       expect resync record=1"],
    ["expect  wire=match", "expect wire=match"],
    ["+0 web send 10 # why", `${"+0     web send 10".padEnd(42)}# why`],
    ["#  as it is   ", "#  as it is"],
    ["   # below", "       # below"],
    [" \t ", ""],
    // No line of the language is touched.
    ["+0   web  sned 10  ", "+0   web  sned 10  "],
    ["what   is this", "what   is this"],
  ];
  for (const [text, expected] of rows) assert.equal(format(text), expected);
});

test("of a range its lines are formatted, and not the one that it ends in front of", () => {
  const untidy = documentOf("device a\ndevice b\ndevice c\n");
  const rows: [from: [number, number], to: [number, number], lines: number[]][] = [
    [[0, 0], [1, 0], [0]],
    [
      [0, 3],
      [1, 1],
      [0, 1],
    ],
    [
      [1, 0],
      [3, 0],
      [1, 2],
    ],
    // Nothing but a place: its line.
    [[1, 0], [1, 0], [1]],
    [[2, 8], [9, 9], [2]],
  ];
  for (const [[startLine, startCharacter], [line, character], lines] of rows) {
    const range = { start: { line: startLine, character: startCharacter }, end: { line, character } };
    const edits = formatted(untidy, range);
    assert.deepEqual(
      edits.map((edit) => edit.range.start.line),
      lines,
    );
  }
});

test("line ends, a byte order mark and the file's end stay as they are", () => {
  const rows: [text: string, formatted: string][] = [
    ["\uFEFFdevice eth0\r\n+0 web close", "\uFEFFdevice  eth0\r\n+0     web close"],
    ["device a\rdevice b\n\n\n", "device  a\rdevice  b\n\n\n"],
    ["", ""],
  ];
  for (const [text, expected] of rows) assert.equal(format(text), expected);
});
