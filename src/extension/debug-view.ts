import * as vscode from "vscode";

/**
 * Opens the Run and Debug view when a session starts. The editor itself does so at the first breakpoint, but most stops
 * here are rules of the model, which the protocol calls exceptions. `debug.openDebug: neverOpen` is respected.
 */
export const debugViewTrackers: vscode.DebugAdapterTrackerFactory = {
  createDebugAdapterTracker: () => ({
    onWillStartSession() {
      if (opensDebugView()) void openDebugView();
    },
  }),
};

/** False if the user keeps the view closed. */
export const opensDebugView = (): boolean =>
  vscode.workspace.getConfiguration("debug").get("openDebug") !== "neverOpen";

/** At the start and not at the stop: there it would be in the way of the editor showing the line and why it stopped. */
async function openDebugView(): Promise<void> {
  await vscode.commands.executeCommand("workbench.view.debug");
  await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
}
