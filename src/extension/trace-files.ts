import * as vscode from "vscode";
import { captureName } from "../trace/keys/beside.ts";

export const debugType = "tlstrace";

/** What findFiles takes to list everything that can be debugged. */
const traceGlob = "**/*.{tlstrace,pkt,pcap,pcapng,cap,pcap.gz,pcapng.gz,cap.gz}";
const listedMax = 500;

/** A program as launch configurations name it: the path of a file, and the URI of what is none of this machine. */
export const programOf = (uri: vscode.Uri): string => (uri.scheme === "file" ? uri.fsPath : uri.toString());

/** Its address. */
export const uriOfProgram = (program: string): vscode.Uri =>
  isUri(program) ? vscode.Uri.parse(program) : vscode.Uri.file(program);

/** Its name without folders. */
export const nameOf = (program: string): string => uriOfProgram(program).path.replace(/^.*\//, "");

/** A letter alone is a drive. */
export const isUri = (program: string): boolean => /^[a-z][\w+.-]+:\//i.test(program);

export const isCapture = (file: string): boolean => captureName.test(file);
const isTrace = (file: string): boolean => /\.(tlstrace|pkt)$/i.test(file) || isCapture(file);

/** What has no file: text that was not saved yet, and what a session shows. */
const unsaved: ReadonlySet<string> = new Set(["untitled", "debug"]);

/** The trace that was in front last. */
let lastInFront: string | undefined;

/** Remembers which trace was in front, for commands that are given where none is: in a walkthrough, a picture, a terminal. */
export function followTraces(subscriptions: vscode.Disposable[]): void {
  const follow = () => {
    lastInFront = traceIn(vscode.window.tabGroups.activeTabGroup.activeTab) ?? lastInFront;
  };
  const { tabGroups } = vscode.window;
  subscriptions.push(tabGroups.onDidChangeTabs(follow), tabGroups.onDidChangeTabGroups(follow));
  follow();
}

/**
 * The trace or capture that is in front, also when the editor has no text to show for it: in the active tab, else in sight
 * in another group, else the one that was in front last and is still open; undefined if there is none.
 */
export function activeTrace(): string | undefined {
  const { activeTabGroup, all } = vscode.window.tabGroups;
  const inSight = [activeTabGroup, ...all].flatMap(({ activeTab }) => traceIn(activeTab) ?? []);
  const open = all.flatMap(({ tabs }) => tabs.flatMap((tab) => traceIn(tab) ?? []));
  return inSight[0] ?? open.find((file) => file === lastInFront);
}

/**
 * Shows a trace in the group that has it, else in one that has another: a walkthrough that led there, or a picture, stays
 * in sight.
 */
export async function showTrace(uri: vscode.Uri): Promise<void> {
  const { activeTabGroup, all } = vscode.window.tabGroups;
  const groups = [activeTabGroup, ...all];
  const having = (fits: (file: string | undefined) => boolean) =>
    groups.find(({ tabs }) => tabs.some((tab) => fits(traceIn(tab))));
  const group = having((file) => file === programOf(uri)) ?? having((file) => file !== undefined);
  const { viewColumn } = group ?? activeTabGroup;
  await vscode.window.showTextDocument(uri, { preview: false, viewColumn });
}

function traceIn(tab: vscode.Tab | undefined): string | undefined {
  const input = tab?.input;
  const isFile = input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom;
  const uri = isFile ? input.uri : undefined;
  return uri && !unsaved.has(uri.scheme) && isTrace(uri.path) ? programOf(uri) : undefined;
}

/** Traces and captures of the workspace, sorted by path. */
export async function workspaceTraces(): Promise<vscode.Uri[]> {
  const found = await vscode.workspace.findFiles(traceGlob, "**/node_modules/**", listedMax);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Lets the user pick a trace of the workspace; undefined if there is none (said so) or the pick was cancelled. */
export async function pickTrace(): Promise<string | undefined> {
  const traces = await workspaceTraces();
  if (traces.length === 0) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t(
        "No trace to debug: open a .tlstrace or .pkt file or a folder with packet captures (.pcap, .pcapng).",
      ),
    );
    return undefined;
  }
  const items = traces.map((uri) => ({
    label: nameOf(programOf(uri)),
    description: vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, "..")),
    file: programOf(uri),
  }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t("Trace or capture to debug"),
  });
  return picked?.file;
}

/** The launch configuration that debugs one file, everything else as it comes. */
export const configurationOf = (program: string): vscode.DebugConfiguration => ({
  type: debugType,
  request: "launch",
  name: vscode.l10n.t("Debug {0}", nameOf(program)),
  program,
});

/** The launch configuration that debugs one file as something else than it says. */
export const configurationAs = (program: string, profile: string): vscode.DebugConfiguration => ({
  ...configurationOf(program),
  name: vscode.l10n.t("Debug {0} as {1}", nameOf(program), profile),
  profile,
});
