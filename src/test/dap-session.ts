import path from "node:path";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { DapClient } from "../adapter/dap-client.ts";
import { TraceDebugSession } from "../adapter/session.ts";
import { nodeEnvironment } from "../node/environment.ts";
import type { Environment } from "../study/environment.ts";

/** A new session with an editor attached to it. */
export const session = (environment: Environment = nodeEnvironment): DapClient =>
  new DapClient(new TraceDebugSession(environment));

/** Path of a shipped sample. */
export const sample = (name: string): string => path.resolve("media/samples", name);

/** An environment whose only file is this text, under any path. */
export function textEnvironment(text: string | (() => string)): Environment {
  const openFile = (file: string) => {
    const bytes = new TextEncoder().encode(typeof text === "string" ? text : text());
    return {
      name: path.basename(file),
      size: bytes.length,
      read: (offset: number, length: number) => bytes.subarray(offset, offset + length),
    };
  };
  return {
    ...nodeEnvironment,
    openFile,
    openNamed: (_, name) => openFile(name),
    findKeys: () => ({ file: null, passedOver: [] }),
  };
}

/** Scopes whose values depend on the position alone, not on how one came there. */
const timeless = (name: string) => !name.startsWith("Changes");

/** Everything the Variables view could show in the innermost frame of a thread, a line a value. */
export async function everything(client: DapClient, threadId = 1): Promise<string[]> {
  const lines: string[] = [];
  const open = async (prefix: string, variablesReference: number): Promise<void> => {
    const { variables } = await client.ask("variables", { variablesReference });
    for (const variable of variables) {
      lines.push(`${prefix}.${variable.name} = ${variable.value}`);
      if (variable.variablesReference > 0)
        await open(`${prefix}.${variable.name}`, variable.variablesReference);
    }
  };
  for (const [name, scope] of await client.scopes(threadId))
    if (timeless(name)) await open(name, scope.variablesReference);
  return lines;
}

/** Named and indexed children of a scope, as the editor shows them. */
export async function children(
  client: DapClient,
  scope: string,
  args: Partial<DebugProtocol.VariablesArguments> = {},
  threadId = 1,
): Promise<DebugProtocol.Variable[]> {
  const found = (await client.scopes(threadId)).get(scope);
  if (!found) throw new Error(`there is no scope ${scope}`);
  return (await client.ask("variables", { variablesReference: found.variablesReference, ...args })).variables;
}
