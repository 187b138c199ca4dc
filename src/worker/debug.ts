import type { DebugProtocol } from "@vscode/debugprotocol";
import { TraceDebugSession } from "../adapter/session.ts";
import { browserEnvironment } from "../web/environment.ts";
import type { DebugAsk, Port } from "../web/messages.ts";

/** A debug session at the other end of a port, with the files that came last. */
export function debug(port: Port): void {
  const files = new Map<string, Uint8Array | string>();
  const session = new TraceDebugSession(browserEnvironment(files));
  session.onDidSendMessage((message) => port.postMessage(message));
  port.onmessage = ({ data }) => {
    const ask = data as DebugAsk;
    if ("message" in ask) return session.handleMessage(ask.message as DebugProtocol.ProtocolMessage);
    files.clear();
    for (const [path, bytes] of ask.files) files.set(path, bytes);
  };
}
