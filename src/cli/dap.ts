import { type AddressInfo, createServer, type Server } from "node:net";
import { TraceDebugSession } from "../adapter/session.ts";
import { nodeEnvironment } from "../node/environment.ts";
import type { Environment } from "../study/environment.ts";
import { UserError } from "../trace/platform.ts";

const portMax = 65_535;

/** `tlstrace dap`: on stdin and stdout, or on a port, which is then told on stderr. */
export async function serve(port: string | undefined): Promise<void> {
  if (port === undefined) return serveStdio(nodeEnvironment);
  if (!/^\d+$/.test(port) || Number(port) > portMax)
    throw new UserError(`--port takes 0 to ${portMax}, not ${port}`);
  const address = (await serveTcp(Number(port), nodeEnvironment)).address() as AddressInfo;
  process.stderr.write(`listening on ${address.address}:${address.port}\n`);
}

/** Speaks the Debug Adapter Protocol on stdin and stdout: one session, which ends the process. */
function serveStdio(environment: Environment): void {
  const session = new TraceDebugSession(environment);
  process.on("SIGTERM", () => session.shutdown());
  session.start(process.stdin, process.stdout);
}

/**
 * Speaks the Debug Adapter Protocol on a TCP port of the loopback interface (0 = any free one), a session a
 * connection. Gives the listening server. Throws UserError if the port cannot be had.
 */
export function serveTcp(port: number, environment: Environment): Promise<Server> {
  const server = createServer((socket) => {
    const session = new TraceDebugSession(environment);
    session.setRunAsServer(true);
    // An editor that goes away without a word is no failure; `close` follows and ends the session.
    socket.on("error", () => {});
    session.start(socket, socket);
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(new UserError(`cannot listen on 127.0.0.1:${port} (${error.message}): choose another port`)),
    );
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
