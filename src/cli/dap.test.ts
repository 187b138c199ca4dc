import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable, Writable } from "node:stream";
import { test } from "node:test";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { nodeEnvironment } from "../node/environment.ts";
import { sample } from "../test/dap-session.ts";
import { UserError } from "../trace/platform.ts";
import { serve, serveTcp } from "./dap.ts";

type Message = DebugProtocol.Response & DebugProtocol.Event;

/** An editor on a TCP port. */
async function editor(port: number) {
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, ...speaking(socket, socket) };
}

/** Frames messages by Content-Length and waits for the one it wants. */
function speaking(from: Readable, to: Writable) {
  let buffer = Buffer.alloc(0);
  let waiting: { is: (message: Message) => boolean; resolve: (message: Message) => void } | null = null;
  const messages: Message[] = [];
  const serveWaiting = () => {
    const at = waiting ? messages.findIndex(waiting.is) : -1;
    if (at < 0) return;
    const [message] = messages.splice(at, 1);
    waiting!.resolve(message!);
    waiting = null;
  };
  from.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n\r\n/.exec(buffer.toString("latin1", 0, 60));
      const end = head ? head[0].length + Number(head[1]) : Number.POSITIVE_INFINITY;
      if (buffer.length < end) return serveWaiting();
      messages.push(JSON.parse(buffer.toString("utf8", head![0].length, end)));
      buffer = buffer.subarray(end);
    }
  });
  const until = (is: (message: Message) => boolean) =>
    new Promise<Message>((resolve) => {
      waiting = { is, resolve };
      serveWaiting();
    });
  let seq = 1;
  const ask = (command: string, args: object) => {
    const json = JSON.stringify({ seq: seq++, type: "request", command, arguments: args });
    to.write(`Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`);
    return until((message) => message.type === "response" && message.command === command);
  };
  const event = (name: string) => until((message) => message.type === "event" && message.event === name);
  return { ask, event };
}

test("an editor on a TCP port debugs a sample to its first out-of-order transmit", async () => {
  const server = await serveTcp(0, nodeEnvironment);
  const { port, address } = server.address() as AddressInfo;
  assert.equal(address, "127.0.0.1");
  const { socket, ask, event } = await editor(port);
  // Editors that leave out the path format mean paths.
  const initialized = await ask("initialize", { adapterID: "tlstrace" });
  assert.equal(initialized.body.supportsStepBack, true);
  const program = sample("retransmission-in-record.tlstrace");
  assert.equal((await ask("launch", { program })).success, true);
  await event("initialized");
  await ask("setExceptionBreakpoints", { filters: ["out-of-order"] });
  await ask("configurationDone", {});
  const stopped = await event("stopped");
  assert.match(stopped.body.text, /out-of-order expected=2896 seq=4344/);
  const { body } = await ask("stackTrace", { threadId: 1 });
  assert.deepEqual([body.stackFrames[0].name, body.stackFrames[0].line], ["driver.check", 8]);
  assert.equal((await ask("disconnect", {})).success, true);
  socket.destroy();

  const second = await editor(port);
  assert.equal((await second.ask("initialize", { adapterID: "tlstrace" })).success, true);
  second.socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** What comes back for some bytes until the server closes; the test fails if it does not. */
async function answerTo(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  socket.on("error", () => {});
  socket.write(bytes);
  await new Promise((resolve) => socket.once("close", resolve));
  return received;
}

/** A server for one test. */
async function serving(body: (port: number) => Promise<void>, environment = nodeEnvironment): Promise<void> {
  const server = await serveTcp(0, environment);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  try {
    await body((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

const framed = (message: object): string => {
  const json = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
};

const launchOf = (program: string) =>
  framed({ seq: 1, type: "request", command: "launch", arguments: { program } });

/** A browser's bytes for `fetch(url, { method: "POST", mode: "no-cors", body })`, which no page needs permission for. */
const browserPost = (port: number, body: string): string =>
  [
    "POST / HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Connection: keep-alive",
    `Content-Length: ${Buffer.byteLength(body)}`,
    'sec-ch-ua: "Chromium";v="130"',
    "Content-Type: text/plain;charset=UTF-8",
    "Origin: https://evil.example",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Mode: no-cors",
    "",
    body,
  ].join("\r\n");

test("a web page's request drives nothing: no file is opened, and the server goes on", async () => {
  const opened: string[] = [];
  const openFile = (path: string) => {
    opened.push(path);
    return nodeEnvironment.openFile(path);
  };
  await serving(
    async (port) => {
      const program = sample("retransmission-in-record.tlstrace");
      const json = JSON.stringify({ seq: 1, type: "request", command: "launch", arguments: { program } });
      const initialize = framed({ seq: 1, type: "request", command: "initialize", arguments: {} });
      for (const bytes of [
        browserPost(port, json),
        browserPost(port, initialize + launchOf(program)),
        `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
        `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${initialize}`,
        "\x16\x03\x01\x02\x00\x01\x00",
      ])
        assert.equal(await answerTo(port, bytes), "");
      // The protocol, but not from its beginning.
      assert.equal(await answerTo(port, launchOf(program)), "");
      assert.equal(await answerTo(port, framed({ type: "event", event: "x" })), "");
      assert.equal(await answerTo(port, "Content-Length: 99999999999\r\n\r\n"), "");
      assert.deepEqual(opened, []);
      const editorOf = await editor(port);
      assert.equal((await editorOf.ask("initialize", {})).success, true);
      assert.equal((await editorOf.ask("launch", { program })).success, true);
      editorOf.socket.destroy();
      assert.deepEqual(opened, [program]);
    },
    { ...nodeEnvironment, openFile },
  );
});

test("on a port, files of other machines are not opened, whatever names them", async () => {
  await serving(async (port) => {
    const { socket, ask } = await editor(port);
    await ask("initialize", {});
    const program = sample("retransmission-in-record.tlstrace");
    for (const foreign of [
      "\\\\host\\share\\x.pcap",
      "//host/share/x.pcap",
      "\\/host/x.pcap",
      "\\\\?\\UNC\\host\\x",
    ])
      for (const args of [{ program: foreign }, { program, evidence: foreign }]) {
        const answer = await ask("launch", args);
        assert.equal(answer.success, false);
        assert.match(answer.message!, /may lie on another machine/);
      }
    socket.destroy();
  });
});

test("a client that does not read is not read either: what waits for it is bounded", async () => {
  let answered = 0;
  const environment = {
    ...nodeEnvironment,
    openFile: (path: string) => {
      answered++;
      return nodeEnvironment.openFile(path);
    },
  };
  await serving(async (port) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.pause();
    const message = (seq: number, command: string, args: object) =>
      framed({ seq, type: "request", command, arguments: args });
    socket.write(message(1, "initialize", {}));
    // Each is refused with a text as long as its path: 90 MB of answers, of which nobody reads one.
    const count = 40_000;
    const missing = `/nowhere/${"x".repeat(1000)}`;
    for (let seq = 2; seq < count; seq++) socket.write(message(seq, "launch", { program: missing }));
    let before = 0;
    while (answered === 0 || answered !== before) {
      before = answered;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert.ok(answered > 10 && answered < count / 2, `${answered} of ${count} requests were answered`);
    const freed = new Promise((resolve) => socket.once("data", resolve));
    socket.resume();
    await freed;
    socket.destroy();
  }, environment);
});

/** `tlstrace dap` as a process: what it said and how it ended. */
function adapter(...flags: string[]) {
  const child = spawn(process.execPath, ["dist/cli.js", "dap", ...flags], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  child.stdin.on("error", () => {});
  const exited = new Promise<{ code: number | null; signal: string | null; errors: string }>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal, errors })),
  );
  return { child, exited, ...speaking(child.stdout, child.stdin) };
}

test("on stdin, what is not the protocol ends the adapter with a message and status 2", async () => {
  const cases: [bytes: string, says: RegExp][] = [
    ["Content-Length: 8\r\n\r\nnot json", /a message is not JSON/],
    ["hello\n", /a message begins with "Content-Length:"/],
    [launchOf("/x"), /the first message is the request `initialize`/],
    ["Content-Length: 99999999999\r\n\r\n", /bytes at most/],
    ["Content-Length: NaN\n\n", /takes the number/],
    ["Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", /once, not 2 times/],
    ["Content-Type: application/json\r\n\r\n{}", /once, not 0 times/],
    ...(["", "7", "null", "[]", "{}"] as const).map((body): [string, RegExp] => [
      `Content-Length: ${body.length}\r\n\r\n${body}`,
      body === "" ? /is not JSON/ : /an object with a `type`/,
    ]),
  ];
  for (const [bytes, says] of cases) {
    const { child, exited } = adapter();
    child.stdin.write(bytes);
    const { code, errors } = await exited;
    assert.equal(code, 2, errors);
    assert.match(errors, says);
    assert.equal(errors.trim().split("\n").length, 1, errors);
  }
});

test("an input that ends within a message is an error, between messages none", async () => {
  for (const [bytes, status] of [
    ["", 0],
    ["Content-Len", 2],
    ["Content-Length: 300\r\n\r\n{", 2],
  ] as const) {
    const { child, exited } = adapter();
    child.stdin.end(bytes);
    const { code, errors } = await exited;
    assert.equal(code, status, bytes);
    assert.match(errors, status === 0 ? /^$/ : /^tlstrace: the input ends within .*\n$/);
  }
});

test("a closed stdin and a signal end the adapter in the middle of a run", async () => {
  const lines = "+0 web > 0:1448(1448)\n".repeat(300_000);
  const text = `device eth0\nconnection web device=eth0 version=1.3 cipher=aes-128-gcm seq=0\n+0 web send 16000\n${lines}`;
  const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-dap-"));
  const program = path.join(folder, "long.tlstrace");
  writeFileSync(program, text);
  const running = async () => {
    const process = adapter();
    await process.ask("initialize", {});
    await process.ask("launch", { program });
    await process.ask("setFunctionBreakpoints", {
      breakpoints: [{ name: "skb", condition: "packet.length > 2000" }],
    });
    await process.ask("configurationDone", {});
    return process;
  };
  const closed = await running();
  closed.child.stdin.end();
  assert.equal((await closed.exited).code, 0);
  const killed = await running();
  killed.child.kill("SIGTERM");
  assert.equal((await killed.exited).signal, "SIGTERM");
  // While it opens the trace.
  const opening = adapter();
  await opening.ask("initialize", {});
  opening.child.stdin.end(launchOf(program));
  assert.equal((await opening.exited).code, 0);
  rmSync(folder, { recursive: true });
});

test("an editor on stdin and stdout debugs a sample; disconnecting ends the process", async (t) => {
  const child = spawn(process.execPath, ["dist/cli.js", "dap"], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill());
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const { ask, event } = speaking(child.stdout, child.stdin);
  await ask("initialize", { adapterID: "tlstrace" });
  const program = sample("retransmission-in-record.tlstrace");
  assert.equal((await ask("launch", { program, startAt: "entry" })).success, true);
  await event("initialized");
  await ask("setExceptionBreakpoints", { filters: ["resync"] });
  await ask("configurationDone", {});
  assert.equal((await event("stopped")).body.reason, "entry");
  await ask("continue", { threadId: 1 });
  assert.match((await event("stopped")).body.text, /resync record=1 replayed=4344/);
  await ask("disconnect", {});
  assert.equal(await exited, 0);
});

test("a trace names files of its own folder and of the workspace that was told, of no other", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-dap-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const at = (...names: string[]) => path.join(folder, ...names);
  for (const name of ["traces", "nics", "other"]) mkdirSync(at(name));
  writeFileSync(at("nics", "mine.nic.json"), '{ "base": "innova" }');
  const program = at("traces", "a.tlstrace");
  const lines = [
    "device eth0 profile=../nics/mine.nic.json",
    "connection web device=eth0 version=1.2 cipher=aes-128-gcm",
    "+0 web send 100",
  ];
  writeFileSync(program, `${lines.join("\n")}\n`);
  const answers: [flags: string[], isRead: boolean][] = [
    [["--workspace", at("other"), at("nics")], true],
    [["--workspace", at("other")], false],
    [["--workspace"], false],
    [[], false],
  ];
  for (const [flags, isRead] of answers) {
    const { child, ask, event } = adapter(...flags);
    await ask("initialize", {});
    await ask("launch", { program });
    const { output } = (await event("output")).body;
    assert.equal(
      !/mine\.nic\.json is outside the folder of the trace and of the workspace/.test(output),
      isRead,
      output,
    );
    child.kill();
  }
});

test("a port that is taken or none is refused", async () => {
  const server = await serveTcp(0, nodeEnvironment);
  const { port } = server.address() as AddressInfo;
  await assert.rejects(serveTcp(port, nodeEnvironment), UserError);
  await assert.rejects(serve({ port: "seven" }), /--port takes 0 to 65535/);
  await assert.rejects(serve({ port: "70000" }), /--port takes 0 to 65535/);
  await new Promise((resolve) => server.close(resolve));
});
