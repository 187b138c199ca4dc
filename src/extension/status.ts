import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";

/**
 * Shows where a session stands and which way it travelled in the status bar, in the adapter's words: the editor itself
 * has no mark for going backwards.
 */
export const statusTrackers: vscode.DebugAdapterTrackerFactory = {
  createDebugAdapterTracker() {
    const item = vscode.window.createStatusBarItem("tlstrace.position", vscode.StatusBarAlignment.Left, 100);
    item.name = "TLS Offload Trace: position";
    item.command = "workbench.debug.action.focusCallStackView";
    return {
      onDidSendMessage(message: DebugProtocol.Event) {
        if (message.type !== "event") return;
        if (message.event === "stopped") show(item, message.body);
        else if (message.event === "continued" || message.event === "terminated") item.hide();
      },
      onWillStopSession: () => item.dispose(),
    };
  },
};

/** A stop's text says why and, in brackets at its end, where and which way: the bar has room for the latter. */
function show(
  item: vscode.StatusBarItem,
  { text = "", description = "" }: DebugProtocol.StoppedEvent["body"],
): void {
  const place = /\(([^()]*)\)$/.exec(text)?.[1] ?? description;
  const icon = place.endsWith("backwards") ? "$(debug-reverse-continue)" : "$(debug-continue)";
  item.text = `${icon} ${place}`;
  item.tooltip = text || description;
  item.accessibilityInformation = { label: item.tooltip };
  item.show();
}
