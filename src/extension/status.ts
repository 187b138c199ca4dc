import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";

const backwards = ["stepBack", "reverseContinue"];
const forwards = ["next", "stepIn", "stepOut", "continue", "goto", "restart"];

/**
 * Shows where a session stands and which way it last travelled in the status bar: the editor itself has no mark for
 * going backwards.
 */
export const statusTrackers: vscode.DebugAdapterTrackerFactory = {
  createDebugAdapterTracker() {
    const item = vscode.window.createStatusBarItem("tlstrace.position", vscode.StatusBarAlignment.Left, 100);
    item.name = "TLS Offload Trace: position";
    item.command = "workbench.debug.action.focusCallStackView";
    let isBackwards = false;
    return {
      onWillReceiveMessage(message: DebugProtocol.Request) {
        if (backwards.includes(message.command)) isBackwards = true;
        else if (forwards.includes(message.command)) isBackwards = false;
      },
      onDidSendMessage(message: DebugProtocol.Event) {
        if (message.type !== "event") return;
        if (message.event === "stopped") show(item, message.body, isBackwards);
        else if (message.event === "continued" || message.event === "terminated") item.hide();
      },
      onExit: () => item.dispose(),
    };
  },
};

function show(
  item: vscode.StatusBarItem,
  stop: DebugProtocol.StoppedEvent["body"],
  isBackwards: boolean,
): void {
  const words = stop.description ?? stop.text ?? stop.reason;
  item.text = `${isBackwards ? "$(debug-reverse-continue)" : "$(debug-continue)"} ${words}`;
  item.tooltip = `${stop.text ?? words} (${isBackwards ? "travelling backwards" : "travelling forwards"})`;
  item.accessibilityInformation = { label: item.tooltip };
  item.show();
}
