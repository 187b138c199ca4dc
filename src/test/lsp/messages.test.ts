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

// JSON-RPC 2.0, section 5.1: -32602, invalid method parameters.
test("parameters that are not their method's are refused with their place, and end nothing", async () => {
  const client = await new Client().initialize();
  const { uri } = client.open(text);
  const textDocument = { uri };
  const position = { line: 2, character: 8 };
  const range = { start: position, end: position };
  const rows: [method: string, params: unknown, says: RegExp][] = [
    ...methods
      .slice(0, -1)
      .map((method): [string, unknown, RegExp] => [
        method,
        {},
        /params\.textDocument is an object, not left out/,
      ]),
    ["hover", null, /params is an object, not null/],
    ["hover", [], /./],
    ["hover", "x", /params is an object, not a string/],
    ["hover", 7, /params is an object, not a number/],
    ["hover", undefined, /./],
    ["hover", { textDocument: { uri: 7 }, position }, /params\.textDocument\.uri is a string, not a number/],
    ["hover", { textDocument }, /params\.position is an object, not left out/],
    [
      "hover",
      { textDocument, position: { line: "2", character: 8 } },
      /params\.position\.line is a whole number/,
    ],
    ["hover", { textDocument, position: { line: -1, character: 8 } }, /line is a whole number from 0/],
    ["hover", { textDocument, position: { line: 1.5, character: 8 } }, /line is a whole number from 0/],
    ["rangeFormatting", { textDocument, range: { start: position } }, /params\.range\.end is an object/],
    ["rename", { textDocument, position, newName: null }, /params\.newName is a string, not null/],
    ["references", { textDocument, position }, /params\.context is an object/],
    ["codeAction", { textDocument, range, context: { only: "quickfix" } }, /params\.context\.only is a list/],
    ["codeAction", { textDocument, range, context: { only: [7] } }, /params\.context\.only\[0\] is a string/],
  ];
  for (const [method, params, says] of rows) {
    const { error } = await client.answer(`textDocument/${method}`, params);
    assert.equal(error?.code, -32602, `${method} ${JSON.stringify(params)}: ${error?.message}`);
    assert.match(error!.message, says);
  }
  for (const params of [null, [], 7, {}]) client.say("$/cancelRequest", params);
  client.say("textDocument/didOpen", { textDocument: { uri, languageId: "tlstrace", version: 9, text: 7 } });
  client.say("textDocument/didChange", { textDocument: { uri, version: 2 }, contentChanges: 7 });
  const { result } = await client.answer("textDocument/hover", { textDocument, position });
  assert.ok(result);
  assert.equal(await client.end(), 0);
  assert.equal(client.errors, "");
});

test("an initialize without its parameters is refused, and may come again", async () => {
  const client = new Client();
  for (const params of [undefined, null, 7, { capabilities: 7 }])
    assert.equal((await client.answer("initialize", params)).error?.code, -32602);
  await client.initialize();
  assert.equal(await client.end(), 0);
});

test("what is not the protocol ends a server with one line and status 2, as soon as it has come", async () => {
  for (const [bytes, says] of [
    ["GET / HTTP/1.1\r\n\r\n", /begins with/],
    ["?\r\n\r\n", /begins with/],
    ["hello\n", /begins with "Content-Length:"/],
    ["\r\n\r\n{}", /begins with/],
    ["Content-Length: -1\r\n\r\n", /takes the number/],
    ["Content-Length: NaN\r\n\r\n", /takes the number/],
    ["Content-Length: 1e99\r\n\r\n", /takes the number/],
    ["Content-Length: 99999999999\r\n\r\n", /268435456 bytes at most/],
    ["Content-Length: 2\n\n{}", /CR LF/],
    ["Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", /once, not 2 times/],
    ["Content-Type: x\r\n\r\n{}", /once, not 0 times/],
    ["Content-Type: x; charset=latin1\r\n", /UTF-8/],
  ] as const) {
    const client = await new Client().initialize();
    const gone = new Promise((resolve) => client.process.once("close", resolve));
    client.write(bytes);
    assert.equal(await gone, 2, bytes);
    assert.match(client.errors, says);
    assert.match(
      client.errors,
      /^tlstrace lsp: what comes in is not the Language Server Protocol: [^\n]*\n$/,
    );
  }
});

test("an input that ends within a message ends a server with one line and status 2", async () => {
  for (const bytes of ["Content-Le", "Content-Length: 9\r\n\r\n{"]) {
    const client = await new Client().initialize();
    const gone = new Promise((resolve) => client.process.once("close", resolve));
    client.process.stdin!.end(bytes);
    assert.equal(await gone, 2, bytes);
    assert.match(client.errors, /^tlstrace lsp: .*the input ends within [^\n]*\n$/);
  }
});

// JSON-RPC 2.0, section 5.1.
test("a body that is no message is answered and ends nothing", async () => {
  const client = await new Client().initialize();
  for (const [body, code, id] of [
    ["", -32700, null],
    ["{", -32700, null],
    ["7", -32600, null],
    ["null", -32600, null],
    ["[]", -32600, null],
    ['[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]', -32600, null],
    ["{}", -32600, null],
    ['{"jsonrpc":"2.0","id":"a"}', -32600, "a"],
    ['{"jsonrpc":"2.0","id":"b","method":7}', -32600, "b"],
    ['{"jsonrpc":"2.0","id":{},"method":"shutdown"}', -32600, null],
    ['{"jsonrpc":"2.0","id":null,"method":"shutdown"}', -32600, null],
  ] as const) {
    client.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    const { id: answered, error } = await client.said((message) => message.error !== undefined);
    assert.deepEqual([error!.code, answered], [code, id], body);
  }
  assert.equal(await client.end(), 0);
  assert.equal(client.errors, "");
});

test("a server ends where its client does", async () => {
  // What came before the end is answered.
  const hasty = new Client();
  const over = new Promise((resolve) => hasty.process.once("exit", resolve));
  const begun = hasty.answer("initialize", { processId: null, rootUri: null, capabilities: {} });
  hasty.process.stdin!.end();
  assert.ok((await begun).result);
  assert.equal(await over, 1);
  for (const end of ["close", "exit"]) {
    const client = await new Client().initialize();
    const gone = new Promise((resolve) => client.process.once("exit", resolve));
    if (end === "close") client.process.stdin!.end();
    else client.say("exit", null);
    // Without a shutdown before, exit is a failure (LSP, “Exit Notification”).
    assert.equal(await gone, 1, end);
  }
});
