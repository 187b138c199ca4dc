import * as vscode from "vscode";
import { runCommand } from "./command.ts";
import { VerdictRows } from "./verdict-rows.ts";

/** Key files of the workspace that hold a capture's sessions, which are being looked for. */
export interface Offered {
  found: Promise<string[]>;
  cancel(): void;
}

/** Looks for the keys of a capture. */
export type Offer = (capture: string) => Offered;

/** Looks through the key logs of the workspace by client random: of a folder that nobody trusts nothing else is read. */
export const offerBy =
  (cli: string): Offer =>
  (capture) => {
    const lookUp = folderFlags(capture);
    if (lookUp.length === 0) return { found: Promise.resolve([]), cancel: () => {} };
    const rows = new VerdictRows();
    const run = runCommand(cli, ["verify", capture, "--json", "--jobs", "1", ...lookUp], (line) =>
      rows.add(line),
    );
    return { found: run.ended.then(() => rows.file?.keys ?? []), cancel: run.cancel };
  };

/** What has the command line look through the key logs of a capture's folder of the workspace. */
export function folderFlags(capture: string): string[] {
  const { workspaceFolders, isTrusted, getWorkspaceFolder } = vscode.workspace;
  const folder = getWorkspaceFolder(vscode.Uri.file(capture)) ?? workspaceFolders?.[0];
  return folder && isTrusted ? ["--keys-dir", folder.uri.fsPath] : [];
}
