// start: npm start: an editor for the sources.

import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { DapClient } from "../adapter/dap-client.ts";
import { TraceDebugSession } from "../adapter/session.ts";
import { nodeEnvironment } from "../node/environment.ts";
import { UserError } from "../trace/platform.ts";
import { openEditor } from "./editor.ts";

/** What `npm start` debugs: a real capture with lost packets, and its keys. */
const capture = path.resolve("media/samples/upload.pcap");
const keys = path.resolve("media/samples/upload.keys");

/** Rows of an indexed scope that are printed at either end. */
const rowsShown = 3;

/** Debugs the bundled capture to its first out-of-order transmit and prints what the editor shows there. */
async function tour(): Promise<void> {
  const client = new DapClient(new TraceDebugSession(nodeEnvironment));
  const stopped = await client.start({ program: capture, keys });
  const threads = (await client.ask("threads")).threads as DebugProtocol.Thread[];
  const threadId = stopped.threadId as number;
  const why = await client.ask("exceptionInfo", { threadId });
  heading(`Stopped: ${stopped.text ?? stopped.description}`);
  print(`in ${path.basename(capture)}, ${threads.find(({ id }) => id === threadId)?.name ?? ""}`);
  print(why.description);
  for (const line of String(why.details?.message ?? "").split("\n")) print(line);
  heading("Call stack");
  const frames = await client.stack(threadId);
  for (const { name, line } of frames) print(`${name}   line ${line}`);
  for (const [name, scope] of await client.scopes(threadId)) await printScope(client, name, scope);
}

async function printScope(client: DapClient, name: string, scope: DebugProtocol.Scope): Promise<void> {
  heading(name);
  const reference = scope.variablesReference;
  const named = await client.ask("variables", { variablesReference: reference, filter: "named" });
  for (const { name: key, value } of named.variables as DebugProtocol.Variable[]) print(`${key}: ${value}`);
  const count = scope.indexedVariables ?? 0;
  const firsts = count > 2 * rowsShown ? [0, count - rowsShown] : [0];
  for (const start of firsts) {
    if (start > 0) print(`… ${start - rowsShown} more …`);
    const size = firsts.length > 1 ? rowsShown : count;
    if (size === 0) continue;
    const rows = await client.ask("variables", {
      variablesReference: reference,
      filter: "indexed",
      start,
      count: size,
    });
    for (const { name: key, value } of rows.variables as DebugProtocol.Variable[]) print(`${key}: ${value}`);
  }
}

const heading = (text: string): void => console.log(`\n${text}`);
const print = (text: string): void => console.log(`  ${text}`);

/** On a terminal the editor is offered; what it would download is said, and asked, before it does. */
async function offerEditor(): Promise<void> {
  const hint = "npm start -- --editor opens this in VS Code";
  if (!process.stdin.isTTY || !process.stdout.isTTY) return console.log(`\n${hint}.`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question("\nOpen it in VS Code? [y/N] ");
  terminal.close();
  if (/^y/i.test(answer)) await openEditor();
}

async function main(): Promise<void> {
  if (!existsSync(capture))
    throw new UserError("run npm start in a checkout of the project: the sample capture is not here");
  if (process.argv.includes("--editor")) return openEditor();
  await tour();
  await offerEditor();
}

main().catch((error: unknown) => {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
});
