import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";
import type { StoppedBody } from "../adapter/runner.ts";

/** What is known of a session. */
interface Known {
  /** Where it stands, or stood before it ran on; null before its first stop. */
  stop: StoppedBody | null;
  /** It was told to go on and has not stopped since. */
  isRunning: boolean;
  /** Long work under way, as it was told last; null if there is none. */
  work: { title: string; percentage: number } | null;
}

/**
 * Shows where the session that is looked at stands and which way it travelled in the status bar, in the adapter's words:
 * the editor itself has no mark for going backwards. While it works for long, how much of that is done.
 */
export class StatusTrackers implements vscode.DebugAdapterTrackerFactory {
  private readonly item: vscode.StatusBarItem;
  private readonly known = new Map<string, Known>();

  constructor(subscriptions: vscode.Disposable[]) {
    this.item = vscode.window.createStatusBarItem("tlstrace.position", vscode.StatusBarAlignment.Left, 100);
    this.item.name = vscode.l10n.t("TLS Offload Trace: position");
    subscriptions.push(
      this.item,
      vscode.debug.onDidChangeActiveDebugSession(() => this.show()),
    );
  }

  createDebugAdapterTracker({ id }: vscode.DebugSession): vscode.DebugAdapterTracker {
    const known: Known = { stop: null, isRunning: false, work: null };
    return {
      onWillStartSession: () => this.known.set(id, known),
      onDidSendMessage: (message: DebugProtocol.Event & DebugProtocol.Response) => {
        if (message.type === "event") hear(known, message);
        else if (goesOn.has(message.command)) known.isRunning ||= message.success;
        this.show();
      },
      onWillStopSession: () => {
        this.known.delete(id);
        this.show();
      },
    };
  }

  private show(): void {
    const known = this.known.get(vscode.debug.activeDebugSession?.id ?? "");
    if (known?.work) this.showWork(known.work, known.isRunning);
    else if (known?.stop) this.showStop(known.stop);
    else this.item.hide();
  }

  private showWork({ title, percentage }: NonNullable<Known["work"]>, isRunning: boolean): void {
    this.item.text = `$(sync~spin) ${isRunning ? vscode.l10n.t("running") : title} ${percentage} %`;
    this.item.command = isRunning ? pause : undefined;
    this.item.tooltip = isRunning ? vscode.l10n.t("{0}; a click pauses where it is", title) : title;
    this.item.accessibilityInformation = { label: `${title}, ${percentage} %` };
    this.item.show();
  }

  /** The bar has room for when, where and which way; why is shown under the mouse. */
  private showStop(stop: StoppedBody): void {
    const { text = "", place, time, direction, fork } = stop;
    const icon = direction === -1 ? "$(debug-reverse-continue)" : "$(debug-continue)";
    this.item.text = `${icon} ${fork === undefined ? "" : `${fork} · `}${time} · ${place}`;
    this.item.command = "workbench.debug.action.focusCallStackView";
    this.item.tooltip = text;
    this.item.accessibilityInformation = { label: text };
    this.item.show();
  }
}

const pause = "workbench.action.debug.pause";

/** Requests behind whose answer a session runs. */
const goesOn: ReadonlySet<string> = new Set(["configurationDone", "continue", "reverseContinue"]);

function hear(known: Known, { event, body }: DebugProtocol.Event): void {
  switch (event) {
    case "continued":
      known.isRunning = true;
      return;
    case "stopped":
      known.stop = body;
      known.isRunning = false;
      return;
    case "progressStart":
      known.work = { title: body.title, percentage: body.percentage ?? 0 };
      return;
    case "progressUpdate":
      if (known.work) known.work.percentage = body.percentage ?? 0;
      return;
    case "progressEnd":
      known.work = null;
  }
}
