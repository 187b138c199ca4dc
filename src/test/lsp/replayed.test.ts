import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type * as lsp from "vscode-languageserver-types";
import { bytesText } from "../../language/lenses.ts";
import { Client } from "./client.ts";

let client: Client;
before(async () => {
  const commands = ["tlstrace.debugFile", "tlstrace.debugAs"];
  client = await new Client().initialize({ initializationOptions: { commands } });
});
after(async () => {
  assert.equal(await client.end(), 0);
  assert.equal(client.errors, "");
});

/**
 * 40000 bytes are records of 16384, 16384 and 7232 bytes and 29 more each (TLS 1.2, AES-GCM): 16413 + 16413 + 7261 =
 * 40087. The last packet starts in record 1, 4344 bytes behind its start, which are replayed.
 */
const story = `# One out of order.
device  eth0 profile=connectx mtu=1500
connection web device=eth0 version=1.2 seq=4294960000 rec_seq=1
+0     web send 40000  # three records
+.001  web > 0:1448(1448)
+0     web > 1448:2896(1448)  lost
+0     web > 2896:4344(1448)  qdisc-drop
+0     web > 4344:40087(35743)
       expect resync record=1 replayed=4344
       expect no plaintext under connectx/long-dump,v5.8
`;

test("lenses say what a replay says, and offer what the client can do", async () => {
  const document = client.open(story);
  const lenses = await document.whole<lsp.CodeLens[]>("codeLens");
  assert.deepEqual(
    lenses.map(({ command }) => [command!.title, command!.command]),
    [
      ["1 out of order · 4.3 kB replayed", ""],
      ["Debug", "tlstrace.debugFile"],
      ["Debug as connectx/long-dump", "tlstrace.debugAs"],
      ["Debug as v5.8", "tlstrace.debugAs"],
    ],
  );
  assert.deepEqual(lenses[2]!.command!.arguments, [document.uri, "connectx/long-dump"]);
  assert.ok(lenses.every(({ range }) => range.start.line === 1));
  document.change({ text: story.replace("replayed=4344", "replayed=4345") });
  const [said] = await document.whole<lsp.CodeLens[]>("codeLens");
  assert.equal(said!.command!.title, "1 out of order · 4.3 kB replayed · 1 of 1 expectation fails");
  document.close();
});

/** Hints as `line:character label`. */
async function hints(text: string, name = "test.tlstrace"): Promise<string[]> {
  const document = client.open(text, name);
  const range = { start: { line: 0, character: 0 }, end: { line: 100, character: 0 } };
  const found = await document.whole<lsp.InlayHint[]>("inlayHint", { range });
  document.close();
  return found.map(({ position: { line, character }, label }) => `${line}:${character} ${label}`);
}

test("hints are the records that a line pushed, and TCP's own numbers", async () => {
  assert.deepEqual(await hints(story), [
    "3:21 records 1–3, 0:40087",
    "4:25 seq 4294960000",
    "5:28 seq 4294961448",
    "6:28 seq 4294962896",
    "7:30 seq 4294964344",
  ]);
  // 2^32 − 4294960000 = 7296: what lies behind has wrapped.
  const wrapped = await hints(story.replace("4344:40087(35743)", "7296:40087(32791)"));
  assert.equal(wrapped.at(-1), "7:30 seq 0");
  // An open record is none yet; a `send 0` closes it: 100 + 29 bytes.
  const head = "device a\nconnection w device=a\n";
  assert.deepEqual(await hints(`${head}+0 w send 100 more\n+0 w send 0\n`), ["3:11 record 0, 0:129"]);
});

test("a script has them, too: the records of its writes, at their lines", async () => {
  const script = readFileSync("media/samples/fast-retransmit.pkt", "utf8");
  const line = script.split("\n").findIndex((text) => /\bwrite\(/.test(text));
  const found = await hints(script, "test.pkt");
  assert.match(found[0]!, new RegExp(`^${line}:\\d+ record`));
  const document = client.open(script, "test.pkt", "packetdrill");
  assert.deepEqual(
    await document.diagnostics().then((list) => list.filter(({ severity }) => severity === 1)),
    [],
  );
  const [said] = await document.whole<lsp.CodeLens[]>("codeLens");
  assert.match(said!.command!.title, /^\d+ out of order/);
  const hover = await document.at<{ contents: lsp.MarkupContent }>("hover", line, 3);
  assert.match(hover.contents.value, /send \d+/);
  const symbols = await document.whole<lsp.DocumentSymbol[]>("documentSymbol");
  assert.ok(symbols.length > 0);
  assert.deepEqual(await document.whole("formatting", { options: { tabSize: 8, insertSpaces: false } }), []);
  document.close();
});

test("what has nothing to replay has no lens, and a document that is closed is asked about in vain", async () => {
  const document = client.open("device eth0\n");
  assert.deepEqual(await document.whole("codeLens"), []);
  document.close();
  assert.equal(await document.whole("codeLens"), null);
});

test("sizes read as people say them", () => {
  const rows: [bytes: number, text: string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [5849, "5.8 kB"],
    [9949, "9.9 kB"],
    [9950, "10 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [2 ** 36, "69 GB"],
  ];
  for (const [bytes, text] of rows) assert.equal(bytesText(bytes), text);
});
