// lsp: the Language Server Protocol: documents as they change, requests to those functions.

import { type Connection, type InitializeParams, TextDocuments } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { diagnosticsOf, profileDiagnostics } from "../language/diagnostics.ts";
import type { PageLink } from "../language/hover.ts";
import type { ClientCommands } from "../language/lenses.ts";
import type { FileAccess } from "../trace/platform.ts";
import { OpenDocuments } from "./documents.ts";
import { answer, answerReplayed, capabilities } from "./features.ts";

/** What a composition root gives the server. */
export interface ServerEnvironment {
  /**
   * A profile file that a document names by a path that begins beside it; `folders`: URIs of the client's workspace, whose
   * files any document may name. Throws UserError for one that cannot be had.
   */
  openBeside(uri: string, path: string, folders: readonly string[]): FileAccess;
  page: PageLink;
  version: string;
}

/** Answers a client about the documents that it has open. Nothing is run and no file is written. */
export function serve(connection: Connection, environment: ServerEnvironment): void {
  const client = new ClientFacts();
  const texts = new TextDocuments(TextDocument);
  const open = new OpenDocuments((uri, path) => environment.openBeside(uri, path, [...client.folders]));
  const mistakes = new Mistakes(connection, open);
  connection.onInitialize((params) => {
    client.hear(params);
    return { serverInfo: { name: "tlstrace", version: environment.version }, capabilities };
  });
  texts.onDidChangeContent(({ document }) => {
    if (isProfile(document.uri)) return mistakes.tellOfProfile(document);
    open.set(document.uri, document.getText(), document.version);
    mistakes.tellSoon(document.uri);
  });
  texts.onDidClose(({ document: { uri } }) => {
    open.delete(uri);
    mistakes.forget(uri);
  });
  const readAgain = () => {
    for (const uri of open.again()) mistakes.tellSoon(uri);
  };
  connection.onDidChangeWatchedFiles(readAgain);
  connection.onNotification("workspace/didChangeWorkspaceFolders", (params: unknown) => {
    client.hearFolders(params);
    readAgain();
  });
  answer(connection, open, environment.page);
  answerReplayed(connection, open, () => client.commands);
  texts.listen(connection);
  connection.listen();
}

const isProfile = (uri: string): boolean => /\.json$/i.test(uri);

/** What a client says of itself. */
class ClientFacts {
  /** `{ "commands": ["tlstrace.debugFile", …] }`: what it can do with a file. */
  commands: ClientCommands = new Set();
  readonly folders = new Set<string>();

  hear({ initializationOptions, workspaceFolders, rootUri }: InitializeParams): void {
    const given: unknown = initializationOptions?.commands;
    this.commands = new Set(Array.isArray(given) ? given.filter((one) => typeof one === "string") : []);
    const roots = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri === null ? [] : [rootUri]);
    for (const uri of roots) this.folders.add(uri);
  }

  hearFolders(params: unknown): void {
    const { event } = params as { event: Record<"added" | "removed", { uri: string }[]> };
    for (const { uri } of event.removed) this.folders.delete(uri);
    for (const { uri } of event.added) this.folders.add(uri);
  }
}

/** Milliseconds that a document may still change before its mistakes are told: what was asked of it is answered first. */
const restMs = 5;
/** Reading may take so long; a longer document rests as much longer, or nothing else would be answered. */
const readMs = 50;

/** Tells the client what is wrong with documents. */
class Mistakes {
  private readonly connection: Connection;
  private readonly open: OpenDocuments;
  private readonly waiting = new Map<string, NodeJS.Timeout>();
  private tookMs = 0;

  constructor(connection: Connection, open: OpenDocuments) {
    this.connection = connection;
    this.open = open;
  }

  tellSoon(uri: string): void {
    clearTimeout(this.waiting.get(uri));
    const rest = restMs + Math.max(0, this.tookMs - readMs);
    this.waiting.set(
      uri,
      setTimeout(() => this.tell(uri), rest),
    );
  }

  /** A profile file is short, and nothing else is asked of it here: editors have its schema. */
  tellOfProfile(file: TextDocument): void {
    const { uri, version } = file;
    const diagnostics = profileDiagnostics(uri, file.getText());
    void this.connection.sendDiagnostics({ uri, version, diagnostics });
  }

  forget(uri: string): void {
    clearTimeout(this.waiting.get(uri));
    this.waiting.delete(uri);
    void this.connection.sendDiagnostics({ uri, diagnostics: [] });
  }

  private tell(uri: string): void {
    this.waiting.delete(uri);
    const document = this.open.of(uri);
    if (document === null) return;
    const started = Date.now();
    const diagnostics = diagnosticsOf(document);
    this.tookMs = Date.now() - started;
    void this.connection.sendDiagnostics({ uri, version: this.open.versionOf(uri), diagnostics });
  }
}
