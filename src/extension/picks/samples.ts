import * as vscode from "vscode";
import type { SampleIndex } from "../../node/samples.ts";
import { sampleIndex, samplesFolder } from "../files.ts";
import { configurationAs, configurationOf, programOf, uriOfProgram } from "../trace-files.ts";

interface Item extends vscode.QuickPickItem {
  file?: string;
  bugs?: readonly string[];
}

const debugButton: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon("debug-alt"),
  tooltip: vscode.l10n.t("Debug as the bug, or as it is where there is none"),
};

/**
 * Lets the user pick one of the samples that come with the extension. It opens as it stands there, where what it names
 * lies beside it, and cannot be changed by mistake: Save As makes a copy. A button debugs it at once.
 */
export async function openSample(): Promise<void> {
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = vscode.l10n.t("Open Sample");
  pick.placeholder = vscode.l10n.t(
    "A mechanism or a bug: a name, a word of what it shows, {0}",
    "connectx/long-dump",
  );
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.items = itemsOf(await sampleIndex());
  pick.onDidAccept(() => {
    const [item] = pick.selectedItems;
    pick.hide();
    if (item?.file) void open(item.file);
  });
  pick.onDidTriggerItemButton(({ item: { file, bugs = [] } }) => {
    pick.hide();
    if (file) void debug(file, bugs[0]);
  });
  pick.onDidHide(() => pick.dispose());
  pick.show();
}

const itemsOf = ({ groups }: SampleIndex): Item[] =>
  groups.flatMap(({ title, samples }): Item[] => [
    { label: title, kind: vscode.QuickPickItemKind.Separator },
    ...samples.map(({ name, title, bugs }) => ({
      label: name.replace(/^.*\//, "").replace(/\.\w+$/, ""),
      description: bugs.join(", "),
      detail: title,
      file: programOf(vscode.Uri.joinPath(samplesFolder(), name)),
      bugs,
      buttons: [debugButton],
    })),
  ]);

async function open(file: string): Promise<void> {
  // A capture has no text to show: its listing is what there is to see.
  if (/\.pcap$/.test(file)) return debug(file);
  await vscode.window.showTextDocument(uriOfProgram(file), { preview: false });
  await vscode.commands.executeCommand("workbench.action.files.setActiveEditorReadonlyInSession");
}

async function debug(file: string, bug?: string): Promise<void> {
  if (!/\.pcap$/.test(file)) await open(file);
  const configuration = bug === undefined ? configurationOf(file) : configurationAs(file, bug);
  await vscode.debug.startDebugging(undefined, configuration);
}
