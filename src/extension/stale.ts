import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";
import { isProgram, restart } from "./sessions.ts";
import { debugType, nameOf, uriOfProgram } from "./trace-files.ts";

/**
 * Says in the status bar that a session shows its file as it was, from the first edit on until it is restarted: nothing
 * of a running session changes with the file.
 */
export class StaleFiles implements vscode.DebugAdapterTrackerFactory {
  private readonly item: vscode.StatusBarItem;
  private readonly sessions = new Map<string, { session: vscode.DebugSession; watcher: vscode.Disposable }>();
  /** Sessions whose file is another by now. */
  private readonly stale = new Set<string>();

  constructor(subscriptions: vscode.Disposable[]) {
    this.item = vscode.window.createStatusBarItem("tlstrace.stale", vscode.StatusBarAlignment.Left, 99);
    this.item.name = vscode.l10n.t("TLS Offload Trace: file changed");
    this.item.command = "tlstrace.restart";
    this.item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
    subscriptions.push(
      this.item,
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.changed(document.uri);
      }),
      vscode.debug.onDidChangeActiveDebugSession(() => this.show()),
    );
  }

  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    const { id } = session;
    return {
      onWillStartSession: () => this.sessions.set(id, { session, watcher: this.watch(session) }),
      onDidSendMessage: (message: DebugProtocol.Response) => {
        if (message.type === "response" && message.command === "restart" && message.success) this.settle(id);
      },
      onWillStopSession: () => {
        this.sessions.get(id)?.watcher.dispose();
        this.sessions.delete(id);
        this.settle(id);
      },
    };
  }

  isStale(session: string): boolean {
    return this.stale.has(session);
  }

  /** Restarts the session that is looked at. */
  async restart(): Promise<void> {
    const session = vscode.debug.activeDebugSession;
    if (session?.type === debugType) await restart(session);
  }

  /** A capture has no document: its file is watched. */
  private watch({ configuration }: vscode.DebugSession): vscode.Disposable {
    const program = uriOfProgram(String(configuration.program));
    const pattern = new vscode.RelativePattern(
      vscode.Uri.joinPath(program, ".."),
      nameOf(configuration.program),
    );
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    watcher.onDidChange(() => this.changed(program));
    watcher.onDidCreate(() => this.changed(program));
    return watcher;
  }

  private changed(file: vscode.Uri): void {
    for (const [id, { session }] of this.sessions)
      if (isProgram(session.configuration.program, file)) this.stale.add(id);
    this.show();
  }

  private settle(id: string): void {
    this.stale.delete(id);
    this.show();
  }

  private show(): void {
    const session = vscode.debug.activeDebugSession;
    if (!session || !this.stale.has(session.id)) return this.item.hide();
    const name = nameOf(String(session.configuration.program));
    this.item.text = `$(debug-restart) ${vscode.l10n.t("{0} as it was: Restart", name)}`;
    this.item.tooltip = vscode.l10n.t(
      "{0} was changed since it was opened. The session shows it as it was; restart it to see the new one.",
      name,
    );
    this.item.accessibilityInformation = { label: this.item.tooltip };
    this.item.show();
  }
}
