import * as vscode from "vscode";
import type { ChangeWord } from "../lab/change.ts";
import { say } from "./time-travel.ts";
import { debugType, programOf, uriOfProgram } from "./trace-files.ts";

/** The commands of forks: each a word of the adapter's console, which says what it came to. */
export function forkCommands(): vscode.Disposable[] {
  const { commands } = vscode;
  return [
    commands.registerCommand("tlstrace.fork", forkHere),
    commands.registerCommand("tlstrace.compareFork", compareFork),
    commands.registerCommand("tlstrace.saveFork", saveFork),
  ];
}

/** Asks what is to be otherwise, in the words of `fork` in the console. */
async function forkHere(): Promise<void> {
  const { changeWords } = await import("../lab/fork-words.ts");
  const items = changeWords.map((change) => ({
    label: change.word,
    description: change.takes,
    detail: change.says,
    change,
  }));
  const placeHolder = vscode.l10n.t("What is to be otherwise from here?");
  const picked = await vscode.window.showQuickPick(items, { placeHolder, matchOnDetail: true });
  const rest = picked && (await restOf(picked.change));
  if (picked && rest !== undefined) await say(`fork ${picked.change.word} ${rest}`.trim());
}

/** What stands behind the change's word; undefined if somebody wants none after all. */
async function restOf({ word, takes, says, offers }: ChangeWord): Promise<string | undefined> {
  if (takes === "") return "";
  if (offers === undefined || word === "set") {
    const placeHolder = word === "set" ? "driver.expectedSeq = 4344" : takes;
    return vscode.window.showInputBox({ title: `fork ${word}`, prompt: says, placeHolder });
  }
  return vscode.window.showQuickPick([...offers], { title: `fork ${word}`, placeHolder: says });
}

/** A fork's session with its parent; of a session with forks the last of them. */
async function compareFork(): Promise<void> {
  await say("fork diff");
  await vscode.commands.executeCommand("workbench.debug.action.focusRepl");
}

/** Writes this session's fork, else the last one that was made in it. */
async function saveFork(): Promise<void> {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== debugType) return;
  const program = uriOfProgram(String(session.configuration.program));
  const file = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(program, "..", "fork.tlstrace"),
    filters: { [vscode.l10n.t("Traces")]: ["tlstrace"] },
    title: vscode.l10n.t("Save Fork"),
  });
  if (file) await say(`fork save ${programOf(file)}`);
}
