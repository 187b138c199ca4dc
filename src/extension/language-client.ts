import * as vscode from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";
import { compareCommand, debugAsCommand, debugCommand, pictureCommand } from "../language/lenses.ts";
import { debugType } from "./trace-files.ts";

/** Traces that somebody writes: a capture's listing is read-only and may have millions of lines. */
const schemes = ["file", "untitled"];

/** What lenses can do here. */
const lensCommands = [debugCommand, debugAsCommand, compareCommand, pictureCommand];

/** Runs the language server that any editor can run, in a process of its own, and lets the editor ask it. */
export async function startLanguageClient(server: string): Promise<vscode.Disposable> {
  const run = { module: server, args: ["lsp"], transport: TransportKind.stdio };
  const languages = [debugType, "packetdrill"];
  const client = new LanguageClient(
    "tlstrace",
    "TLS Offload Trace",
    { run, debug: run },
    {
      documentSelector: schemes.flatMap((scheme) => languages.map((language) => ({ scheme, language }))),
      initializationOptions: { commands: lensCommands },
      middleware: {
        provideCodeLenses: async (document, token, next) => (await next(document, token))?.map(named),
      },
      // What a trace names lies in files of profiles.
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.json") },
    },
  );
  await client.start();
  return client;
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
