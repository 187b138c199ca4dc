import * as vscode from "vscode";
import type { CaptureKeys } from "../keys.ts";
import type { CapturePlace, Run } from "../place.ts";
import { isCapture, nameOf, programOf } from "../trace-files.ts";
import { freshNonce } from "./html.ts";
import { mainOf, type PageTell, pageCommands, pageOf, saidOf } from "./page.ts";
import type { Progress, Shown } from "./shown.ts";
import { VerdictRows } from "./verdict-rows.ts";

/** A file that is written grows in many small steps. */
const settleMs = 400;

/** What a page needs besides its capture. */
interface Means {
  captures: CapturePlace;
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
  /** Of the file, 0 = not known. */
  private size = 0;
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
      ...{ source: webview.cspSource, nonce: freshNonce() },
      ...{ script: at("capture.js"), style: at("capture-style.css") },
    });
    this.disposables.push(vscode.workspace.onDidGrantWorkspaceTrust(() => this.verify()));
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
    const { captures, keys } = this.means;
    const capture = programOf(this.uri);
    const rows = new VerdictRows();
    this.progress = "running";
    const run = captures.verify(capture, keys.chosen(capture), (row) => rows.add(row));
    this.run = run;
    this.size = await sizeOf(this.uri);
    if (this.run === run) this.tell();
    const title = vscode.l10n.t("Verifying {0}", nameOf(capture));
    const { status, complaint } = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title },
      () => run.ended,
    );
    // Another run has come since, or the window is gone.
    if (this.run !== run) return;
    this.run = null;
    this.rows = rows;
    this.progress = progressOf(rows, status, complaint);
    this.isLookedUp = run.isLookedUp;
    this.tell();
    if (this.isStale) this.touch();
  }

  private watch(pattern: vscode.RelativePattern): void {
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const touched = async (uri: vscode.Uri) => {
      if (uri.toString() === this.uri.toString() || (await this.mayOpen(programOf(uri)))) this.touch();
    };
    watcher.onDidCreate(touched);
    watcher.onDidChange(touched);
    watcher.onDidDelete(touched);
    this.disposables.push(watcher);
  }

  /** A file that may hold keys that are missing. */
  private async mayOpen(file: string): Promise<boolean> {
    if (isCapture(file) || this.rows.streams.every(({ hasKeys }) => hasKeys)) return false;
    return this.means.captures.mayHoldKeys(programOf(this.uri), file);
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
    const { uri, size, rows, progress, isLookedUp } = this;
    const { t } = vscode.l10n;
    const name = nameOf(programOf(uri));
    return {
      ...{ uri: uri.toString(), name, size, progress, rows, isLookedUp },
      isTrusted: vscode.workspace.isTrusted,
      ...{ t, language: vscode.env.language },
    };
  }

  private tell(): void {
    const told: PageTell = { main: mainOf(this.shown), said: saidOf(this.shown) };
    void this.panel.webview.postMessage(told);
  }
}

const sizeOf = async (uri: vscode.Uri): Promise<number> => {
  try {
    return (await vscode.workspace.fs.stat(uri)).size;
  } catch {
    return 0;
  }
};

function progressOf({ file }: VerdictRows, status: number | null, complaint: string): Progress {
  if (file) return "done";
  return status === null || status > 128
    ? "cancelled"
    : { failed: complaint.replace(/^tlstrace: /, "") || vscode.l10n.t("Verifying failed.") };
}
