import path from "node:path";
import * as vscode from "vscode";
import { captureName } from "../trace/keys/beside.ts";

export const debugType = "tlstrace";

/** What findFiles takes to list everything that can be debugged. */
const traceGlob = "**/*.{tlstrace,pkt,pcap,pcapng,cap,pcap.gz,pcapng.gz,cap.gz}";
const listedMax = 500;

export const isCapture = (file: string): boolean => captureName.test(file);
const isTrace = (file: string): boolean => /\.(tlstrace|pkt)$/i.test(file) || isCapture(file);

/** The trace or capture in the active tab, also when the editor has no text to show for it; undefined if it is something else. */
export function activeTrace(): string | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const isFile = input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom;
  const uri = isFile ? input.uri : undefined;
  return uri?.scheme === "file" && isTrace(uri.fsPath) ? uri.fsPath : undefined;
}

/** Traces and captures of the workspace, sorted by path. */
export async function workspaceTraces(): Promise<vscode.Uri[]> {
  const found = await vscode.workspace.findFiles(traceGlob, "**/node_modules/**", listedMax);
  return found.sort((a, b) => (a.fsPath < b.fsPath ? -1 : 1));
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
    label: path.basename(uri.fsPath),
    description: vscode.workspace.asRelativePath(path.dirname(uri.fsPath)),
    file: uri.fsPath,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t("Trace or capture to debug"),
  });
  return picked?.file;
}
