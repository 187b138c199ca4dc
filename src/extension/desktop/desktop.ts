// extension/desktop: the extension where Node.js is: processes for sessions, captures and the language server; agents.

import * as vscode from "vscode";
import { begin } from "../extension.ts";
import { commandInTerminals } from "../terminal/command-path.ts";
import { linksInTerminals } from "../terminal/links.ts";
import { offerTests } from "../tests/tests.ts";
import { debugType } from "../trace-files.ts";
import { adapterProcess, fallenAdapters } from "./adapter.ts";
import { offerAgents } from "./agents.ts";
import { captureProcesses } from "./captures.ts";
import { languageProcess } from "./language.ts";

/** What the editor calls where the extension runs in Node.js. */
export function activate(context: vscode.ExtensionContext): void {
  const cli = context.asAbsolutePath("dist/cli.js");
  begin(context, {
    adapter: adapterProcess(cli, workspaceFolders),
    captures: captureProcesses(cli),
    language: languageProcess(cli),
  });
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterTrackerFactory(debugType, fallenAdapters),
    linksInTerminals(),
  );
  offerAgents(context);
  onceTrusted(() => offerTests(context), context.subscriptions);
  commandInTerminals(context);
}

/** Now, or when the user trusts the workspace: the tests of a trace read what it names. */
function onceTrusted(offer: () => void, subscriptions: vscode.Disposable[]): void {
  if (vscode.workspace.isTrusted) offer();
  else subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(offer));
}

const workspaceFolders = (): string[] =>
  (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
