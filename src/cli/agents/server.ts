// cli/agents: what agents may ask over the Model Context Protocol: tools, a command each.

import { spawn } from "node:child_process";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from "@modelcontextprotocol/sdk/types.js";
import { exitStatus } from "../output.ts";
import { version } from "../version.ts";
import { Given, type Tool, tools } from "./tools.ts";

/** Bytes of an answer: what an agent reads costs it. */
const answerMax = 2000;
/** Bytes of a command's output that are read at all. */
const readMax = 1 << 20;
/** A tool that takes longer is ended. */
const secondsMax = 120;

/** `tlstrace mcp`: serves the Model Context Protocol (2025-06-18) on standard input and output, for agents. */
export async function serve(): Promise<void> {
  const server = new Server({ name: "tlstrace", version }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: tools.map(described) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (!tool) throw new McpError(ErrorCode.InvalidParams, `there is no tool ${params.name}`);
    const args = params.arguments ?? {};
    const wrong = wrongIn(tool, args);
    if (wrong !== null) throw new McpError(ErrorCode.InvalidParams, wrong);
    const { text, isError } = await answerOf(tool, new Given(args), signal);
    return { content: [{ type: "text", text }], isError };
  });
  const over = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  process.stdin.once("end", () => void server.close());
  await server.connect(new StdioServerTransport());
  await over;
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
  return null;
}

/** Runs the tool's command in a process of its own, so that a defect or an endless run ends no more than this answer. */
function answerOf(tool: Tool, args: Given, signal: AbortSignal): Promise<{ text: string; isError: boolean }> {
  const child = spawn(process.execPath, [process.argv[1]!, ...tool.command(args)], {
    signal,
    timeout: 1000 * secondsMax,
    windowsHide: true,
  });
  const [said, complaints] = [new Said(), new Said()];
  child.stdout.on("data", (chunk: Buffer) => said.add(chunk));
  child.stderr.on("data", (chunk: Buffer) => complaints.add(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(tool.input?.(args) ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, killed) => {
      const late = killed === null ? "" : `tlstrace: ended after ${secondsMax} seconds: ask for less\n`;
      const isError = status === null || status === exitStatus.unusable || status === exitStatus.internal;
      resolve({ text: cut(`${late}${complaints.text}${said.text}`), isError });
    });
  });
}

/** What a command writes, as far as anybody could want it. */
class Said {
  private readonly chunks: Buffer[] = [];
  private size = 0;

  add(chunk: Buffer): void {
    if (this.size < readMax) this.chunks.push(chunk);
    this.size += chunk.length;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString("utf8");
  }
}

/** The first lines that fit into an answer, and how many there are more. */
export function cut(text: string): string {
  if (Buffer.byteLength(text) <= answerMax) return text;
  const lines = text.split("\n");
  let [kept, size] = [0, 100];
  while (kept < lines.length && size + Buffer.byteLength(lines[kept]!) + 1 <= answerMax)
    size += Buffer.byteLength(lines[kept++]!) + 1;
  const first =
    kept > 0
      ? lines.slice(0, kept)
      : [
          Array.from(lines[0]!)
            .slice(0, answerMax / 8)
            .join(""),
        ];
  return [...first, `… ${lines.length - Math.max(1, kept)} more lines: ask for less, or for a place`].join(
    "\n",
  );
}
