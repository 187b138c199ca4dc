// lsp: the Language Server Protocol: documents as they change, requests to those functions.

import {
  CodeLensRefreshRequest,
  type Connection,
  DidChangeTextDocumentNotification,
  DidChangeWatchedFilesNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { diagnosticsOf, profileDiagnostics } from "../language/diagnostics.ts";
import { unescaped } from "../language/document.ts";
import type { PageLink } from "../language/hover.ts";
import { uriBeside } from "../language/navigation.ts";
import { memoryFile } from "../trace/pcap/capture-file.ts";
import type { FileAccess } from "../trace/platform.ts";
import { ClientFacts } from "./client.ts";
import { OpenDocuments } from "./documents.ts";
import { answer, answerReplayed, capabilitiesFor } from "./features.ts";
import { answerRefused } from "./turns.ts";

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

/**
 * Answers a client about the documents that it has open, in the protocol's order if the connection has `Turns`. Nothing is
 * run and no file is written.
 */
export function serve(connection: Connection, environment: ServerEnvironment): void {
  const client = new ClientFacts();
  const texts = new TextDocuments(TextDocument);
  const open = new OpenDocuments(beside(environment, client, texts));
  const mistakes = new Mistakes(connection, open);
  const readAgain = () => {
    const changed = open.again();
    for (const uri of changed) mistakes.tellSoon(uri);
    if (changed.length > 0) askAgain(connection, client);
  };
  answerRefused(connection);
  connection.onInitialize((params) => {
    client.hear(params);
    const serverInfo = { name: "tlstrace", version: environment.version };
    return { serverInfo, capabilities: capabilitiesFor(client) };
  });
  connection.onInitialized(() => askFor(connection, client));
  connection.onDidChangeWatchedFiles(readAgain);
  connection.onNotification("workspace/didChangeWorkspaceFolders", (params: unknown) => {
    client.hearFolders(params);
    readAgain();
  });
  texts.onDidSave(readAgain);
  hearDocuments(texts, { open, mistakes, readAgain });
  answer(connection, open, { client, page: environment.page });
  answerReplayed(connection, open, () => client.commands);
  texts.listen(connection);
  connection.listen();
}

/**
 * What a client tells of besides traces: files that they may name, as they change, and NIC files as they are written. Nothing
 * is asked about those: an editor has a language for JSON.
 */
function askFor({ client }: Connection, { canWatch, canSync }: ClientFacts): void {
  const watchers = [{ globPattern: "**/*.json" }];
  if (canWatch) void client.register(DidChangeWatchedFilesNotification.type, { watchers });
  if (!canSync) return;
  const options = { documentSelector: [{ pattern: "**/*.nic.json" }] };
  void client.register(DidOpenTextDocumentNotification.type, options);
  void client.register(DidChangeTextDocumentNotification.type, {
    ...options,
    syncKind: TextDocumentSyncKind.Incremental,
  });
  void client.register(DidCloseTextDocumentNotification.type, options);
}

/** Documents as a client opens, changes and closes them; profile files stay texts, which traces name. */
function hearDocuments(
  texts: TextDocuments<TextDocument>,
  { open, mistakes, readAgain }: { open: OpenDocuments; mistakes: Mistakes; readAgain: () => void },
): void {
  texts.onDidChangeContent(({ document }) => {
    if (isProfile(document.uri)) {
      mistakes.tellOfProfile(document);
      return readAgain();
    }
    open.set(document.uri, document.getText(), document.version);
    mistakes.tellSoon(document.uri);
  });
  texts.onDidClose(({ document: { uri } }) => {
    mistakes.forget(uri);
    if (isProfile(uri)) readAgain();
    else open.delete(uri);
  });
}

/** Files that documents name: one that is open, too, is what it is in the editor. */
function beside(
  environment: ServerEnvironment,
  client: ClientFacts,
  texts: TextDocuments<TextDocument>,
): (uri: string, path: string) => FileAccess {
  return (uri, path) => {
    const file = environment.openBeside(uri, path, [...client.folders]);
    const target = uriBeside(uri, path);
    const edited = texts.all().find((text) => target !== null && isSame(text.uri, target));
    if (edited === undefined) return file;
    file.close?.();
    return memoryFile(file.name, new TextEncoder().encode(edited.getText()));
  };
}

/** Clients differ in what they escape. */
const isSame = (a: string, b: string): boolean => unescaped(a) === unescaped(b);

/** What a replay says may be another now. */
function askAgain(connection: Connection, { asksAgain }: ClientFacts): void {
  if (asksAgain.lenses) void connection.sendRequest(CodeLensRefreshRequest.type);
  if (asksAgain.hints) void connection.languages.inlayHint.refresh();
}

const isProfile = (uri: string): boolean => /\.json$/i.test(uri);

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
