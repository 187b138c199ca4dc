import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { TextDocument } from "vscode-languageserver-textdocument";
import type * as lsp from "vscode-languageserver-types";
import { fileUri } from "../../node/file-uri.ts";
import { Client, type Document, marked } from "./client.ts";

let client: Client;
before(async () => {
  const parameterInformation = { labelOffsetSupport: true };
  const signatureHelp = { signatureInformation: { parameterInformation } };
  client = await new Client().initialize({ capabilities: { textDocument: { signatureHelp } } });
});
after(async () => {
  assert.equal(await client.end(), 0);
  assert.equal(client.errors, "");
});

const head = "device eth0 profile=connectx mtu=1500\nconnection web device=eth0\n";

/** What is answered about the place that `|` marks. */
async function at<Answer>(method: string, text: string, more: object = {}): Promise<Answer> {
  const { text: whole, line, character } = marked(text);
  const document = client.open(whole);
  const answer = await document.at<Answer>(method, line, character, more);
  document.close();
  return answer;
}

const placed = ({ range: { start, end } }: { range: lsp.Range }) =>
  `${start.line}:${start.character}-${end.character}`;

const story = `device a
device b
device bond slaves=a,b
connection web device=bond
connection next device=a reuses=web
+0 web send 100
+0 a down
+0 web reroute b
  expect counter b tx_tls_ooo=0
  expect counter web tx_tls_ooo=0
  expect device-down device=a
`;

test("a name leads to its declaration, and to every place that it stands in", async () => {
  const rows: [mark: string, definition: string, references: string[]][] = [
    ["device=bo|nd", "2:7-11", ["2:7-11", "3:22-26"]],
    ["+0 |a down", "0:7-8", ["0:7-8", "2:19-20", "4:23-24", "6:3-4", "10:28-29"]],
    ["slaves=a,|b", "1:7-8", ["1:7-8", "2:21-22", "7:15-16", "8:17-18"]],
    ["reuses=w|eb", "3:11-14", ["3:11-14", "4:32-35", "5:3-6", "7:3-6", "9:17-20"]],
  ];
  for (const [mark, definition, references] of rows) {
    const text = story.replace(mark.replace("|", ""), mark);
    assert.equal(placed(await at<lsp.Location>("definition", text)), definition, mark);
    const context = { context: { includeDeclaration: true } };
    assert.deepEqual((await at<lsp.Location[]>("references", text, context)).map(placed), references, mark);
    assert.deepEqual((await at<lsp.Location[]>("documentHighlight", text)).map(placed), references, mark);
    const others = await at<lsp.Location[]>("references", text, { context: { includeDeclaration: false } });
    assert.deepEqual(others.map(placed), references.slice(1), mark);
  }
  assert.equal(await at("definition", story.replace("send 100", "se|nd 100")), null);
});

/** The document's text with the edits of an answer. */
function changed(text: string, { changes }: lsp.WorkspaceEdit): string {
  const [edits] = Object.values(changes!);
  return TextDocument.applyEdits(TextDocument.create("file:///a", "tlstrace", 1, text), edits!);
}

test("a rename changes every place and nothing else", async () => {
  const text = story.replace("slaves=a,", "slaves=a|,");
  assert.equal(placed({ range: (await at<{ range: lsp.Range }>("prepareRename", text)).range }), "2:19-20");
  const edit = await at<lsp.WorkspaceEdit>("rename", text, { newName: "émile🦀" });
  const expected = story
    .replace("device a", "device émile🦀")
    .replace("slaves=a", "slaves=émile🦀")
    .replace("device=a reuses", "device=émile🦀 reuses")
    .replace("+0 a down", "+0 émile🦀 down")
    .replace("device-down device=a", "device-down device=émile🦀");
  assert.equal(changed(story, edit), expected);
});

test("a name that cannot be is refused with the reason", async () => {
  const rows: [newName: string, why: RegExp][] = [
    ["b", /b is already declared/],
    ["two words", /a name is one word/],
    ["#a", /a name is one word/],
    ["a,b", /a name is one word/],
    ["", /a name is one word/],
    ["\u202e", /a name is one word/],
    ["x".repeat(33), /at most 32 bytes/],
  ];
  for (const [newName, why] of rows)
    await assert.rejects(at("rename", story.replace("connection web", "connection |web"), { newName }), why);
  // It stands somewhere, and its lines would become the renamed one's.
  const ghost = `${story.replace("connection web", "connection |web")}+0 ghost send 100\n`;
  await assert.rejects(
    at("rename", ghost, { newName: "ghost" }),
    /ghost is named already, and declared nowhere/,
  );
  await assert.rejects(
    at("rename", story.replace("send", "se|nd"), { newName: "x" }),
    /no device or connection/,
  );
});

test("signature help shows the line's form, and which part of it stands at the place", async () => {
  const rows: [text: string, label: RegExp, active: string | null][] = [
    [`${head}+0 web send |`, /^\+SECONDS CONNECTION send LENGTH \[more\|eor\]/, "LENGTH"],
    [`${head}+0 web > |`, /START:END\(LENGTH\)/, "START:END(LENGTH)"],
    ["device a mtu=|", /^device NAME/, "mtu"],
    [`${head}+0 web < ack 5 sack |`, /ack N/, "sack"],
    [
      `${head}+0 web > 0:0(0)\n  expect dropped length=|`,
      /^expect \[no\] dropped \[reason=…\] \[length=…\]/,
      "length",
    ],
    // A word that has a part in the line, as one is in it or behind it.
    [`${head}+0 web > 0:0(0) lo|st`, /START:END/, "lost"],
    [`${head}+0 web < ack|`, /ack N/, "ack"],
    [`${head}+0 web > 0:0(0)\n  expect dropped len|gth=1`, /dropped/, "length"],
    // Where no part stands none is shown: of parameters a client always shows one.
    [`${head}+0 web install |`, /install/, null],
    [`${head}+0 web > 0:0(0) |`, /START:END/, null],
  ];
  for (const [text, label, active] of rows) {
    const help = await at<lsp.SignatureHelp>("signatureHelp", text);
    const [signature] = help.signatures;
    assert.match(signature!.label, label, text);
    assert.equal(help.activeParameter === undefined, signature!.parameters!.length === 0, text);
    const parameter = signature!.parameters![help.activeParameter!];
    const [from, to] = (parameter?.label ?? [0, 0]) as [number, number];
    assert.equal(signature!.label.slice(from, to) || null, active, text);
  }
  assert.equal(await at("signatureHelp", "# a rem|ark"), null);
});

test("the outline has devices, connections and what remarks begin; folds are remarks, sections, expectations", async () => {
  const text = `# A trace of two parts.
# It begins here.
${head}
# First: in order.
+0 web send 100
+0 web > 0:100(100)
  expect encrypted
  expect wire=match

# Then again.
# With two remarks.
+0 web > 0:100(100)
`;
  const document = client.open(text);
  const symbols = await document.whole<lsp.DocumentSymbol[]>("documentSymbol");
  assert.deepEqual(
    symbols.map(({ name, range }) => `${name} ${range.start.line}-${range.end.line}`),
    ["eth0 2-2", "web 3-3", "First: in order. 5-9", "Then again. 11-13"],
  );
  const folds = await document.whole<lsp.FoldingRange[]>("foldingRange");
  const expected = ["5-9 region", "11-13 region", "0-1 comment", "7-9 undefined"];
  assert.deepEqual(
    folds.map(({ startLine, endLine, kind }) => `${startLine}-${endLine} ${kind}`),
    expected,
  );
  document.close();
});

test("a profile file is a link, its mistakes are told, and they go once it is mended", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-lsp-"));
  const nic = path.join(folder, "my nic.json".replace(" ", "-"));
  writeFileSync(nic, '{ "base": "conectx" }');
  const text = "device a profile=./my-nic.json@v5.8\nconnection web device=a\n";
  const document = client.open(text, path.join(folder, "a.tlstrace"));
  const [link] = await document.whole<lsp.DocumentLink[]>("documentLink");
  assert.deepEqual([placed(link!), link!.target], ["0:17-30", fileUri(nic)]);
  assert.deepEqual((await document.at<lsp.Location>("definition", 0, 20)).uri, fileUri(nic));
  assert.match(String((await document.diagnostics())[0]!.message), /my-nic\.json:1:\d+: /);
  writeFileSync(nic, '{ "base": "connectx" }');
  client.say("workspace/didChangeWatchedFiles", { changes: [{ uri: fileUri(nic), type: 2 }] });
  assert.deepEqual(await document.diagnostics(), []);
  document.close();
  rmSync(folder, { recursive: true });
});

test("a profile file that is open has its mistakes told at their places", async () => {
  const document = client.open('{\n  "base": "conectx"\n}\n', "a.nic.json", "json");
  const [first] = await document.diagnostics();
  assert.equal(placed(first!), "1:10-19");
  document.change({ text: '{ "base": "connectx" }' });
  assert.deepEqual(await document.diagnostics(), []);
  assert.equal(await document.whole("documentSymbol"), null);
  document.close();
});

test("a client that can is asked for NIC files while they are written, and a trace has them as they stand there", async () => {
  const synchronization = { dynamicRegistration: true };
  const able = await new Client().initialize({ capabilities: { textDocument: { synchronization } } });
  const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-lsp-"));
  const file = path.join(folder, "own.nic.json");
  writeFileSync(file, '{ "base": "connectx" }');
  const trace = able.open(
    "device a profile=./own.nic.json\nconnection web device=a\n",
    path.join(folder, "a.tlstrace"),
  );
  assert.deepEqual(await trace.diagnostics(), []);
  const registered = able.asked
    .filter(({ method }) => method === "client/registerCapability")
    .flatMap(
      ({ params }) =>
        (params as { registrations: { method: string; registerOptions: object }[] }).registrations,
    );
  assert.deepEqual(registered.map(({ method, registerOptions }) => [method, registerOptions]).sort(), [
    ["textDocument/didChange", { documentSelector: [{ pattern: "**/*.nic.json" }], syncKind: 2 }],
    ["textDocument/didClose", { documentSelector: [{ pattern: "**/*.nic.json" }] }],
    ["textDocument/didOpen", { documentSelector: [{ pattern: "**/*.nic.json" }] }],
  ]);
  // What is written and not saved, and what the file has again once it is closed unsaved.
  const told = (fits: (diagnostics: readonly lsp.Diagnostic[]) => boolean) =>
    able.said(
      ({ method, params }) =>
        method === "textDocument/publishDiagnostics" &&
        params?.uri === trace.uri &&
        fits(params.diagnostics!),
    );
  const edited = able.open('{ "base": "conectx" }', file, "json");
  await told(([first]) => /base/.test(String(first?.message)));
  edited.change({ text: '{ "base": "innova" }' });
  await told(({ length }) => length === 0);
  edited.change({ text: "{" });
  await told(({ length }) => length > 0);
  edited.close();
  await told(({ length }) => length === 0);
  assert.equal(await able.end(), 0);
  rmSync(folder, { recursive: true });
});

test("a profile file of the workspace may be named, one outside may not", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-lsp-"));
  writeFileSync(path.join(folder, "mine.json"), '{ "base": "innova" }');
  mkdirSync(path.join(folder, "traces"));
  const text = "device a profile=../mine.json\nconnection web device=a\n";
  const document = client.open(text, path.join(folder, "traces", "a.tlstrace"));
  assert.match(String((await document.diagnostics())[0]!.message), /outside the folder of the trace/);
  const added = [{ uri: fileUri(folder), name: "folder" }];
  client.say("workspace/didChangeWorkspaceFolders", { event: { added, removed: [] } });
  assert.deepEqual(await document.diagnostics(), []);
  const own = await new Client().initialize({ workspaceFolders: added });
  const same = own.open(text, path.join(folder, "traces", "b.tlstrace"));
  assert.deepEqual(await same.diagnostics(), []);
  await own.end();
  document.close();
  rmSync(folder, { recursive: true });
});

/** Applies the first quick fix whose title fits, at the first diagnostic. */
async function fixed(text: string, title: RegExp): Promise<string> {
  const document: Document = client.open(text);
  const [first] = await document.diagnostics();
  const context = { diagnostics: [first] };
  const actions = await document.whole<lsp.CodeAction[]>("codeAction", { range: first!.range, context });
  document.close();
  const action = actions.find((one) => title.test(one.title));
  assert.ok(action, `${text}: ${actions.map((one) => one.title).join("; ")}`);
  return changed(text, action.edit!);
}

test("fixes of a whole long file leave what is typed its turn, and are none of what was changed meanwhile", async () => {
  const lines = Array.from({ length: 9000 }, () => "+0 web send 100\n").join("");
  const wrong = "+0 web sned 100\n".repeat(60);
  const document: Document = client.open(head + lines + wrong);
  const mistakes = await document.diagnostics();
  const range = { start: { line: 0, character: 0 }, end: { line: 1e5, character: 0 } };
  const asking = { range, context: { diagnostics: [] } };
  const all = await document.whole<lsp.CodeAction[]>("codeAction", asking);
  assert.deepEqual(
    all.filter(({ isPreferred }) => isPreferred).map(({ diagnostics }) => diagnostics![0]),
    mistakes,
  );
  const order: string[] = [];
  const cut = document.whole("codeAction", asking).then((answer) => order.push(`fixes ${answer}`));
  document.change({ range: { start: range.start, end: range.start }, text: "# typed\n" });
  await document.diagnostics().then((told) => order.push(`${told.length} mistakes`));
  await cut;
  assert.deepEqual(order, ["fixes null", "60 mistakes"]);
  document.close();
});

test("a quick fix mends the mistake that it stands at", async () => {
  const event = (line: string) => `${head}+0 web send 3000\n${line}\n`;
  const rows: [text: string, title: RegExp, mended: string][] = [
    [
      "device a profile=conectx\nconnection w device=a",
      /connectx/,
      "device a profile=connectx\nconnection w device=a",
    ],
    ["device a kernl=v5.8\nconnection w device=a", /kernel=/, "device a kernel=v5.8\nconnection w device=a"],
    ["device a kernel=v5.9\nconnection w device=a", /v5\.8/, "device a kernel=v5.8\nconnection w device=a"],
    [
      "device a\nconnection w device=b",
      /Declare device/,
      "device a\ndevice  b profile=connectx mtu=1500\nconnection w device=b",
    ],
    ["device abc\nconnection w device=abd", /Change to/, "device abc\nconnection w device=abc"],
    [event("+0 web sned 10"), /send/, event("+0 web send 10")],
    [event("+0 wbe send 10"), /web/, event("+0 web send 10")],
    [
      event("+0 mail send 10"),
      /Declare/,
      `${head}connection mail device=eth0\n+0 web send 3000\n+0 mail send 10\n`,
    ],
    [event("+0 web send 10 mor"), /more/, event("+0 web send 10 more")],
    [event("+0 web send 10 more more"), /Leave out/, event("+0 web send 10 more")],
    [event("+0 web > 0:1448(1447)"), /1448/, event("+0 web > 0:1448(1448)")],
    [event("+0 web > 0:9999(9999)"), /3029/, event("+0 web > 0:3029(3029)")],
    [event("+0 web merge 0:9999"), /3029/, event("+0 web merge 0:3029")],
    [event("+0 web > 5:0(5)"), /0:5/, event("+0 web > 0:5(5)")],
    [event("+0 web close now"), /Leave out `now`/, event("+0 web close")],
    [event("  expect recync record=0"), /resync/, event("  expect resync record=0")],
    [event("  expect record-pushed lenght=1"), /length=/, event("  expect record-pushed length=1")],
    [event("  expect wire=mach"), /match/, event("  expect wire=match")],
    [event("  expect wire=match under conectx"), /connectx/, event("  expect wire=match under connectx")],
    [event("  expect counter tx_tls_oo=1"), /tx_tls_ooo=/, event("  expect counter tx_tls_ooo=1")],
    ["", /Declare a device/, "device  eth0 profile=connectx mtu=1500\nconnection web device=eth0\n"],
  ];
  const wrong: string[] = [];
  for (const [text, title, mended] of rows) {
    const result = await fixed(text, title).catch((error: Error) => error.message);
    if (result !== mended) wrong.push(`${JSON.stringify(text)} → ${JSON.stringify(result)}`);
  }
  assert.deepEqual(wrong, []);
});

test("words are told by what they are; what changed is told as an edit of what was told before", async () => {
  const document = client.open("device eth0 mtu=9000 # ring\n+0 eth0 down\n");
  const whole = await document.whole<lsp.SemanticTokens>("semanticTokens/full");
  const { legend } = client.capabilities.semanticTokensProvider as { legend: lsp.SemanticTokensLegend };
  const decoded = (data: number[]) => {
    const words: string[] = [];
    let [line, start] = [0, 0];
    for (let i = 0; i < data.length; i += 5) {
      const [down, right, length, type, modifiers] = data.slice(i, i + 5) as [
        number,
        number,
        number,
        number,
        number,
      ];
      [line, start] = [line + down, down === 0 ? start + right : right];
      words.push(
        `${line}:${start}+${length} ${legend.tokenTypes[type]}${modifiers === 1 ? " declaration" : ""}`,
      );
    }
    return words;
  };
  assert.deepEqual(decoded(whole.data), [
    "0:0+6 keyword",
    "0:7+4 class declaration",
    "0:12+3 property",
    "0:16+4 number",
    "0:21+6 comment",
    "1:0+2 number",
    "1:3+4 class",
    "1:8+4 keyword",
  ]);
  document.change({
    range: { start: { line: 0, character: 12 }, end: { line: 0, character: 20 } },
    text: "kernel=v5.8",
  });
  const delta = await document.whole<lsp.SemanticTokensDelta>("semanticTokens/full/delta", {
    previousResultId: whole.resultId,
  });
  const data = [...whole.data];
  for (const { start, deleteCount, data: put = [] } of [...delta.edits].reverse())
    data.splice(start, deleteCount, ...put);
  const anew = await document.whole<lsp.SemanticTokens>("semanticTokens/full");
  assert.deepEqual(data, anew.data);
  assert.ok(delta.edits.length > 0 && decoded(data).includes("0:19+4 type"));
  const range = { start: { line: 1, character: 0 }, end: { line: 1, character: 3 } };
  const part = await document.whole<lsp.SemanticTokens>("semanticTokens/range", { range });
  assert.deepEqual(decoded(part.data), decoded(anew.data).slice(-3));
  document.close();
});
