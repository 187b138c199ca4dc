import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { findKeyFiles, isKeyLog } from "../../node/key-files.ts";
import type { CaptureKeys } from "../keys.ts";
import { isCapture } from "../trace-files.ts";
import { type Run, runCommand } from "./command.ts";
import { folderFlags } from "./offered.ts";
import { mainOf, type PageTell, pageCommands, pageOf, saidOf } from "./page.ts";
import type { Progress, Shown } from "./shown.ts";
import { VerdictRows } from "./verdict-rows.ts";

/** A file that is written grows in many small steps. */
const settleMs = 400;

/** What a page needs besides its capture. */
interface Means {
  /** Path of the command line. */
  cli: string;
  keys: CaptureKeys;
  /** Where the page's script and style are. */
  dist: vscode.Uri;
}

/** The page of one capture: what `tlstrace verify` says of it, again whenever the file, or what may open it, has changed. */
export class CaptureWindow {
  private readonly means: Means;
  private readonly uri: vscode.Uri;
  private readonly panel: vscode.WebviewPanel;
  private readonly disposables: vscode.Disposable[] = [];
  private run: Run | null = null;
  private progress: Progress = "running";
  /** What was found last. */
  private rows = new VerdictRows();
  private isLookedUp = false;
  /** The file has changed while it was verified. */
  private isStale = false;
  private settling: NodeJS.Timeout | undefined;

  constructor(means: Means, uri: vscode.Uri, panel: vscode.WebviewPanel) {
    this.means = means;
    this.uri = uri;
    this.panel = panel;
    const { dist } = means;
    const { webview } = panel;
    webview.options = { enableScripts: true, enableCommandUris: pageCommands, localResourceRoots: [dist] };
    // A page that was out of sight begins anew.
    webview.onDidReceiveMessage(() => this.tell(), undefined, this.disposables);
    const at = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
    webview.html = pageOf(this.shown, {
      ...{ source: webview.cspSource, nonce: randomBytes(16).toString("hex") },
      ...{ script: at("capture.js"), style: at("capture-style.css") },
    });
    this.watch(new vscode.RelativePattern(vscode.Uri.joinPath(uri, ".."), "*"));
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder) this.watch(new vscode.RelativePattern(folder, "**/*"));
  }

  /** True if its tab is the one in front. */
  get isActive(): boolean {
    return this.panel.active;
  }

  dispose(): void {
    this.cancel();
    this.run = null;
    clearTimeout(this.settling);
    for (const each of this.disposables) each.dispose();
  }

  cancel(): void {
    this.run?.cancel();
  }

  async verify(): Promise<void> {
    this.cancel();
    this.isStale = false;
    const { cli, keys } = this.means;
    const capture = this.uri.fsPath;
    const chosen = keys.flags(capture);
    const lookUp = chosen.length === 0 ? folderFlags(capture) : [];
    const rows = new VerdictRows();
    this.progress = "running";
    // The capture comes first: each list of keys goes on to the next flag.
    const flags = ["--json", "--jobs", "1", "--names", "full", ...chosen, ...lookUp];
    const run = runCommand(cli, ["verify", capture, ...flags], (line) => rows.add(line));
    this.run = run;
    this.tell();
    const title = vscode.l10n.t("Verifying {0}", path.basename(capture));
    const { status, complaint } = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title },
      () => run.ended,
    );
    // Another run has come since, or the window is gone.
    if (this.run !== run) return;
    this.run = null;
    this.rows = rows;
    this.progress = progressOf(rows, status, complaint);
    this.isLookedUp = lookUp.length > 0;
    this.tell();
    if (this.isStale) this.touch();
  }

  private watch(pattern: vscode.RelativePattern): void {
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const touched = ({ fsPath }: vscode.Uri) => {
      if (fsPath === this.uri.fsPath || this.mayOpen(fsPath)) this.touch();
    };
    watcher.onDidCreate(touched);
    watcher.onDidChange(touched);
    watcher.onDidDelete(touched);
    this.disposables.push(watcher);
  }

  /** A file that may hold keys that are missing. */
  private mayOpen(file: string): boolean {
    if (isCapture(file) || this.rows.streams.every(({ hasKeys }) => hasKeys)) return false;
    return findKeyFiles(this.uri.fsPath).includes(file) || isKeyLog(file);
  }

  /** Verifies it again once the file has settled; what somebody has cancelled stays so. */
  private touch(): void {
    if (this.progress === "cancelled") return;
    this.isStale = true;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      if (!this.run && this.isStale) void this.verify();
    }, settleMs);
  }

  private get shown(): Shown {
    const { uri, rows, progress, isLookedUp } = this;
    const size = statSync(uri.fsPath, { throwIfNoEntry: false })?.size ?? 0;
    const { t } = vscode.l10n;
    const name = path.basename(uri.fsPath);
    return {
      ...{ uri: uri.toString(), name, size, progress, rows, isLookedUp },
      ...{ t, language: vscode.env.language },
    };
  }

  private tell(): void {
    const told: PageTell = { main: mainOf(this.shown), said: saidOf(this.shown) };
    void this.panel.webview.postMessage(told);
  }
}

function progressOf({ file }: VerdictRows, status: number | null, complaint: string): Progress {
  if (file) return "done";
  return status === null || status > 128
    ? "cancelled"
    : { failed: complaint.replace(/^tlstrace: /, "") || vscode.l10n.t("Verifying failed.") };
}
