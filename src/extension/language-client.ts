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
      // What a trace names lies in files of profiles.
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.json") },
    },
  );
  await client.start();
  return client;
}
