import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { type AddressInfo, connect } from "node:net";
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
  assert.equal((await ask("launch", { program: sample("retransmission-in-record.tlstrace") })).success, true);
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

test("an editor on stdin and stdout debugs a sample; disconnecting ends the process", async () => {
  const child = spawn(process.execPath, ["dist/cli.js", "dap"], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const { ask, event } = speaking(child.stdout, child.stdin);
  await ask("initialize", { adapterID: "tlstrace" });
  assert.equal((await ask("launch", { program: sample("retransmission-in-record.tlstrace") })).success, true);
  await event("initialized");
  await ask("setExceptionBreakpoints", { filters: ["resync"] });
  await ask("configurationDone", {});
  assert.match((await event("stopped")).body.text, /resync record=1 replayed=4344/);
  await ask("disconnect", {});
  assert.equal(await exited, 0);
});

test("a port that is taken or none is refused", async () => {
  const server = await serveTcp(0, nodeEnvironment);
  const { port } = server.address() as AddressInfo;
  await assert.rejects(serveTcp(port, nodeEnvironment), UserError);
  await assert.rejects(serve("seven"), /--port takes 0 to 65535/);
  await assert.rejects(serve("70000"), /--port takes 0 to 65535/);
  await new Promise((resolve) => server.close(resolve));
});
