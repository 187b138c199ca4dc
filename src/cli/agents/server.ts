// cli/agents: what agents may ask over the Model Context Protocol: tools, a command each.

import { spawn } from "node:child_process";
import { Transform } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import {
  CallToolRequestSchema,
  ErrorCode,
  InitializeRequestSchema,
  type JSONRPCMessage,
  ListToolsRequestSchema,
  McpError,
  PingRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { complainLine, exitStatus } from "../output.ts";
import { version } from "../version.ts";
import { cut, Said } from "./answer.ts";
import { Given, type Tool, tools } from "./tools.ts";

/** Bytes of a message: a trace may come as text. */
const messageMax = 1 << 26;
/** Characters of a command's arguments: every system passes on so many (the least do 32,767). */
const argumentsMax = 16_000;
/** A tool that takes longer is ended. */
const secondsMax = 120;

/** `tlstrace mcp`: serves the Model Context Protocol (2025-06-18) on standard input and output, for agents. */
export async function serve(): Promise<void> {
  const server = new Server({ name: "tlstrace", version }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: tools.map(described) }));
  const running = new Set<Promise<unknown>>();
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    const answer = called(params.name, params.arguments ?? {}, signal);
    running.add(answer);
    const { text, isError } = await answer.finally(() => running.delete(answer));
    return { content: [{ type: "text", text }], isError };
  });
  const input = process.stdin.pipe(wholeLines());
  const over = new Promise<void>((resolve) => {
    server.onclose = () => {
      process.stdin.unpipe(input).pause();
      resolve();
    };
  });
  // Whoever asks nothing more may still wait for an answer; a signal ends what runs for him.
  input.once("end", async () => {
    await setImmediate();
    await Promise.allSettled(running);
    await setImmediate();
    await server.close();
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => void server.close());
  const transport = new StdioServerTransport(input, process.stdout, { maxBufferSize: messageMax });
  server.onerror = (error) => unread(transport, error);
  await server.connect(transport);
  refuseUnfit(transport);
  await over;
}

/**
 * What comes by whole lines, as the library looks through all that it has of one whenever more comes. The last one may
 * lack its end; one that is longer than a message may be is passed on as far as it is there.
 */
function wholeLines(): Transform {
  let begun: Buffer[] = [];
  let size = 0;
  const taken = (rest: Buffer): Buffer => {
    const lines = Buffer.concat([...begun, rest]);
    [begun, size] = [[], 0];
    return lines;
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const end = chunk.lastIndexOf("\n") + 1;
      if (end > 0) this.push(taken(chunk.subarray(0, end)));
      begun.push(chunk.subarray(end));
      size += chunk.length - end;
      if (size > messageMax) this.push(taken(Buffer.alloc(0)));
      done();
    },
    flush(done) {
      done(null, size > 0 ? taken(Buffer.from("\n")) : null);
    },
  });
}

const requests = {
  initialize: InitializeRequestSchema,
  ping: PingRequestSchema,
  "tools/list": ListToolsRequestSchema,
  "tools/call": CallToolRequestSchema,
};

/** Refuses requests whose parameters are not their method's, and says where: the library calls that an error of its own. */
function refuseUnfit(transport: StdioServerTransport): void {
  const take = transport.onmessage!;
  transport.onmessage = (message) => {
    const schema =
      "method" in message ? Object.entries(requests).find(([name]) => name === message.method) : undefined;
    const issue = schema?.[1].safeParse(message).error?.issues[0];
    if (issue === undefined || !("id" in message)) return take(message);
    const says = cut(`${issue.path.join(".")}: ${issue.message}`).trimEnd();
    const error = { code: ErrorCode.InvalidParams, message: says };
    void transport.send({ jsonrpc: "2.0", id: message.id, error } as JSONRPCMessage);
  };
}

/** What a tool answers. Throws McpError for a call that does not fit it. */
async function called(
  name: string,
  args: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<{ text: string; isError: boolean }> {
  const tool = tools.find((one) => one.name === name);
  if (!tool) throw refused(`there is no tool ${name}`);
  const wrong = wrongIn(tool, args);
  if (wrong !== null) throw refused(wrong);
  return answerOf(tool, new Given(args), signal);
}

const refused = (why: string) => new McpError(ErrorCode.InvalidParams, cut(why).trimEnd());

/** Answers what is no message (JSON-RPC 2.0, section 5.1); behind one that is too large nothing can be read. */
function unread(transport: StdioServerTransport, error: Error): void {
  const answer = (code: ErrorCode, message: string) =>
    void transport.send({ jsonrpc: "2.0", id: null, error: { code, message } } as unknown as JSONRPCMessage);
  if (error instanceof SyntaxError) return answer(ErrorCode.ParseError, "this is not JSON");
  if (error.name === "ZodError")
    return answer(ErrorCode.InvalidRequest, "this is no message of JSON-RPC 2.0");
  if (!error.message.includes("maximum size")) return;
  process.exitCode = exitStatus.unusable;
  complainLine("tlstrace", `a message has at most ${messageMax} bytes: name a file instead`);
}

const described = ({ name, says, takes, needs }: Tool) => ({
  name,
  description: says,
  inputSchema: {
    type: "object" as const,
    properties: Object.fromEntries(
      Object.entries(takes).map(([argument, taken]) => [
        argument,
        taken.type === "array" ? { ...taken, items: { type: "string" } } : taken,
      ]),
    ),
    required: [...needs],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true, openWorldHint: false },
});

/** What is wrong with the arguments of a call; null if nothing is. */
function wrongIn({ name, takes, needs }: Tool, args: Readonly<Record<string, unknown>>): string | null {
  const missing = needs.find((each) => args[each] === undefined);
  if (missing !== undefined) return `${name} needs ${missing}`;
  for (const [argument, value] of Object.entries(args)) {
    const taken = Object.hasOwn(takes, argument) ? takes[argument] : undefined;
    if (taken === undefined) return `${name} takes ${Object.keys(takes).join(", ")}, not ${argument}`;
    const isFit =
      taken.type === "string"
        ? typeof value === "string"
        : Array.isArray(value) && value.every((each) => typeof each === "string");
    if (!isFit)
      return `${name}: ${argument} is ${taken.type === "string" ? "a string" : "a list of strings"}`;
  }
  const words = Object.entries(args).flatMap(([argument, value]) => (argument === "text" ? [] : value));
  if (words.some((word) => String(word).includes("\0")))
    return `${name}: an argument has the character NUL, which no command takes`;
  if (words.join("").length > argumentsMax)
    return `${name}: the arguments have more than ${argumentsMax} characters: shorten them`;
  return null;
}

/** Runs the tool's command in a process of its own, so that a defect or an endless run ends no more than this answer. */
function answerOf(tool: Tool, args: Given, signal: AbortSignal): Promise<{ text: string; isError: boolean }> {
  const child = spawn(process.execPath, [process.argv[1]!, ...tool.command(args)], {
    signal,
    windowsHide: true,
  });
  let late = "";
  const timer = setTimeout(() => {
    late = `tlstrace: ended after ${secondsMax} seconds: ask for less\n`;
    child.kill();
  }, 1000 * secondsMax);
  const [said, complaints] = [new Said(), new Said()];
  child.stdout.on("data", (chunk: Buffer) => said.add(chunk));
  child.stderr.on("data", (chunk: Buffer) => complaints.add(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(tool.input?.(args) ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      clearTimeout(timer);
      const isError = late !== "" || status === exitStatus.unusable || status === exitStatus.internal;
      const text = `${late}${complaints.text}${said.text}`;
      resolve({ text: cut(text, complaints.isWhole && said.isWhole), isError });
    });
  });
}
