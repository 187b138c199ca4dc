// lsp: the Language Server Protocol: documents as they change, requests to those functions.

import { type Connection, type InitializeResult, TextDocuments } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { diagnosticsOf } from "../language/diagnostics.ts";
import type { PageLink } from "../language/hover.ts";
import type { ClientCommands } from "../language/lenses.ts";
import { type Named, OpenDocuments } from "./documents.ts";
import { answer, answerReplayed, capabilities } from "./features.ts";

/** What a composition root gives the server. */
export interface ServerEnvironment extends Named {
  page: PageLink;
  version: string;
}

/** Milliseconds that a document may still change before its diagnostics are told: what was asked of it is answered first. */
const restMs = 5;

/** Answers a client about the documents that it has open. Nothing is run and no file is written. */
export function serve(connection: Connection, environment: ServerEnvironment): void {
  const texts = new TextDocuments(TextDocument);
  const open = new OpenDocuments(environment);
  const waiting = new Map<string, NodeJS.Timeout>();
  const tell = (uri: string) => {
    clearTimeout(waiting.get(uri));
    waiting.set(
      uri,
      setTimeout(() => publish(uri), restMs),
    );
  };
  const publish = (uri: string) => {
    waiting.delete(uri);
    const document = open.of(uri);
    if (document === null) return;
    const { version } = texts.get(uri)!;
    void connection.sendDiagnostics({ uri, version, diagnostics: diagnosticsOf(document) });
  };
  let commands: ClientCommands = new Set();
  connection.onInitialize(({ initializationOptions }) => {
    commands = commandsIn(initializationOptions);
    return initialized(environment);
  });
  texts.onDidChangeContent(({ document }) => {
    open.set(document.uri, document.getText());
    tell(document.uri);
  });
  texts.onDidClose(({ document: { uri } }) => {
    clearTimeout(waiting.get(uri));
    open.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
  connection.onDidChangeWatchedFiles(() => {
    for (const uri of open.again()) tell(uri);
  });
  answer(connection, open, environment.page);
  answerReplayed(connection, open, () => commands);
  texts.listen(connection);
  connection.listen();
}

/** `{ "commands": ["tlstrace.debugFile", …] }`: what the client can do with a file. */
function commandsIn(options: unknown): ClientCommands {
  const given = (options as { commands?: unknown } | null | undefined)?.commands;
  return new Set(Array.isArray(given) ? given.filter((one) => typeof one === "string") : []);
}

const initialized = ({ version }: ServerEnvironment): InitializeResult => ({
  serverInfo: { name: "tlstrace", version },
  capabilities,
});
