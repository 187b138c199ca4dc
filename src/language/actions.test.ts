import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { CodeAction, Range } from "vscode-languageserver-types";
import { profileById } from "../core/profiles/all.ts";
import { seeded } from "../test/simulator/mutate.ts";
import { actionsIn } from "./actions.ts";
import { diagnosticsOf } from "./diagnostics.ts";
import { TraceDocument } from "./document.ts";

const uri = "file:///test.tlstrace";
const documentOf = (text: string) => new TraceDocument(uri, text, profileById);
const head = "device eth0 profile=connectx mtu=1500\nconnection web device=eth0\n+0 web send 3000\n";

/** All that mends mistakes of a range, of the whole document unless another is said. */
const fixesIn = (document: TraceDocument, range = wholeOf(document)): CodeAction[] =>
  [...actionsIn(document, range)].filter((action) => action !== null);

/** Titles of the fixes for a last line, each with what it makes of that line; the one to take is marked. */
function fixesOf(line: string, above = head): string[] {
  const document = documentOf(above + line);
  return fixesIn(document).map(({ title, edit, isPreferred }) => {
    const mended = applied(document.text, edit!.changes![uri]!).split("\n").at(-1);
    return `${title}${isPreferred ? "!" : ""} → ${mended}`;
  });
}

const wholeOf = ({ lines }: TraceDocument): Range => ({
  start: { line: 0, character: 0 },
  end: { line: lines.length, character: 0 },
});

const applied = (text: string, edits: Parameters<typeof TextDocument.applyEdits>[1]) =>
  TextDocument.applyEdits(TextDocument.create(uri, "tlstrace", 1, text), edits);

test("a mistake has the fixes that mend it, the one to take first", () => {
  const rows: [line: string, fixes: string[]][] = [
    // A name that nothing is near is declared; one that is near was meant, and declared it would have no bytes to send.
    ["+0 wbe > 0:1448(1448)", ["Change to `web`! → +0 web > 0:1448(1448)"]],
    ["+0 mail send 10", ["Declare connection `mail`! → +0 mail send 10"]],
    // What no connection can be called is not declared.
    ["+0 send 1000", []],
    ["+0 seq=44 send 10", []],
    // Both numbers of a range that is the wrong way round, and its length.
    ["+0 web > 1343:1039(10)", ["Write `1039:1343(304)`! → +0 web > 1039:1343(304)"]],
    ["+0 web > 1343:1039(304)", ["Write `1039:1343`! → +0 web > 1039:1343(304)"]],
    // The length would be right, and the bytes not there.
    ["+0 web > 0:9000(448)", []],
    // The bugs of a family, wherever a profile stands.
    [
      "  expect wire=match under chelsio-t6/eader-only-stuck",
      ["Change to `chelsio-t6/header-only-stuck`! →   expect wire=match under chelsio-t6/header-only-stuck"],
    ],
    [
      "  expect wire=match under chelsio-t61",
      ["Change to `chelsio-t6`! →   expect wire=match under chelsio-t6"],
    ],
    [
      "+0 eth0 become connectx/long-dmp",
      ["Change to `connectx/long-dump`! → +0 eth0 become connectx/long-dump"],
    ],
    // A value is still to be written, or is wrong, too.
    ["  expect resync record1", []],
    ["  expect wir=ematch", []],
    // What is there already was not meant once more, nor was anything else.
    ["+0 web > 0:100(100) lost los", ["Leave out `los`! → +0 web > 0:100(100) lost"]],
    ["+0 web send 10 20", ["Leave out `20`! → +0 web send 10"]],
    // A line that is none is not thrown away.
    ["web send 10", []],
  ];
  for (const [line, fixes] of rows) assert.deepEqual(fixesOf(line), fixes, line);
});

test("a declaration that is put in ends as the document's lines do", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ["device a", "connection w device=b", "+0 w send 1"].join(end);
    const document = documentOf(text);
    const [{ edit }] = fixesIn(document).filter(({ title }) => /^Declare/.test(title)) as [CodeAction];
    const declared = [
      "device a",
      "device  b profile=connectx mtu=1500",
      "connection w device=b",
      "+0 w send 1",
    ];
    assert.equal(applied(text, edit!.changes![uri]!), declared.join(end));
  }
});

test("a mistake that hides another on a line below can be mended all the same", () => {
  const above = `${head}+0 web sned 1000\n`;
  const document = documentOf(`${above}+0 web > 0:9000(9000)`);
  assert.equal(diagnosticsOf(document).length, 1);
  const titles = fixesIn(document).map(({ title }) => title);
  assert.deepEqual(titles, ["Change to `send`"]);
});

test("a mistake that stands twice has the fixes that it has alone", () => {
  const above = "device eth0\nconnection web device=eth0\n+0 web send 1000\n";
  const titles = (text: string, line: number) => {
    const range = { start: { line, character: 0 }, end: { line, character: 99 } };
    return fixesIn(documentOf(text), range).map(({ title }) => title);
  };
  const rows: [line: string, fixes: string[]][] = [
    // Without the word the line has the same mistake still.
    ["+0 web ack 500", []],
    ["+0 web  0:1029(1029)", []],
    ["+0 web send,v5.8 500", []],
    ["+0 web < 500", []],
    ["+0 web sned 500", ["Change to `send`"]],
    ["+0 web rekey x", ["Leave out `x`"]],
    ["+0 web > 0:100(101)", ["Write `100`"]],
    ["+0 web reroute other", ["Declare device `other`"]],
    ["  expect resnyc", ["Change to `resync`"]],
    ["  expect wire=macth", ["Change to `match`"]],
  ];
  for (const [line, fixes] of rows) {
    assert.deepEqual(titles(above + line, 3), fixes, line);
    const twice = `${above}${line}\n+0 web send 1\n${line}`;
    assert.deepEqual(titles(twice, 3), fixes, `${line}, the first of two`);
    // What is told of a name is told once.
    if (titles(twice, 5).length > 0) assert.deepEqual(titles(twice, 5), fixes, `${line}, the second`);
  }
});

test("every mistake of a file has its fix, however many there are and however long the file is", () => {
  const slips = [
    ["+0 web snd 1", "Change to `send`"],
    ["+0 web sned 1", "Change to `send`"],
    ["+0 web send 1 2", "Leave out `2`"],
    ["+0 web > 9:1(8)", "Write `1:9`"],
    ["  expect wier=match", "Change to `wire=`"],
    ["+0 eth0 bcome connectx", "Change to `become`"],
  ] as const;
  // A whole file of mistakes; mistakes behind as many lines as are read in a quarter of a second; one of them alone.
  for (const [times, above] of [
    [16, 0],
    [1, 60_000],
  ] as const) {
    const lines = slips.flatMap(([line]) => Array.from({ length: times }, () => line));
    const document = documentOf(head + "+0 web send 1\n".repeat(above) + lines.join("\n"));
    const mistakes = diagnosticsOf(document);
    assert.equal(mistakes.length, lines.length);
    const mended = fixesIn(document).filter(({ isPreferred }) => isPreferred);
    assert.deepEqual(
      mended.map(({ title }) => title),
      slips.flatMap(([, title]) => Array.from({ length: times }, () => title)),
    );
    for (const mistake of above > 0 ? mistakes.slice(-1) : mistakes)
      assert.deepEqual(
        fixesIn(document, mistake.range).filter(({ isPreferred }) => isPreferred),
        mended.filter(({ diagnostics }) => diagnostics![0]!.range.start.line === mistake.range.start.line),
      );
  }
});

const samples = ["media/samples", "media/samples/selftests"].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".tlstrace"))
    .map((name) => path.join(folder, name)),
);

/** A slip of the pen in one word of a line; not in a name that it declares, whose uses are told one by one. */
function slipped(line: string, random: () => number): string {
  const below = (limit: number) => Math.floor(random() * limit);
  const words = [...line.matchAll(/[^ \t]+/g)].filter((_, i) => i !== 1 || !/^[dc]/.test(line));
  const { 0: word, index } = words[below(words.length)]!;
  const at = below(word.length);
  const slips = [
    word.slice(0, at) + word.slice(at + 1),
    word.slice(0, at) + "abc=,/:@+-0189()"[below(16)] + word.slice(at),
    word.slice(0, at) + (word[at + 1] ?? "") + word[at] + word.slice(at + 2),
    `${word} ${word}`,
    `${word} ${words[below(words.length)]![0]}`,
    word.replace(/\d+/g, () => String(below(5000))),
  ];
  return line.slice(0, index) + slips[below(slips.length)] + line.slice(index + word.length);
}

test("whatever slips in a sample, a fix that is offered mends it and brings nothing that was not told", () => {
  const random = seeded(11);
  let fixes = 0;
  for (const file of samples) {
    const lines = readFileSync(file, "utf8").split("\n");
    const sayings = [...lines.keys()].filter((line) => /^\s*[^\s#]/.test(lines[line]!) && lines.length < 400);
    for (let round = 0; round < Math.min(8, sayings.length); round++) {
      const at = sayings[Math.floor(random() * sayings.length)]!;
      const text = lines.with(at, slipped(lines[at]!, random)).join("\n");
      const document = documentOf(text);
      const told = diagnosticsOf(document).map(({ message }) => message);
      for (const { edit, diagnostics } of fixesIn(document)) {
        fixes++;
        const left = diagnosticsOf(documentOf(applied(text, edit!.changes![uri]!))).map(
          ({ message }) => message,
        );
        const expected = [...told];
        expected.splice(told.indexOf(diagnostics![0]!.message), 1);
        for (const message of left)
          assert.ok(expected.includes(message), `${file}:${at + 1} ${text.split("\n")[at]}: ${message}`);
        assert.ok(left.length < told.length);
      }
    }
  }
  assert.ok(fixes > 100);
});
