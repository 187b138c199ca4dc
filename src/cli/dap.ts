import { type AddressInfo, createServer, type Server } from "node:net";
import path from "node:path";
import { messageOf } from "../adapter/answering-session.ts";
import { environmentIn, nodeEnvironment } from "../node/environment.ts";
import { traceAlone } from "../node/trace-alone.ts";
import type { Environment } from "../study/environment.ts";
import { UserError } from "../trace/platform.ts";
import { converse } from "./conversation.ts";

const portMax = 65_535;

export interface DapFlags {
  port?: string;
  /** True = named without a folder. */
  workspace?: string[] | true;
  only?: string;
}

/** `tlstrace dap`: on stdin and stdout, or on a port, which is then told on stderr. */
export async function serve({ port, workspace, only }: DapFlags): Promise<void> {
  const all = workspace === undefined ? nodeEnvironment : environmentOf(workspace);
  const environment = only === undefined ? all : traceAlone(all, only);
  if (port === undefined) return serveStdio(environment);
  if (!/^\d+$/.test(port) || Number(port) > portMax)
    throw new UserError(`--port takes 0 to ${portMax}, not ${port}`);
  const address = (await serveTcp(Number(port), environment)).address() as AddressInfo;
  process.stderr.write(`listening on ${address.address}:${address.port}\n`);
}

function environmentOf(workspace: string[] | true): Environment {
  const folders = workspace === true ? [] : workspace.map((folder) => path.resolve(folder));
  return environmentIn(() => folders);
}

/**
 * Speaks the Debug Adapter Protocol on stdin and stdout: one session, which ends the process. A signal ends it at once,
 * whatever it does: nothing is kept that could be lost. Throws UserError when something else is spoken.
 */
async function serveStdio(environment: Environment): Promise<void> {
  try {
    await converse(environment, { input: process.stdin, output: process.stdout });
  } finally {
    process.stdin.destroy();
  }
}

/**
 * Speaks the Debug Adapter Protocol on a TCP port of the loopback interface (0 = any free one), a session a
 * connection. Gives the listening server. Throws UserError if the port cannot be had.
 */
export function serveTcp(port: number, environment: Environment): Promise<Server> {
  const server = createServer((socket) => {
    converse(withoutHosts(environment), { input: socket, output: socket })
      .then(() => socket.destroySoon())
      .catch((error) => {
        process.stderr.write(`a connection was closed: ${messageOf(error)}\n`);
        socket.destroy();
      });
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(new UserError(`cannot listen on 127.0.0.1:${port} (${error.message}): choose another port`)),
    );
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

/** Whoever can reach the port must not make this machine log in to another one, as opening a UNC path does on Windows. */
const withoutHosts = (environment: Environment): Environment => ({
  ...environment,
  openFile: (path) => {
    refuseHost(path);
    return environment.openFile(path);
  },
  saveTrace: (trace, to, says) => {
    if (to !== null) refuseHost(to);
    return environment.saveTrace(trace, to, says);
  },
});

function refuseHost(path: string): void {
  if (/^[\\/]{2}/.test(path))
    throw new UserError(
      `${path} may lie on another machine: name a file of this one, or use stdin and stdout`,
    );
}
