import { BrowserMessageReader, BrowserMessageWriter, createConnection } from "vscode-languageserver/browser";
import { serve } from "../lsp/server.ts";
import { Turns } from "../lsp/turns.ts";
import { browserEnvironment } from "../web/environment.ts";
import { filesMessage, type Port } from "../web/messages.ts";

type BrowserPort = ConstructorParameters<typeof BrowserMessageReader>[0];

/** The language server at the other end of a port, which also brings what documents name. */
export function serveLanguage(port: Port, version: string): void {
  const end = port as BrowserPort;
  const { messageStrategy } = new Turns();
  const reader = new BrowserMessageReader(end);
  const connection = createConnection(reader, new BrowserMessageWriter(end), { messageStrategy });
  const files = new Map<string, Uint8Array | string>();
  const { openNamed } = browserEnvironment(files);
  connection.onNotification(filesMessage, (given: [string, Uint8Array | string][]) => {
    for (const [path, bytes] of given) files.set(path, bytes);
  });
  serve(connection, { version, openBeside: openNamed, page: () => null });
}
