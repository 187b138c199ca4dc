import * as vscode from "vscode";
import type { MinimisedBody } from "../../adapter/console/lab-words.ts";
import type { FindingRow } from "../../adapter/opening/findings.ts";
import { debugType } from "../trace-files.ts";

/** What can be kept without a word to write, as the console's `minimise` takes it; null: it is asked for. */
function keepItems(): (vscode.QuickPickItem & { keep: string | null })[] {
  const { t } = vscode.l10n;
  return [
    { label: t("What the debugger stopped for"), keep: "" },
    { label: t("The first finding"), keep: "finding" },
    { label: t("The first wrong byte"), keep: "wrong byte" },
    { label: t("The first failed expectation"), keep: "failed expectation" },
    { label: t("An effect, with a condition…"), keep: null },
  ];
}

/**
 * Opens the smallest trace that still shows something as a new editor: a finding of the tree, or what is picked of the
 * session that is looked at. Progress is the adapter's, and so is Cancel.
 */
export async function minimise(node?: { finding?: FindingRow | null }): Promise<void> {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== debugType) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t("Minimise works on what is being debugged: start a session first."),
    );
    return;
  }
  const targetId = node?.finding?.targetId;
  const keep = targetId === undefined ? await ask() : "";
  if (keep === undefined) return;
  try {
    const args = targetId === undefined ? { keep } : { targetId };
    const { text, note }: MinimisedBody = await session.customRequest("minimise", args);
    const document = await vscode.workspace.openTextDocument({ language: debugType, content: text });
    await vscode.window.showTextDocument(document, { preview: false });
    vscode.window.setStatusBarMessage(vscode.l10n.t("Minimised: {0}", note), 20_000);
  } catch (error) {
    void vscode.window.showInformationMessage((error as Error).message);
  }
}

async function ask(): Promise<string | undefined> {
  const { t } = vscode.l10n;
  const picked = await vscode.window.showQuickPick(keepItems(), {
    title: t("Minimise"),
    placeHolder: t("What the smaller trace must still show, for the same reason"),
  });
  if (picked?.keep !== null) return picked?.keep;
  return vscode.window.showInputBox({
    title: t("Minimise"),
    prompt: t("An effect or a set of events, `where` and a condition"),
    placeHolder: "resync where replayed > 8192",
  });
}
