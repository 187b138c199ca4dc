import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import type * as lsp from "vscode-languageserver-types";
import { seeded } from "../simulator/mutate.ts";
import { Client, type Document } from "./client.ts";

let client: Client;
before(async () => {
  client = await new Client().initialize();
});
after(async () => {
  assert.equal(await client.end(), 0);
  assert.equal(client.errors, "");
});

/** Everything that is said of a document, but for how its results are numbered. */
async function everything(document: Document, line: number, character: number) {
  return { ...(await answers(document, line, character)), diagnostics: await document.diagnostics() };
}

async function answers(document: Document, line: number, character: number) {
  const range = { start: { line: 0, character: 0 }, end: { line: 1e6, character: 0 } };
  const context = { diagnostics: [] };
  const { data } = await document.whole<lsp.SemanticTokens>("semanticTokens/full");
  return {
    tokens: data,
    symbols: await document.whole("documentSymbol"),
    folds: await document.whole("foldingRange"),
    links: await document.whole("documentLink"),
    actions: await document.whole("codeAction", { range, context }),
    edits: await document.whole("formatting", { options: { tabSize: 8, insertSpaces: true } }),
    completion: await document.at("completion", line, character),
    hover: await document.at("hover", line, character),
    signature: await document.at("signatureHelp", line, character),
    definition: await document.at("definition", line, character),
    references: await document.at("references", line, character, { context: { includeDeclaration: true } }),
    rename: await document.at("prepareRename", line, character),
  };
}

/** Where an offset stands as the protocol counts: lines end with \n, \r\n and \r, columns are UTF-16. */
function positionOf(text: string, offset: number): lsp.Position {
  const before = text.slice(0, offset);
  const ends = [...before.matchAll(/\r\n|\n|\r(?!\n)/g)];
  // Between \r and \n is no place: it is the line's end.
  const isWithin = before.endsWith("\r") && text[offset] === "\n";
  const last = isWithin ? undefined : ends.at(-1);
  const begin = last === undefined ? 0 : last.index + last[0].length;
  return { line: ends.length, character: offset - begin };
}

const pieces = [
  "\n",
  "\r\n",
  " ",
  "  ",
  "#",
  " # 🦀 remark",
  "=",
  ",",
  "🦀",
  "\uFEFF",
  "é",
  "+0 web send 100 more\n",
  "device eth1 profile=conectx\n",
  "connection two device=eth1\n",
  "+.5 two > 0:10(10) lost\n",
  "  expect resync record=",
  "expect counter eth0 tx_tls_ooo=1\n",
  "profile=./nic.json",
  "under connectx,v5.8",
  "\u0000",
  "(",
  "1448",
];

const seeds = [
  "",
  "device eth0 profile=connectx mtu=1500\nconnection web device=eth0\n+0 web send 3000\n+0 web > 0:1448(1448)\n",
  readFileSync("media/samples/bond.tlstrace", "utf8"),
  readFileSync("media/samples/rekey-endings.tlstrace", "utf8").replaceAll("\n", "\r\n"),
];

test("a document that was changed by ranges is the one that is opened anew", async () => {
  const random = seeded(3);
  const below = (limit: number) => Math.floor(random() * limit);
  for (let round = 0; round < 24; round++) {
    let text = seeds[round % seeds.length]!;
    const document = client.open(text, "changed.tlstrace");
    for (let step = 0; step < 12; step++) {
      const changes = Array.from({ length: 1 + below(3) }, () => {
        const from = snapped(text, below(text.length + 1));
        const to = snapped(text, Math.min(text.length, from + (random() < 0.5 ? 0 : below(30))));
        const put = random() < 0.2 ? "" : pieces[below(pieces.length)]!;
        const range = { start: positionOf(text, from), end: positionOf(text, to) };
        text = text.slice(0, from) + put + text.slice(to);
        return { range, text: put };
      });
      document.change(...changes);
    }
    const place = positionOf(text, snapped(text, below(text.length + 1)));
    const changed = await everything(document, place.line, place.character);
    document.close();
    const anew = client.open(text, "changed.tlstrace");
    assert.deepEqual(await everything(anew, place.line, place.character), changed, JSON.stringify(text));
    anew.close();
  }
});

/** No place is within a line's end. */
const snapped = (text: string, offset: number): number =>
  text[offset - 1] === "\r" && text[offset] === "\n" ? offset - 1 : offset;

test("columns are UTF-16, lines end as they end, and a byte order mark is a character", async () => {
  const rows: [text: string, range: string][] = [
    ["device 🦀\nconnection 🦀🦀 device=🦀\n+0 🦀🦀 sned 1\n", "2:8-2:12"],
    ["device a\r\nconnection w device=a\r\n+0 w sned 1\r\n", "2:5-2:9"],
    ["device a\rconnection w device=a\r+0 w sned 1", "2:5-2:9"],
    ["\uFEFFdevice a mut=1\nconnection w device=a\n", "0:10-0:15"],
    ["device a mut=1\nconnection w device=a\n", "0:9-0:14"],
  ];
  for (const [text, range] of rows) {
    const document = client.open(text);
    const [first] = await document.diagnostics();
    const { start, end } = first!.range;
    assert.equal(
      `${start.line}:${start.character}-${end.line}:${end.character}`,
      range,
      JSON.stringify(text),
    );
    document.close();
  }
});

const broken = ["", "\n", "\uFEFF", "#", "=", "+", "expect", "device", "\u0000\u0001", "+0 a >\n".repeat(50)];
const tooLong = `+0 ${"x".repeat(20_000)} send 1`;
const outside = [
  [0, 0],
  [0, 1],
  [0, 20_000],
  [99, 3],
  [1e9, 1e9],
] as const;

test("every place of an empty document, of a broken one and of none is answered", async () => {
  for (const text of [...broken, tooLong]) {
    const document = client.open(text);
    for (const [line, character] of outside)
      await answers(document, line, character).catch((error: Error) =>
        assert.fail(`${JSON.stringify(text.slice(0, 40))} ${line}:${character}: ${error.message}`),
      );
    document.close();
  }
});

// Files of Linux have bytes for names (0xFF is none of UTF-8), and some clients escape nothing.
const nameless = [
  "%FF.tlstrace",
  "m%FCller.tlstrace",
  "%C3.tlstrace",
  "100%.tlstrace",
  "%E4/my-nic.tlstrace",
];

test("a document whose URI holds no text is one as others", async () => {
  const text = "device eth0 profile=%FF.nic.json\nconnection web device=eth0\n+0 web snd 1\n";
  const profile = client.open("{}", "%FF.nic.json", "json");
  for (const name of nameless) {
    const uri = `file:///traces/${name}`;
    client.say("textDocument/didOpen", {
      textDocument: { uri, languageId: "tlstrace", version: 1, text },
    });
    const { params } = await client.said(({ params }) => params?.uri === uri);
    assert.ok(
      params!.diagnostics!.some(({ message }) => /no event of this kind/.test(String(message))),
      name,
    );
    client.say("textDocument/didClose", { textDocument: { uri } });
  }
  profile.close();
});

test("every sample is without an error, in the language's words and in scripts", async () => {
  for (const file of readdirSync("media/samples").filter((name) => /\.(tlstrace|pkt)$/.test(name))) {
    const name = path.join("media/samples", file);
    const document = client.open(readFileSync(name, "utf8"), name);
    const errors = (await document.diagnostics()).filter(({ severity }) => severity === 1);
    assert.deepEqual(errors, [], file);
    document.close();
  }
});

test("ten thousand lines are answered as one is", async () => {
  const lines = Array.from(
    { length: 5000 },
    (_, i) => `+0 web send 1440\n+.001 web > ${i * 1469}:${(i + 1) * 1469}(1469)\n`,
  );
  const text = `device eth0\nconnection web device=eth0\n${lines.join("")}`;
  const document = client.open(text);
  assert.deepEqual(await document.diagnostics(), []);
  const place = { line: 9000, character: 3 };
  document.change({ range: { start: place, end: { line: 9000, character: 6 } }, text: "wbe" });
  assert.deepEqual(
    (await document.diagnostics()).map(({ range }) => range.start),
    [place],
  );
  const found: lsp.CompletionItem[] = await document.at("completion", 9000, 3);
  assert.deepEqual(
    found.map(({ label }) => label),
    ["eth0", "web"],
  );
  const references = await document.at<lsp.Location[]>("references", 1, 12, {
    context: { includeDeclaration: false },
  });
  assert.equal(references.length, 9999);
  document.close();
});
