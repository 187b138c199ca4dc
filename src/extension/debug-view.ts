import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";

/**
 * Opens the Run and Debug view at a session's first stop. The editor does so at breakpoints only, but most stops here
 * are rules of the model, which the protocol calls exceptions. `debug.openDebug: neverOpen` is respected.
 */
export const debugViewTrackers: vscode.DebugAdapterTrackerFactory = {
  createDebugAdapterTracker() {
    let isFirst = true;
    return {
      onDidSendMessage(message: DebugProtocol.Event) {
        if (!isFirst || message.type !== "event" || message.event !== "stopped") return;
        isFirst = false;
        if (vscode.workspace.getConfiguration("debug").get("openDebug") !== "neverOpen") void openDebugView();
      },
    };
  },
};

async function openDebugView(): Promise<void> {
  await vscode.commands.executeCommand("workbench.view.debug");
  await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
}
