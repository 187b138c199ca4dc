// extension/browser: the extension where only a browser is: workers in their place, and files that are read ahead.

import * as vscode from "vscode";
import { begin } from "../extension.ts";
import { adapterWorkers } from "./adapter.ts";
import { captureWorkers } from "./captures.ts";
import { languageWorker } from "./language.ts";
import { Workers } from "./workers.ts";

export { begin };

/** What the editor calls where the extension runs in a browser. */
export function activate(context: vscode.ExtensionContext): void {
  // What needs Node.js is not offered: package.json asks for it.
  void vscode.commands.executeCommand("setContext", "tlstrace.inBrowser", true);
  const workers = new Workers(vscode.Uri.joinPath(context.extensionUri, "dist", "web-worker.js"));
  begin(context, {
    adapter: adapterWorkers(workers),
    captures: captureWorkers(workers),
    language: languageWorker(workers, context.extension.packageJSON.version),
  });
}
