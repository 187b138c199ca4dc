// extension/browser: the extension where only a browser is: workers in their place, and files that are read ahead.

import * as vscode from "vscode";
import { begin } from "../extension.ts";

export { begin };

/** What the editor calls where the extension runs in a browser. A desktop, which takes `begin` from here, loads no more. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  // What needs Node.js is not offered: package.json asks for it.
  void vscode.commands.executeCommand("setContext", "tlstrace.inBrowser", true);
  const { browserPlace } = await import("./place.ts");
  begin(context, browserPlace(context));
}
