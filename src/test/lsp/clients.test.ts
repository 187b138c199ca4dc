import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type * as lsp from "vscode-languageserver-types";
import { fileUri } from "../../node/file-uri.ts";
import { Client } from "./client.ts";

const text = "device eth0\nconnection web device=eth0\n+0 web send 100\n";
const uri = "file:///test.tlstrace";
const document = { textDocument: { uri } };
const opened = { textDocument: { uri, languageId: "tlstrace", version: 1, text } };
const place = { ...document, position: { line: 2, character: 8 } };

/** What an answer is refused with; null for one that is not. */
const refused = async (client: Client, method: string, params: unknown): Promise<number | null> =>
  (await client.answer(method, params)).error?.code ?? null;

test("initialize comes first and once, and nothing but exit behind shutdown", async () => {
  const client = new Client();
  const start = { processId: null, rootUri: null, capabilities: {} };
  assert.equal(await refused(client, "textDocument/hover", place), -32002);
  assert.equal(await refused(client, "shutdown", null), -32002);
  client.say("textDocument/didOpen", opened);
  assert.equal(await refused(client, "initialize", start), null);
  assert.equal(await client.ask("textDocument/hover", place), null, "opened before initialize");
  client.say("textDocument/didOpen", opened);
  assert.equal(await refused(client, "initialize", start), -32600);
  assert.notEqual(await client.ask("textDocument/hover", place), null);
  assert.equal(await refused(client, "noSuchThing", {}), -32601);
  assert.equal(await refused(client, "shutdown", null), null);
  assert.equal(await refused(client, "textDocument/hover", place), -32600);
  assert.equal(await refused(client, "shutdown", null), -32600);
  const gone = new Promise((resolve) => client.process.once("exit", resolve));
  client.say("exit", null);
  assert.equal(await gone, 0);
});

test("a message that is not JSON is refused, and the next one answered", async () => {
  const client = await new Client().initialize();
  for (const body of ["{not json", "", "{"]) {
    client.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    const { error } = await client.said(({ id, error }) => id === null && error !== undefined);
    assert.equal(error!.code, -32700, body);
  }
  assert.equal(await client.ask("textDocument/hover", place), null);
  assert.equal(await client.end(), 0);
});

/** What clients that can do much say of themselves. */
const much = {
  workspace: {
    didChangeWatchedFiles: { dynamicRegistration: true },
    codeLens: { refreshSupport: true },
    inlayHint: { refreshSupport: true },
  },
  textDocument: {
    completion: { completionItem: { insertReplaceSupport: true } },
    hover: { contentFormat: ["markdown", "plaintext"] },
    signatureHelp: { signatureInformation: { parameterInformation: { labelOffsetSupport: true } } },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix"] } } },
    rename: { prepareSupport: true },
  },
};
const little = { textDocument: { hover: { contentFormat: ["plaintext"] } } };

let able: Client;
let plain: Client;
before(async () => {
  able = await new Client().initialize({ capabilities: much });
  plain = await new Client().initialize({ capabilities: little });
});
after(async () => {
  for (const client of [able, plain]) {
    assert.equal(await client.end(), 0);
    assert.equal(client.errors, "");
  }
});

/** The same question to a client that can do much, and to one that can do little. */
async function both<Answer>(method: string, line: number, character: number): Promise<[Answer, Answer]> {
  const [much, little] = await Promise.all(
    [able, plain].map((client) => client.open(text).at<Answer>(method, line, character)),
  );
  return [much!, little!];
}

test("a client is answered in what it can read", async () => {
  const [item, other] = (await both<lsp.CompletionItem[]>("completion", 2, 8)).map(
    ([first]) => first!.textEdit!,
  );
  assert.ok("insert" in item! && "replace" in item);
  assert.ok("range" in other!);

  const hovers = await both<{ contents: lsp.MarkupContent }>("hover", 2, 8);
  assert.deepEqual(
    hovers.map(({ contents: { kind } }) => kind),
    ["markdown", "plaintext"],
  );
  const [rich, bare] = hovers.map(({ contents: { value } }) => value);
  assert.match(rich!, /```tlstrace.*\[The trace language\]\(/s);
  assert.match(bare!, /^\+SECONDS CONNECTION send LENGTH.*sendmsg\(\).*\nThe trace language: file:/s);
  assert.doesNotMatch(bare!, /```|\]\(/);

  const [spans, words] = (await both<lsp.SignatureHelp>("signatureHelp", 2, 12)).map(
    ({ signatures: [first] }) => first!.parameters!.map(({ label }) => label),
  );
  assert.deepEqual(spans![0], [25, 31]);
  assert.equal(words![0], "LENGTH");

  const [nested, flat] = await both<(lsp.DocumentSymbol & { location?: lsp.Location })[]>(
    "documentSymbol",
    0,
    0,
  );
  assert.equal(nested![0]!.location, undefined);
  assert.deepEqual(flat![0]!.location!.range, nested![0]!.range);
  assert.match(flat![0]!.location!.uri, /test\.tlstrace$/);

  assert.deepEqual(able.capabilities.renameProvider, { prepareProvider: true });
  assert.deepEqual(able.capabilities.codeActionProvider, { codeActionKinds: ["quickfix"] });
  assert.equal(plain.capabilities.renameProvider, true);
  assert.equal(plain.capabilities.codeActionProvider, true);
});

test("fixes are given to who asks for fixes", async () => {
  const wrong = able.open(text.replace("send", "sned"), "wrong.tlstrace");
  const range = { start: { line: 0, character: 0 }, end: { line: 3, character: 0 } };
  const rows: [only: string[] | undefined, count: number][] = [
    [undefined, 1],
    [["quickfix"], 1],
    [[""], 1],
    [["source", "quickfix"], 1],
    [["source.organizeImports"], 0],
    [["quickfix.spelling"], 0],
    [["refactor"], 0],
  ];
  for (const [only, count] of rows) {
    const context = { diagnostics: [], ...(only && { only }) };
    const actions = await wrong.whole<lsp.CodeAction[]>("codeAction", { range, context });
    assert.equal(actions.length, count, only?.join());
  }
});

test("files that traces name are watched where the client can, and are read as they stand all the same", async () => {
  const { registrations } = able.asked.find(({ method }) => method === "client/registerCapability")!
    .params as {
    registrations: { method: string }[];
  };
  assert.deepEqual(
    registrations.map(({ method }) => method),
    ["workspace/didChangeWatchedFiles"],
  );
  assert.ok(!plain.asked.some(({ method }) => method === "client/registerCapability"));

  const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-lsp-"));
  const nic = path.join(folder, "my-nic.json");
  const trace = plain.open(
    "device a profile=./my-nic.json\nconnection web device=a\n",
    path.join(folder, "a.tlstrace"),
  );
  const messages = async () => (await trace.diagnostics()).map(({ message }) => String(message));
  assert.match((await messages()).join(), /my-nic\.json/);
  // It is there by now, which nobody told.
  writeFileSync(nic, '{ "base": "conectx" }');
  trace.change({ range: { start: { line: 2, character: 0 }, end: { line: 2, character: 0 } }, text: "# " });
  assert.match((await messages()).join(), /my-nic\.json:1:11: /);
  // It is mended in an editor, and not saved.
  const file = plain.open('{ "base": "connectx" }', nic, "json");
  assert.deepEqual(await messages(), []);
  file.change({ text: '{ "base": "innova", "x": 1 }' });
  assert.match((await messages()).join(), /my-nic\.json:1:21: /);
  // Closed without saving it is what is on the disk.
  file.close();
  assert.match((await messages()).join(), /my-nic\.json:1:11: /);
  writeFileSync(nic, '{ "base": "connectx" }');
  plain.say("textDocument/didSave", { textDocument: { uri: trace.uri } });
  assert.deepEqual(await messages(), []);
  rmSync(folder, { recursive: true });
});

test("paths that were written on the way are none that a trace names", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-lsp-"));
  writeFileSync(path.join(folder, "nic.json"), '{ "base": "connectx" }');
  const head = "device a profile=./";
  const trace = plain.open(`${head}.json\nconnection web device=a\n`, path.join(folder, "a.tlstrace"));
  const at = (character: number) => ({ line: 0, character: head.length + character });
  for (let i = 0; i < 70; i++) {
    trace.change({
      range: { start: at(0), end: at(i === 0 ? 0 : 1) },
      text: String.fromCodePoint(0x4e00 + i),
    });
    assert.notDeepEqual(await trace.diagnostics(), []);
  }
  trace.change({ range: { start: at(0), end: at(1) }, text: "nic" });
  assert.deepEqual(await trace.diagnostics(), []);
  rmSync(folder, { recursive: true });
});

test("what a replay says is asked for again when a file has changed that a trace may name", async () => {
  const asked = (method: string) => able.asked.filter((one) => one.method === method).length;
  const before = [asked("workspace/codeLens/refresh"), asked("workspace/inlayHint/refresh")];
  able.say("workspace/didChangeWatchedFiles", { changes: [{ uri: fileUri("/a.json"), type: 2 }] });
  able.open("device a profile=./a.json\n", "naming.tlstrace");
  able.say("workspace/didChangeWatchedFiles", { changes: [{ uri: fileUri("/a.json"), type: 2 }] });
  // Any answer comes behind what was asked.
  await able.open(text, "again.tlstrace").whole("foldingRange");
  assert.deepEqual(
    [asked("workspace/codeLens/refresh"), asked("workspace/inlayHint/refresh")],
    before.map((n) => n + 1),
  );
  assert.equal(plain.asked.length, 0);
});
