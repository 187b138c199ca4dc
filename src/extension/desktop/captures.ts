import * as vscode from "vscode";
import { findKeyFiles, holdsSecrets, isKeyLog } from "../../node/key-files.ts";
import { whyUnreadable } from "../../node/open-file.ts";
import { tidyBeside } from "../../node/save.ts";
import { VerdictRows } from "../captures/verdict-rows.ts";
import type { CapturePlace, Offered } from "../place.ts";
import { isUri } from "../trace-files.ts";
import { runCommand } from "./command.ts";

/** Captures of this machine: each is worked on by the command line, a process of its own. */
export const captureProcesses = (cli: string): CapturePlace => ({
  whyUnreadable: async (capture) => (isUri(capture) ? elsewhere(capture) : whyUnreadable(capture)),
  keysBeside: async (capture) => findKeyFiles(capture),
  holdsSecrets: async (capture) => holdsSecrets(capture),
  mayHoldKeys: async (capture, file) => findKeyFiles(capture).includes(file) || isKeyLog(file),
  offer: (capture) => offered(cli, capture),
  verify: (capture, chosen, take) => {
    const keys = keyFlags(capture, chosen);
    const lookUp = keys.length === 0 ? folderFlags(capture) : [];
    // The capture comes first: each list of keys goes on to the next flag.
    const flags = ["--json", "--jobs", "1", "--names", "full", ...keys, ...lookUp];
    return { ...runCommand(cli, ["verify", capture, ...flags], take), isLookedUp: lookUp.length > 0 };
  },
  export: (capture, chosen, to) => {
    const flags = ["--to", to.fsPath, "--force", ...keyFlags(capture, chosen)];
    const run = runCommand(cli, ["export", capture, ...flags], () => {});
    return { ...run, ended: run.ended.finally(() => tidyBeside(to.fsPath)) };
  },
});

const elsewhere = (capture: string): string =>
  vscode.l10n.t("{0} is no file of this machine: save it on its disk.", capture);

/** None: the command line finds them itself. */
function keyFlags(capture: string, chosen: string[] | null): string[] {
  if (chosen?.length === 0) return ["--no-keys"];
  return (chosen ?? findKeyFiles(capture)).flatMap((file) => ["--keys", file]);
}

function offered(cli: string, capture: string): Offered {
  const lookUp = folderFlags(capture);
  if (lookUp.length === 0) return { found: Promise.resolve([]), cancel: () => {} };
  const rows = new VerdictRows();
  const run = runCommand(cli, ["verify", capture, "--json", "--jobs", "1", ...lookUp], (line) =>
    rows.add(line),
  );
  return { found: run.ended.then(() => rows.file?.keys ?? []), cancel: run.cancel };
}

/** What has the command line look through the key logs of a capture's folder: of one that nobody trusts nothing else is read. */
function folderFlags(capture: string): string[] {
  const { workspaceFolders, isTrusted, getWorkspaceFolder } = vscode.workspace;
  const folder = getWorkspaceFolder(vscode.Uri.file(capture)) ?? workspaceFolders?.[0];
  return folder && isTrusted ? ["--keys-dir", folder.uri.fsPath] : [];
}
