import * as vscode from "vscode";
import type { SampleIndex } from "../../node/samples.ts";
import { sampleIndex, samplesFolder } from "../files.ts";
import {
  activeTrace,
  configurationAs,
  configurationOf,
  debugType,
  nameOf,
  programOf,
  showTrace,
  uriOfProgram,
} from "../trace-files.ts";

interface Item extends vscode.QuickPickItem {
  file?: string;
  bugs?: readonly string[];
}

const debugButton: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon("debug-alt"),
  tooltip: vscode.l10n.t("Debug as the bug, or as it is where there is none"),
};

/**
 * The samples that come with the extension. One opens as it stands there, where what it names lies beside it, and cannot
 * be changed by mistake: a copy can. Who gives a name, as the walkthrough does, is asked for none.
 */
export const sampleCommands = (): vscode.Disposable[] => [
  vscode.commands.registerCommand("tlstrace.openSample", async (name?: string, bug?: string) => {
    const file = await sampleNamed(name);
    if (file === undefined) await pickSample();
    else await (bug === undefined ? open(file) : debug(file, bug));
  }),
  vscode.commands.registerCommand("tlstrace.copyTrace", async (name?: string) =>
    copy((await sampleNamed(name)) ?? activeTrace()),
  ),
];

/** The sample that goes by a name; undefined if there is none. */
const sampleNamed = async (name: string | undefined): Promise<string | undefined> =>
  typeof name === "string"
    ? itemsOf(await sampleIndex()).find(({ label, file }) => file !== undefined && label === name)?.file
    : undefined;

/** Lets the user pick one, which opens; a button debugs it at once. */
async function pickSample(): Promise<void> {
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
  await showTrace(uriOfProgram(file));
  await vscode.commands.executeCommand("workbench.action.files.setActiveEditorReadonlyInSession");
}

/** Debugs a sample, in place of the one that is debugged: of two sessions the editor would go on to show the first. */
async function debug(file: string, bug?: string): Promise<void> {
  const before = vscode.debug.activeDebugSession;
  const program: unknown = before?.configuration.program;
  const samples = programOf(samplesFolder());
  if (before?.type === debugType && typeof program === "string" && program.startsWith(samples))
    await vscode.debug.stopDebugging(before);
  if (!/\.pcap$/.test(file)) await open(file);
  const configuration = bug === undefined ? configurationOf(file) : configurationAs(file, bug);
  await vscode.debug.startDebugging(undefined, configuration);
}

/** Saves a copy of a trace where the user says, and opens it there to be changed. */
async function copy(file: string | undefined): Promise<void> {
  const { t } = vscode.l10n;
  if (file === undefined)
    return void vscode.window.showErrorMessage(t("There is no trace to copy: open one first."));
  const name = nameOf(file);
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  // A browser has no process, nor a home.
  const { HOME, USERPROFILE } = globalThis.process?.env ?? {};
  const place = folder?.uri ?? vscode.Uri.file(HOME ?? USERPROFILE ?? "/");
  const to = await vscode.window.showSaveDialog({
    title: t("Save Copy of Trace"),
    defaultUri: vscode.Uri.joinPath(place, name),
    filters: { [t("Traces")]: [name.replace(/^.*\./, "")] },
  });
  if (!to) return;
  const text = await vscode.workspace.fs.readFile(uriOfProgram(file));
  await vscode.workspace.fs.writeFile(to, text);
  await showTrace(to);
}
