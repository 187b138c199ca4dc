import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { CompletionItem, InsertReplaceEdit, TextEdit } from "vscode-languageserver-types";
import { openNamed } from "../node/named-file.ts";
import { marked } from "../test/lsp/client.ts";
import type { ValueKind } from "../trace/language/form.ts";
import { profileFinder } from "../trace/profiles/finder.ts";
import { completionsAt } from "./completion.ts";
import { TraceDocument } from "./document.ts";

const folder = "media/samples";
const documentOf = (text: string) => {
  const profiles = profileFinder((named) => openNamed(path.join(folder, "test.tlstrace"), named, []));
  return new TraceDocument("file:///test.tlstrace", text, profiles);
};
const head = "device eth0 profile=connectx mtu=1500\nconnection web device=eth0\n";

/** What is offered at `|`, and the document that it is offered in. */
function offered(text: string, canReplace = false): { document: TraceDocument; items: CompletionItem[] } {
  const { text: whole, line, character } = marked(text);
  const document = documentOf(whole);
  return { document, items: completionsAt(document, { line, character }, canReplace) };
}

const labels = (text: string): string[] => offered(text).items.map(({ label }) => label);

test("what a list has already is not offered once more", () => {
  const rows: [text: string, not: string[], but: string[]][] = [
    ["  expect wire=match under connectx,|", ["connectx"], ["innova", "v5.8"]],
    ["  expect wire=match under |,v5.8,innova", ["v5.8", "innova"], ["connectx", "v6.1"]],
    ["  expect wire=match under bnxt,conn|,innova", ["bnxt", "innova"], ["connectx"]],
    ["  expect wire=match under connectx@v5.8,connectx@|", ["connectx@v5.8"], ["connectx@v6.1"]],
  ];
  for (const [text, not, but] of rows) {
    const found = labels(`${head}+0 web send 100\n${text}`);
    for (const label of not) assert.ok(!found.includes(label), `${text}: ${label}`);
    for (const label of but) assert.ok(found.includes(label), `${text}: ${label}`);
  }
  assert.deepEqual(labels("device a\ndevice b\ndevice c\ndevice d slaves=|,a,c"), ["b"]);
  for (const line of ["+0 eth0 become", "  expect resync under"]) {
    const more = labels(`${head}+0 web send 100\n${line} connectx/long-dump+stale-lookup+|`);
    assert.ok(more.includes("connectx/long-dump+stale-lookup+marked-skip"), line);
    assert.ok(!more.some((label) => /\+(long-dump|stale-lookup)$/.test(label)), line);
  }
});

test("names are offered below their declaration, and NICs alone as slaves", () => {
  const above = "device a\ndevice b\ndevice bond slaves=a\nconnection x device=a\n";
  const below = "\ndevice z\nconnection y device=z\n";
  const rows: [line: string, names: string[]][] = [
    ["connection w device=|", ["a", "b", "bond"]],
    ["device more slaves=|", ["a", "b"]],
    ["device more slaves=b,|", ["a"]],
    ["connection w device=a reuses=|", ["x"]],
    ["+0 x reroute |", ["a", "b", "bond"]],
    ["+0 |", ["a", "b", "bond", "x"]],
    ["  expect rerouted device=|", ["a", "b", "bond"]],
    ["  expect counter | tx_tls_ooo=0", ["a", "b", "bond", "x"]],
  ];
  for (const [line, names] of rows) {
    const found = labels(above + line + below).filter((label) => !label.includes("="));
    assert.deepEqual(found, names, line);
  }
  assert.deepEqual(labels(`device more slaves=|\n${above}`), []);
});

test("what is right is not offered to be expected not to be", () => {
  assert.ok(!labels(`${head}+0 web send 100\n expect no wire=|`).includes("match"));
  assert.ok(labels(`${head}+0 web send 100\n expect wire=|`).includes("match"));
});

test("bugs are offered behind a slash only, and behind that of any file, too", () => {
  assert.ok(labels("device a profile=chelsio-t6|").includes("chelsio-t6"));
  assert.ok(labels("device a profile=chelsio-t61|").includes("connectx"));
  const own = readFileSync(path.join(folder, "my-nic.tlstrace"), "utf8");
  assert.ok(labels(`${own}\n expect wire=match under |`).includes("./my-nic.nic.json"));
  const bugs = labels(`${own}\n expect wire=match under ./my-nic.nic.json/|`);
  assert.ok(bugs.length > 0 && bugs.every((bug) => bug.startsWith("./my-nic.nic.json/")), bugs.join());
  // A counter of the file's own driver.
  assert.ok(labels(`${own}\n expect counter |`).includes("ktls_replayed_bytes="));
});

test("the next segment holds what TCP has, and no more", () => {
  const rows: [above: string, offered: string[]][] = [
    // Nothing was written.
    ["", []],
    // 3000 bytes and 29 of a record (TLS 1.2, AES-GCM): 1448 a packet, the last one the rest.
    ["+0 web send 3000", ["0:1448(1448)"]],
    ["+0 web send 3000\n+0 web > 0:1448(1448)\n+0 web > 1448:2896(1448)", ["2896:3029(133)"]],
    ["+0 web send 3000\n+0 web > 0:3029(3029)", []],
    ["+0 web send 3000\n+0 web > 0:3029(3029)\n+0 web > 0:1448(1448)", []],
    // An open record is not TCP's yet.
    ["+0 web send 100 more", []],
    ["+0 web send 100 more\n+0 web send 0", ["0:129(129)"]],
  ];
  // What stands below the line is not there yet.
  for (const [above, found] of rows)
    assert.deepEqual(labels(`${head}${above}\n+0 web > |\n+0 web send 5000`), found, above);
});

/** The last line once something is taken: as it is written, and where the client can, with the word's rest gone. */
function taken(text: string, label: string): string[] {
  const at = (edit: TextEdit | InsertReplaceEdit) =>
    "range" in edit ? [edit.range] : [edit.insert, edit.replace];
  return [false, true].flatMap((canReplace) => {
    const { document, items } = offered(text, canReplace);
    const item = items.find((one) => one.label === label)!;
    const source = TextDocument.create(document.uri, "tlstrace", 1, document.text);
    const edits = at(item.textEdit!).map((range) => ({ range, newText: item.textEdit!.newText }));
    return edits.map((edit) => TextDocument.applyEdits(source, [edit]).split("\n").at(-1)!);
  });
}

test("what is taken goes in at the place, and can take the place of the word's rest", () => {
  const rows: [text: string, label: string, inserted: string, replaced: string][] = [
    [`${head}+0 web se|d 100`, "send", "+0 web sendd 100", "+0 web send 100"],
    ["device a ke|rnel=v5.8", "kernel=", "device a kernelrnel=v5.8", "device a kernel=v5.8"],
    ["device a kernel|=v5.8", "kernel=", "device a kernel=v5.8", "device a kernel=v5.8"],
    ["device a kernel=v|5.8", "v6.1", "device a kernel=v6.15.8", "device a kernel=v6.1"],
    [
      "device a\ndevice b\ndevice c\ndevice d slaves=|b,c",
      "a",
      "device d slaves=ab,c",
      "device d slaves=a,c",
    ],
    [`${head}+0 web > 0:1(1) qu|eue=1`, "lost", "+0 web > 0:1(1) losteue=1", "+0 web > 0:1(1) lost"],
    ["device a |", "mtu=", "device a mtu=", "device a mtu="],
  ];
  for (const [text, label, inserted, replaced] of rows)
    assert.deepEqual(taken(text, label), [inserted, inserted, replaced], text);
});

/** Kinds of values of which all that can stand at a place is known. */
const closed: ReadonlySet<ValueKind | null> = new Set<ValueKind>([
  "device",
  "devices",
  "connection",
  "owner",
  "kernel",
  "version",
  "cipher",
  "effect",
  "verdict",
  "settable",
]);

test("every word of every sample is offered where it stands, from its first letter on", () => {
  let words = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".tlstrace"))) {
    const document = documentOf(readFileSync(path.join(folder, file), "utf8"));
    for (const line of document.lines.slice(0, 100).keys())
      for (const { role, part, text, start, end } of document.statement(line).tokens) {
        if (role === "comment" || (role === "value" && !closed.has(part!.value))) continue;
        for (const character of [start, start + 1, end]) {
          const found = completionsAt(document, { line, character }, false).map(({ label }) => label);
          assert.ok(found.includes(text) || found.includes(`${text}=`), `${file}:${line + 1} ${text}`);
          words++;
        }
      }
  }
  assert.ok(words > 1000);
});
