import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after, before } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { Secrets } from "../../test/secrets/leaks.ts";
import { cut } from "./answer.ts";
import { Given, tools } from "./tools.ts";

const cli = path.resolve("dist/cli.js");
const capture = path.resolve("media/samples/lossy.pcap");
const client = new Client({ name: "test", version: "1" });

before(() => client.connect(new StdioClientTransport({ command: process.execPath, args: [cli, "mcp"] })));
after(() => client.close());

async function call(
  name: string,
  args: Record<string, unknown>,
): Promise<{ text: string; isError: boolean }> {
  const { content, isError } = await client.callTool({ name, arguments: args });
  const [first] = content as { text: string }[];
  return { text: first!.text, isError: isError === true };
}

/** A call of each tool that has an answer. */
const calls: Readonly<Record<string, Record<string, unknown>>> = {
  verify: { file: capture },
  findings: { file: capture },
  why: { file: capture, stream: "B>A", byte: "18566" },
  state_at: { file: capture, at: "frame 25", expressions: ["driver.expectedSeq - packet.seq"] },
  last_change: { file: capture, at: "frame 40", path: "driver.expectedSeq" },
  query: { file: capture, query: "transmits where outOfOrder", columns: ["packet.seq"] },
  compare: { file: capture, profiles: "connectx,netronome" },
  run_trace: {
    text: "device d profile=connectx\nconnection c device=d version=1.3 cipher=aes-128-gcm seq=0\n+0 c send 100\n+0 c > 0:122(122)\n",
  },
  minimise: { file: capture, keep: "resync where replayed > 8192" },
};

test("every tool says what it takes, and is for reading", async () => {
  const { tools: listed } = await client.listTools();
  assert.deepEqual(
    listed.map(({ name }) => name),
    tools.map(({ name }) => name),
  );
  assert.deepEqual(Object.keys(calls).sort(), listed.map(({ name }) => name).sort());
  for (const { name, inputSchema, annotations } of listed) {
    assert.ok(annotations?.readOnlyHint, name);
    for (const needed of inputSchema.required ?? [])
      assert.ok(inputSchema.properties?.[needed], `${name} ${needed}`);
  }
});

test("a tool's answer is what its command prints, under 2 kB", async () => {
  for (const [name, args] of Object.entries(calls)) {
    const { text, isError } = await call(name, args);
    assert.equal(isError, false, `${name}: ${text}`);
    assert.ok(Buffer.byteLength(text) <= 2000 && text.length > 40, name);
    const tool = tools.find((one) => one.name === name)!;
    const run = spawnSync(process.execPath, [cli, ...tool.command(new Given(args))], {
      encoding: "utf8",
      input: tool.input?.(new Given(args)) ?? "",
    });
    assert.equal(text, cut(run.stderr + run.stdout), name);
  }
});

test("a tool prints what the command does that agents.md says it equals", () => {
  const rows = [
    ...readFileSync("media/docs/agents.md", "utf8").matchAll(/^\| `(\w+)` \| `tlstrace ([^`]+)`/gm),
  ];
  assert.deepEqual(
    rows.map(([, name]) => name),
    tools.map(({ name }) => name),
  );
  const printedBy = (args: string[], input: string) => {
    const { stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: "utf8", input });
    return stderr + stdout;
  };
  for (const [, name, line] of rows) {
    const args = calls[name!]!;
    const given: Record<string, unknown> = {
      ...{ FILE: capture, STREAM: args.stream, SEQ: args.byte, PLACE: args.at, PATH: args.path },
      ...{ EXPR: "driver.expectedSeq - packet.seq", QUERY: args.query ?? args.keep, "A,B": args.profiles },
    };
    const words = [...line!.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) =>
      (quoted ?? word!).replace(/[A-Z]+(,B)?/g, (meant) => String(given[meant] ?? meant)),
    );
    const tool = tools.find((one) => one.name === name)!;
    const { columns: _, ...documented } = args;
    const input = String(args.text ?? "");
    assert.equal(printedBy(tool.command(new Given(documented)), input), printedBy(words, input), name);
  }
});

test("neither keys nor what records hold are in an answer", async () => {
  const secrets = new Secrets();
  for (const [word] of readFileSync(capture.replace(".pcap", ".keys"), "latin1").matchAll(/[0-9a-f]{96}/g))
    secrets.add(Buffer.from(word, "hex"));
  assert.ok(secrets.count > 0);
  const looking = ["keys", "memory", "memory.plaintext", "memory.captured", "records.last", "packet"];
  for (const [name, args] of [
    ...Object.entries(calls),
    ...looking.map((one) => ["state_at", { file: capture, at: "frame 30", expressions: [one] }] as const),
  ])
    assert.equal(secrets.leakIn((await call(name, args)).text), null, name);
});

test("an argument is never an option, a word of the console, or a second line", async () => {
  const before = readdirSync(".").sort();
  for (const [name, args] of [
    ["why", { file: "--help", stream: "x", byte: "1" }],
    ["query", { file: capture, query: "--csv" }],
    ["minimise", { file: capture, keep: "resync --out stolen" }],
    ["state_at", { file: capture, at: "frame 25", expressions: ["goto 3", "help"] }],
    ["state_at", { file: capture, at: "frame 25\ncheckpoint x" }],
    ["last_change", { file: capture, at: "frame 25", path: "driver.expectedSeq\ngoto end" }],
    ["compare", { file: capture, profiles: "--json" }],
  ] as const) {
    const { text, isError } = await call(name, args);
    assert.ok(isError, `${name} ${JSON.stringify(args)}: ${text}`);
  }
  assert.deepEqual(readdirSync(".").sort(), before);
});

test("a call that does not fit its tool is refused by name", async () => {
  for (const [name, args, says] of [
    ["why", { file: capture }, /why needs stream/],
    ["why", { file: capture, stream: "B>A", byte: 7 }, /byte is a string/],
    ["query", { file: capture, query: "transmits", columns: "packet.seq" }, /columns is a list of strings/],
    ["verify", { file: capture, out: "x" }, /takes file, keys, profile, not out/],
    ["verify", { file: capture, constructor: "x" }, /not constructor/],
    ["nonsense", {}, /there is no tool nonsense/],
  ] as const)
    await assert.rejects(call(name, args), says);
});

test("a long answer has its first lines, how many are left out, and its last one", () => {
  const lines = Array.from({ length: 500 }, (_, i) => `line ${i} ä`);
  for (const end of ["", "\n"]) {
    const shown = cut(`${lines.join("\n")}${end}`)
      .trimEnd()
      .split("\n");
    const first = shown.slice(0, -2);
    assert.deepEqual(first, lines.slice(0, first.length));
    assert.equal(shown.at(-2), `… ${500 - first.length - 1} more lines: ask for less, or for a place`);
    assert.equal(shown.at(-1), "line 499 ä");
  }
  assert.equal(cut("short\n"), "short\n");
});

test("whatever its lines are, an answer has 2000 bytes at most, and whole characters", () => {
  const texts = [
    "x".repeat(5000),
    `${"𝔘".repeat(3000)}\nmore`,
    `note\n${"ä".repeat(3000)}\n${"b".repeat(3000)}\nend\n`,
    `${"x".repeat(1900)}\n${"y".repeat(450)}\n`,
    `${"x".repeat(1999)}\n\n`,
    "\n".repeat(9999),
  ];
  for (const text of texts) {
    const shown = cut(text);
    assert.ok(Buffer.byteLength(shown) <= 2000 && /…/.test(shown) && !/\ufffd/.test(shown), shown);
  }
  assert.match(cut(texts[0]!), /^x{1800,}…\n$/);
  // One line is left out, and is called so.
  assert.match(
    cut(`${"x\n".repeat(2)}${"y".repeat(995)}\n${"z".repeat(999)}\nend\n`),
    /… 1 more line:[^\n]*\nend\n$/,
  );
});

test("of what was not read to its end it is said that there is more", () =>
  assert.match(cut("a\nb\nend\n", false), /^a\nb\n… many more lines.*\nend\n$/));

test("what counts is in an answer that is cut: the verdict, the values that were asked for", async () => {
  // Many streams, the verdict below them; a packet whose resync posts more descriptors than an answer has room for.
  const { text } = await call("verify", { file: path.resolve("media/samples/lossy.pcap") });
  assert.match(text, /Everything that was compared is right/);
  const records = Array.from({ length: 200 }, () => "+0 c send 100\n").join("");
  const long = `device d profile=connectx\nconnection c device=d seq=0\n${records}+0 c > 0:20000(20000)\n+0 c > 19999:20000(1)\n`;
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), "tlstrace-agents-")), "long.tlstrace");
  writeFileSync(file, long);
  const state = await call("state_at", { file, at: "end", expressions: ["driver.expectedSeq + 1"] });
  assert.match(state.text, /\(driver\.expectedSeq \+ 1\)\n20001\n/);
  rmSync(path.dirname(file), { recursive: true });
});

test("no refusal repeats more than fits, and no argument reaches a command that could not take it", async () => {
  for (const [name, args, says] of [
    ["x".repeat(9000), {}, /there is no tool x+…/],
    ["verify", { file: capture, ["y".repeat(9000)]: "" }, /verify takes file, keys, profile, not y+…/],
    ["verify", { file: "a\0b" }, /character NUL/],
    ["verify", { file: capture, keys: ["\0"] }, /character NUL/],
    ["query", { file: capture, query: "1+".repeat(100_000) }, /more than 16000 characters/],
    [
      "query",
      { file: capture, query: "1", columns: Array(9000).fill("packet") },
      /more than 16000 characters/,
    ],
  ] as const)
    await assert.rejects(
      call(name, args),
      (error: Error) => says.test(error.message) && error.message.length < 2100,
    );
});

/** What a server answers to bytes on its standard input, a line each, and its exit status. */
function spoken(input: string): {
  lines: { id: unknown; error?: { code: number; message: string } }[];
  status: number | null;
} {
  const run = spawnSync(process.execPath, [cli, "mcp"], { input, encoding: "utf8" });
  const lines = run.stdout.split("\n").filter((line) => line !== "");
  return { lines: lines.map((line) => JSON.parse(line)), status: run.status };
}

test("what is no message is answered, and ends nothing", () => {
  const ping = '{"jsonrpc":"2.0","id":7,"method":"ping"}\n';
  for (const [bytes, code] of [
    ["garbage", -32700],
    ["{", -32700],
    ["null", -32600],
    ["[]", -32600],
    ["{}", -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600],
    ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600],
  ] as const) {
    const { lines, status } = spoken(`${bytes}\n${ping}`);
    assert.deepEqual([lines[0]!.id, lines[0]!.error?.code, lines[1]!.id, status], [null, code, 7, 0], bytes);
  }
});

// JSON-RPC 2.0, section 5.1: -32602, invalid method parameters.
test("parameters of a wrong shape are refused with their place, and end nothing", () => {
  const rows: [method: string, params: string, says: RegExp][] = [
    ["tools/call", "", /^params: /],
    ["tools/call", "{}", /^params\.name: /],
    ["tools/call", '{"name":7}', /^params\.name: /],
    ["tools/call", '{"name":"verify","arguments":[]}', /^params\.arguments: /],
    ["tools/call", '{"name":"verify","arguments":"x"}', /^params\.arguments: /],
    ["tools/call", '{"name":"verify","arguments":null}', /^params\.arguments: /],
    ["tools/call", '{"name":"verify","arguments":{"file":7}}', /verify: file is a string/],
    ["tools/call", '{"name":"verify","arguments":{"file":"x","keys":[7]}}', /keys is a list of strings/],
    ["tools/list", '{"cursor":7}', /^params\.cursor: /],
    ["initialize", "{}", /^params\.protocolVersion: /],
    ["initialize", '{"protocolVersion":"2025-06-18","capabilities":{}}', /^params\.clientInfo: /],
  ];
  const lines = rows.map(
    ([method, params], id) =>
      `{"jsonrpc":"2.0","id":${id},"method":"${method}"${params && `,"params":${params}`}}`,
  );
  const { lines: answers, status } = spoken(`${lines.join("\n")}\n`);
  assert.equal(status, 0);
  for (const [id, [method, params, says]] of rows.entries()) {
    const { error } = answers.find((answer) => answer.id === id)!;
    assert.equal(error?.code, -32602, `${method} ${params}`);
    assert.match(error!.message, says);
  }
});

test("a last line needs no end", () => {
  for (const [bytes, told] of [
    ['{"jsonrpc":"2.0","id":7,"method":"ping"}', { jsonrpc: "2.0", id: 7, result: {} }],
    [
      '{"jsonrpc":"2.0","id":7,"meth',
      { jsonrpc: "2.0", id: null, error: { code: -32700, message: "this is not JSON" } },
    ],
  ] as const)
    assert.deepEqual(spoken(bytes), { lines: [told], status: 0 });
  assert.deepEqual(spoken(""), { lines: [], status: 0 });
});

test("a trace of many megabytes comes as text; a message that no one sends ends the server with a word", () => {
  const text = `${"# a comment\\n".repeat(1_500_000)}+0 c send 1`;
  const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_trace","arguments":{"text":"${text}"}}}\n`;
  assert.equal(spoken(call).lines[0]!.id, 1);
  const run = spawnSync(process.execPath, [cli, "mcp"], { input: "x".repeat(70 << 20), encoding: "utf8" });
  assert.equal(run.status, 2);
  assert.match(run.stderr, /^tlstrace: a message has at most 67108864 bytes: name a file instead\n$/);
});
