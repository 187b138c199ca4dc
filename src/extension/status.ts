import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";
import type { StoppedBody } from "../adapter/runner.ts";

/**
 * Shows where the session that is looked at stands and which way it travelled in the status bar, in the adapter's words:
 * the editor itself has no mark for going backwards.
 */
export class StatusTrackers implements vscode.DebugAdapterTrackerFactory {
  private readonly item: vscode.StatusBarItem;
  /** Where sessions stand, by their identifiers; those that run or are gone have no entry. */
  private readonly stops = new Map<string, StoppedBody>();

  constructor(subscriptions: vscode.Disposable[]) {
    this.item = vscode.window.createStatusBarItem("tlstrace.position", vscode.StatusBarAlignment.Left, 100);
    this.item.name = "TLS Offload Trace: position";
    this.item.command = "workbench.debug.action.focusCallStackView";
    subscriptions.push(
      this.item,
      vscode.debug.onDidChangeActiveDebugSession(() => this.show()),
    );
  }

  createDebugAdapterTracker({ id }: vscode.DebugSession): vscode.DebugAdapterTracker {
    return {
      onDidSendMessage: (message: DebugProtocol.Event) => {
        if (message.type !== "event") return;
        if (message.event === "stopped") this.put(id, message.body);
        else if (message.event === "continued" || message.event === "terminated") this.put(id, null);
      },
      onWillStopSession: () => this.put(id, null),
    };
  }

  private put(session: string, stop: StoppedBody | null): void {
    if (stop) this.stops.set(session, stop);
    else this.stops.delete(session);
    this.show();
  }

  /** The bar has room for when, where and which way; why is shown under the mouse. */
  private show(): void {
    const stop = this.stops.get(vscode.debug.activeDebugSession?.id ?? "");
    if (!stop) return this.item.hide();
    const { text = "", place, time, direction, fork } = stop;
    const icon = direction === -1 ? "$(debug-reverse-continue)" : "$(debug-continue)";
    this.item.text = `${icon} ${fork === undefined ? "" : `${fork} · `}${time} · ${place}`;
    this.item.tooltip = text;
    this.item.accessibilityInformation = { label: text };
    this.item.show();
  }
}
