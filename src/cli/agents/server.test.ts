import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test, { after, before } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { Secrets } from "../../test/secrets/leaks.ts";
import { cut } from "./server.ts";
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

test("a long answer ends with how many lines there are more", () => {
  const lines = Array.from({ length: 500 }, (_, i) => `line ${i} ä`);
  const text = cut(lines.join("\n"));
  const kept = text.split("\n").length - 1;
  assert.ok(Buffer.byteLength(text) <= 2000);
  assert.match(text, new RegExp(`… ${500 - kept} more lines`));
  assert.ok(Buffer.byteLength(cut("x".repeat(5000))) <= 2000);
  assert.ok(Buffer.byteLength(cut(`${"𝔘".repeat(3000)}\nmore`)) <= 2000);
  assert.equal(cut("short\n"), "short\n");
});
