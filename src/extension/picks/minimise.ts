import * as vscode from "vscode";
import type { MinimisedBody } from "../../adapter/console/lab-words.ts";
import type { FindingRow } from "../../adapter/opening/findings.ts";
import { debugType } from "../trace-files.ts";

const stop = "What the debugger stopped for";
const asked = "An effect, with a condition…";

/** What can be kept without a word to write, as the console's `minimise` takes it; null: it is asked for. */
const kept: ReadonlyMap<string, string | null> = new Map([
  [stop, ""],
  ["The first finding", "finding"],
  ["The first wrong byte", "wrong byte"],
  ["The first failed expectation", "failed expectation"],
  [asked, null],
]);

/**
 * Opens the smallest trace that still shows something as a new editor: a finding of the tree, or what is picked of the
 * session that is looked at. Progress is the adapter's, and so is Cancel.
 */
export async function minimise(node?: { finding?: FindingRow | null }): Promise<void> {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== debugType) {
    void vscode.window.showErrorMessage("Minimise works on what is being debugged: start a session first.");
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
    vscode.window.setStatusBarMessage(`Minimised: ${note}`, 20_000);
  } catch (error) {
    void vscode.window.showInformationMessage((error as Error).message);
  }
}

async function ask(): Promise<string | undefined> {
  const picked = await vscode.window.showQuickPick([...kept.keys()], {
    title: "Minimise",
    placeHolder: "What the smaller trace must still show, for the same reason",
  });
  if (picked === undefined || kept.get(picked) !== null) return kept.get(picked ?? "") ?? undefined;
  return vscode.window.showInputBox({
    title: "Minimise",
    prompt: "An effect or a set of events, `where` and a condition",
    placeHolder: "resync where replayed > 8192",
  });
}
