import path from "node:path";
import * as vscode from "vscode";
import { addedLines } from "../../trace/text-edit.ts";
import { activeTrace } from "../trace-files.ts";
import type { TestProcess } from "./process.ts";
import { isTraceFile, type TestTree } from "./tree.ts";

const scheme = "tlstrace-expectations";

/** A trace's text with the expect lines that it lacks, and the text that they were found for. */
interface Proposal {
  uri: vscode.Uri;
  was: string;
  text: string;
}

/** *Update Expectations*: what `tlstrace test --update` would write, beside the file, to be accepted or not. */
export function offerUpdates(tree: TestTree, process: TestProcess, subscriptions: vscode.Disposable[]): void {
  const proposals = new Map<string, Proposal>();
  const { commands, workspace } = vscode;
  const { t } = vscode.l10n;
  subscriptions.push(
    workspace.registerTextDocumentContentProvider(scheme, {
      provideTextDocumentContent: (uri) => proposals.get(uri.toString())?.text ?? "",
    }),
    workspace.onDidCloseTextDocument(({ uri }) => proposals.delete(uri.toString())),
    commands.registerCommand("tlstrace.updateExpectations", async (given?: vscode.TestItem | vscode.Uri) => {
      const asked = askedFor(tree, given);
      if (!asked) return tell(t("Expect lines stand in trace files (.tlstrace): open one first."));
      const proposal = await proposed(process, asked.uri, asked.flags);
      if (typeof proposal === "string") return tell(proposal);
      const name = path.basename(asked.uri.fsPath);
      const uri = asked.uri.with({ scheme, query: String(++numbered) });
      proposals.set(uri.toString(), proposal);
      await commands.executeCommand("vscode.diff", asked.uri, uri, t("{0}: Expectations to Accept", name));
    }),
    commands.registerCommand("tlstrace.acceptExpectations", async (given?: vscode.Uri) => {
      const uri = given?.scheme === scheme ? given : shownUri();
      const proposal = proposals.get(uri?.toString() ?? "");
      if (proposal) await accept(proposal);
    }),
  );
}

/** A document is not asked for twice: each proposal is one of its own. */
let numbered = 0;

const tell = (what: string) => void vscode.window.showInformationMessage(what);

/** The trace to update, and the variant that an item of the tests is under. */
function askedFor(tree: TestTree, given?: vscode.TestItem | vscode.Uri) {
  if (given && "children" in given) {
    const [file, run] = [tree.fileOf(given), given.parent?.parent ? given.parent : given];
    const variant = run === file ? "" : run.id;
    return { uri: file.uri!, flags: variant === "" ? [] : ["--profile", variant] };
  }
  const active = activeTrace();
  const uri = given ?? (active === undefined ? undefined : vscode.Uri.file(active));
  return uri && isTraceFile(uri) ? { uri, flags: [] } : null;
}

/** What would be written; a sentence where there is nothing to write. */
async function proposed(
  process: TestProcess,
  uri: vscode.Uri,
  flags: readonly string[],
): Promise<Proposal | string> {
  const document = await vscode.workspace.openTextDocument(uri);
  if (document.isDirty) await document.save();
  const was = document.getText();
  let text: string | null = null;
  const complaint = await process.run([uri.fsPath], ["--update", "--dry-run", ...flags], {
    // A variant of a file is called as the trace calls it.
    folder: path.dirname(uri.fsPath),
    row: (row) => {
      if (row.kind === "update") text = row.text;
    },
  });
  if (text !== null) return { uri, was, text };
  return complaint || vscode.l10n.t("Every notable event has an expect line already.");
}

/** Writes it into the file's document, where it can be undone, unless somebody wrote meanwhile. */
async function accept({ uri, was, text }: Proposal): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  if (document.getText() !== was)
    return tell(
      vscode.l10n.t("{0} has changed since: update its expectations again.", path.basename(uri.fsPath)),
    );
  const edit = new vscode.WorkspaceEdit();
  const insertions = addedLines(was, text);
  const end = document.lineAt(document.lineCount - 1).range.end;
  if (insertions === null) edit.replace(uri, new vscode.Range(new vscode.Position(0, 0), end), text);
  // Past the last line there is no other place than its end.
  for (const { line, added } of insertions ?? [])
    edit.insert(uri, line < document.lineCount ? new vscode.Position(line, 0) : end, added);
  if (!(await vscode.workspace.applyEdit(edit))) return;
  await document.save();
  const { activeTab } = vscode.window.tabGroups.activeTabGroup;
  if (activeTab?.input instanceof vscode.TabInputTextDiff) await vscode.window.tabGroups.close(activeTab);
  await vscode.window.showTextDocument(document);
}

/** The proposal that the active tab shows beside its file. */
function shownUri(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputTextDiff ? input.modified : undefined;
}
