import assert from "node:assert/strict";
import { test } from "node:test";
import type * as lsp from "vscode-languageserver-types";
import { seeded } from "../simulator/mutate.ts";
import { Client } from "./client.ts";

const methods = [
  "completion",
  "hover",
  "signatureHelp",
  "definition",
  "references",
  "documentHighlight",
  "prepareRename",
  "rename",
  "documentSymbol",
  "foldingRange",
  "documentLink",
  "codeAction",
  "formatting",
  "rangeFormatting",
  "semanticTokens/full",
  "semanticTokens/full/delta",
  "semanticTokens/range",
  "inlayHint",
  "codeLens",
  "noSuchThing",
];

const text =
  "device eth0\nconnection web device=eth0\n+0 web send 100\n+0 web > 0:129(129)\n  expect encrypted\n";

/** What a message can have where something else belongs. */
function anything(random: () => number, uri: string): unknown {
  const values = [
    null,
    undefined,
    -1,
    0,
    3,
    1.5,
    1e300,
    "",
    "x",
    uri,
    "file:///not/open.tlstrace",
    "%",
    true,
    [],
    {},
    { line: 2, character: 8 },
    { line: -5, character: -1 },
    { line: "a", character: null },
    { start: { line: 4, character: 0 }, end: { line: 0, character: 0 } },
    { start: { line: 0, character: 0 }, end: { line: 1e9, character: 1e9 } },
    { includeDeclaration: "yes" },
    { diagnostics: null },
  ];
  return values[Math.floor(random() * values.length)];
}

const keysOf = ["position", "range", "context", "newName", "options", "previousResultId"];

test("a server stands whatever a client asks and says, and goes on with the documents that it has", async () => {
  const client = await new Client().initialize();
  const document = client.open(text);
  assert.deepEqual(await document.diagnostics(), []);
  const random = seeded(5);
  for (let round = 0; round < 600; round++) {
    const method = `textDocument/${methods[round % methods.length]}`;
    const own = Object.fromEntries(
      keysOf.filter(() => random() < 0.7).map((key) => [key, anything(random, document.uri)]),
    );
    const of = random() < 0.8 ? { uri: document.uri } : anything(random, document.uri);
    const params = random() < 0.95 ? { textDocument: of, ...own } : anything(random, document.uri);
    const { result, error } = await client.answer(method, params);
    assert.ok(result !== undefined || typeof error?.message === "string", JSON.stringify({ method, params }));
    if (round % 20 === 0) {
      const unheard = ["didChange", "didClose", "didSave", "didFly"].map((name) => `textDocument/${name}`);
      client.say(unheard[(round / 20) % 4]!, anything(random, "file:///not/open.tlstrace"));
      client.say("workspace/didChangeWatchedFiles", anything(random, document.uri));
      client.say("$/cancelRequest", { id: Math.floor(1000 * random()) });
    }
  }
  document.change({ text: `${text}+0 web sned 1\n` });
  assert.equal((await document.diagnostics()).length, 1);
  const hover = await document.at<{ contents: lsp.MarkupContent }>("hover", 2, 8);
  assert.match(hover.contents.value, /sendmsg/);
  assert.equal(await client.end(), 0);
});

test("a server ends where its client does, and when its input is no message", async () => {
  for (const end of ["close", "exit"]) {
    const client = await new Client().initialize();
    const gone = new Promise((resolve) => client.process.once("exit", resolve));
    if (end === "close") client.process.stdin!.end();
    else client.say("exit", null);
    // Without a shutdown before, exit is a failure (LSP, “Exit Notification”).
    assert.equal(await gone, 1, end);
  }
});
