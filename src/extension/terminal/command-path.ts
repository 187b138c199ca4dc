// extension/terminal: tlstrace on the PATH of the editor's terminals.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { type Wrapper, wrapperOf } from "./wrapper.ts";

/**
 * Puts `tlstrace` on the PATH of the editor's terminals: a small script that runs the extension's own command line by the
 * program that runs the extension, in a folder of the extension's own. What a user has installed himself comes first.
 */
export function commandInTerminals({
  environmentVariableCollection: environment,
  globalStorageUri,
  asAbsolutePath,
}: vscode.ExtensionContext): void {
  const wrapper = wrapperOf(process.platform, process.execPath, asAbsolutePath("dist/cli.js"));
  const folder = path.join(globalStorageUri.fsPath, "bin");
  try {
    write(folder, wrapper);
  } catch (error) {
    // A disk that is full or may not be written: everything but this works.
    environment.clear();
    console.warn(`tlstrace is not on the PATH of terminals: ${(error as Error).message}`);
    return;
  }
  environment.description = new vscode.MarkdownString(vscode.l10n.t("The command `tlstrace`"));
  environment.append("PATH", path.delimiter + folder);
}

function write(folder: string, { name, text }: Wrapper): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, name), text, { mode: 0o755 });
}
