import * as vscode from "vscode";
import {
  BaseLanguageClient,
  type LanguageClientOptions,
  type MessageTransports,
  type Middleware,
  ReadableStreamMessageReader,
  WriteableStreamMessageWriter,
} from "vscode-languageclient";
import { BrowserMessageReader, BrowserMessageWriter } from "vscode-languageclient/browser";
import { compareCommand, debugAsCommand, debugCommand, pictureCommand } from "../language/lenses.ts";
import { filesMessage } from "../web/messages.ts";
import type { LanguagePlace, LanguageServer } from "./place.ts";

/** What lenses can do here. */
const lensCommands = [debugCommand, debugAsCommand, compareCommand, pictureCommand];

/** Documents that the server answers for. */
interface Written {
  scheme: string;
  language: string;
}

/** Runs the language server that any editor can run, beside this one, and lets the editor ask it of documents that fit. */
export async function startLanguageClient(
  place: LanguagePlace,
  documentSelector: Written[],
): Promise<vscode.Disposable> {
  const client = new Client(place, documentSelector);
  await client.start();
  return client;
}

/** The editor's side of the language server. One that ends by itself is started again, some times. */
class Client extends BaseLanguageClient {
  private readonly place: LanguagePlace;
  private server: LanguageServer | null = null;

  constructor(place: LanguagePlace, documentSelector: Written[]) {
    const options: LanguageClientOptions = {
      documentSelector,
      initializationOptions: { commands: lensCommands },
      middleware: {
        ...(place.beside && readingAhead(place.beside, documentSelector, (files) => this.give(files))),
        // NIC files are told of as they are written, for the traces that name them: of themselves their schema tells.
        handleDiagnostics: (uri, diagnostics, next) => {
          if (!uri.path.endsWith(".json")) next(uri, diagnostics);
        },
        provideCodeLenses: async (document, token, next) => (await next(document, token))?.map(named),
      },
    };
    super("tlstrace", "TLS Offload Trace", options);
    this.place = place;
  }

  override async stop(timeout?: number): Promise<void> {
    await super.stop(timeout).finally(() => this.server?.end());
  }

  protected override async createMessageTransports(): Promise<MessageTransports> {
    this.server?.end();
    this.server = await this.place.begin();
    return transportsOf(this.server);
  }

  private give(files: unknown): Promise<void> {
    return this.sendNotification(filesMessage, files);
  }
}

/** Gives a server that cannot read files what a document names, before it hears of the document, and again when it changes. */
function readingAhead(
  beside: NonNullable<LanguagePlace["beside"]>,
  selector: vscode.DocumentSelector,
  give: (files: unknown) => Promise<void>,
): Middleware {
  const ahead = async ({ uri }: vscode.TextDocument) => give([...(await beside(uri.toString()))]);
  return {
    didOpen: async (document, next) => {
      await ahead(document);
      await next(document);
    },
    workspace: {
      didChangeWatchedFile: async (event, next) => {
        const { languages, workspace } = vscode;
        const open = workspace.textDocuments.filter((document) => languages.match(selector, document) > 0);
        await Promise.all(open.map(ahead));
        await next(event);
      },
    },
  };
}

function transportsOf(server: LanguageServer): MessageTransports {
  if ("port" in server) {
    const port = server.port as ConstructorParameters<typeof BrowserMessageReader>[0];
    return { reader: new BrowserMessageReader(port), writer: new BrowserMessageWriter(port) };
  }
  const { output, input } = server.streams;
  const heard = (stream: NodeJS.EventEmitter, event: string) => (listener: (...args: never[]) => void) => {
    stream.on(event, listener as () => void);
    return new vscode.Disposable(() => stream.off(event, listener as () => void));
  };
  const ends = (stream: NodeJS.EventEmitter) => ({
    onClose: heard(stream, "close"),
    onError: heard(stream, "error"),
    onEnd: heard(stream, "end"),
  });
  const write = (data: Uint8Array | string) =>
    new Promise<void>((resolve, reject) => {
      input.write(data, (error) => (error ? reject(error) : resolve()));
    });
  return {
    reader: new ReadableStreamMessageReader({ ...ends(output), onData: heard(output, "data") }),
    writer: new WriteableStreamMessageWriter({ ...ends(input), write, end: () => input.end() }),
  };
}

/** A lens that does something is called so in the editor's language; the server speaks as it does to any editor. */
function named(lens: vscode.CodeLens): vscode.CodeLens {
  if (lens.command) lens.command.title = titleOf(lens.command);
  return lens;
}

function titleOf({ command, title, arguments: [, variant] = [] }: vscode.Command): string {
  const { t } = vscode.l10n;
  switch (command) {
    case debugCommand:
      return t("Debug");
    case debugAsCommand:
      return t("Debug as {0}", String(variant));
    case compareCommand:
      return t("Compare");
    case pictureCommand:
      return t("Picture");
    default:
      return title;
  }
}
