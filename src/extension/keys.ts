import path from "node:path";
import * as vscode from "vscode";
import { findKeyFiles, holdsSecrets } from "../node/key-files.ts";

/** What was chosen for a capture: key files, none = "debug without keys". Paths only: keys themselves are never kept. */
type Choice = string[];

const settingOf = (capture: string): string => `keys:${capture}`;

/**
 * Key files for a capture: those chosen before, those beside it, none if it brings its own, else what the user answers
 * now, which is remembered. Undefined = the user does not want to debug after all.
 */
export async function keysFor(memory: vscode.Memento, capture: string): Promise<string[] | undefined> {
  const chosen = memory.get<Choice>(settingOf(capture));
  if (chosen !== undefined) return chosen;
  const beside = findKeyFiles(capture);
  if (beside.length > 0 || holdsSecrets(capture)) return beside;
  return chooseKeys(memory, capture);
}

/** Asks for a capture's keys and remembers the answer. Undefined = cancelled, and nothing is remembered. */
export async function chooseKeys(memory: vscode.Memento, capture: string): Promise<string[] | undefined> {
  const { t } = vscode.l10n;
  const name = path.basename(capture);
  const choose = {
    label: `$(key) ${t("Choose key file…")}`,
    detail: t("A key log (SSLKEYLOGFILE) or crypto_info as JSON"),
  };
  const without = {
    label: `$(debug-start) ${t("Debug without keys")}`,
    detail: t(
      "Record map, expected sequence numbers and resyncs work; contents and wire bytes are not checked",
    ),
  };
  const answer = await vscode.window.showQuickPick([choose, without], {
    title: t("Keys of {0}", name),
    placeHolder: t("No keys found for {0}. The answer is remembered for this workspace.", name),
    ignoreFocusOut: true,
  });
  if (answer === undefined) return undefined;
  const files = answer === choose ? await openKeyFiles(capture) : [];
  if (files !== undefined) await memory.update(settingOf(capture), files);
  return files;
}

/** Takes key files for a capture without asking, as its page offers them. */
export const useKeys = (memory: vscode.Memento, capture: string, files: Choice): Thenable<void> =>
  memory.update(settingOf(capture), files);

/** What tells the command line the keys that a capture has here; none if it has to find them itself. */
export function keyFlags(memory: vscode.Memento, capture: string): string[] {
  const chosen = memory.get<Choice>(settingOf(capture));
  if (chosen !== undefined)
    return chosen.length === 0 ? ["--no-keys"] : chosen.flatMap((file) => ["--keys", file]);
  return findKeyFiles(capture).flatMap((file) => ["--keys", file]);
}

async function openKeyFiles(capture: string): Promise<string[] | undefined> {
  const { t } = vscode.l10n;
  const picked = await vscode.window.showOpenDialog({
    title: t("Keys of {0}", path.basename(capture)),
    openLabel: t("Use keys"),
    defaultUri: vscode.Uri.file(path.dirname(capture)),
    canSelectMany: true,
    filters: {
      [t("Key logs and crypto_info")]: ["keys", "keylog", "log", "txt", "json"],
      [t("All files")]: ["*"],
    },
  });
  return picked?.map((uri) => uri.fsPath);
}
