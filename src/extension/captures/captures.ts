import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { configurationOf } from "../configurations.ts";
import { chooseKeys, keyFlags, useKeys } from "../keys.ts";
import { type Given, uriOf } from "../picks/debug-as.ts";
import { activeTrace, isCapture } from "../trace-files.ts";
import { type Run, runCommand } from "./command.ts";
import { type Progress, pageCommands, pageOf } from "./page.ts";
import { VerdictRows } from "./verdict-rows.ts";

const viewType = "tlstrace.capture";

/** What a capture opens as in place of "binary file", and what the explorer offers on one. */
export class Captures implements vscode.CustomReadonlyEditorProvider {
  private readonly cli: string;
  private readonly memory: vscode.Memento;
  private readonly windows = new Map<string, Window>();

  constructor({ asAbsolutePath, workspaceState, subscriptions }: vscode.ExtensionContext) {
    this.cli = asAbsolutePath("dist/cli.js");
    this.memory = workspaceState;
    const { registerCommand } = vscode.commands;
    subscriptions.push(
      vscode.window.registerCustomEditorProvider(viewType, this),
      registerCommand("tlstrace.verify", (given?: Given) => this.verify(given)),
      registerCommand("tlstrace.cancelVerify", (uri: string) => this.windows.get(uri)?.cancel()),
      registerCommand("tlstrace.chooseKeys", (given?: Given) => this.choose(given)),
      registerCommand("tlstrace.useKeys", (uri: string, files: string[]) => this.use(uri, files)),
      registerCommand("tlstrace.exportTrace", (given?: Given) => this.export(given)),
      registerCommand("tlstrace.debugStream", (uri: string, stream: string) => debugStream(uri, stream)),
      registerCommand("tlstrace.showFindings", async (given?: Given) => {
        const uri = captureOf(given);
        if (uri && (await debug(uri))) await vscode.commands.executeCommand("tlstrace.findings.focus");
      }),
    );
  }

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => {} };
  }

  resolveCustomEditor({ uri }: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    const key = uri.toString();
    const window = new Window(this.cli, this.memory, uri, panel.webview);
    this.windows.set(key, window);
    panel.onDidDispose(() => {
      window.cancel();
      this.windows.delete(key);
    });
    void window.verify();
  }

  private async verify(given?: Given): Promise<void> {
    const uri = captureOf(given);
    if (!uri) return;
    const known = this.windows.get(uri.toString());
    await vscode.commands.executeCommand("vscode.openWith", uri, viewType);
    await known?.verify();
  }

  private async choose(given?: Given): Promise<void> {
    const uri = captureOf(given);
    if (uri && (await chooseKeys(this.memory, uri.fsPath)) !== undefined)
      await this.windows.get(uri.toString())?.verify();
  }

  private async use(uri: string, files: string[]): Promise<void> {
    await useKeys(this.memory, vscode.Uri.parse(uri).fsPath, files);
    await this.windows.get(uri)?.verify();
  }

  private async export(given?: Given): Promise<void> {
    const uri = captureOf(given);
    if (!uri) return;
    const defaultUri = uri.with({ path: uri.path.replace(/\.(pcap|pcapng|cap)(\.gz)?$/i, ".tlstrace") });
    const { t } = vscode.l10n;
    const filters = { [t("Traces")]: ["tlstrace"] };
    const to = await vscode.window.showSaveDialog({ title: t("Export as Trace"), defaultUri, filters });
    if (!to) return;
    // The dialog has asked whether a file that is there may be replaced.
    const flags = ["--to", to.fsPath, "--force", ...keyFlags(this.memory, uri.fsPath)];
    const run = runCommand(this.cli, ["export", uri.fsPath, ...flags], () => {});
    const { status, complaint } = await shownRun(t("Exporting {0}", path.basename(uri.fsPath)), run);
    if (status === 0) await vscode.window.showTextDocument(to);
    else if (status !== null)
      void vscode.window.showErrorMessage(t("The capture was not exported: {0}", complaint));
  }
}

/** The page of one capture. */
class Window {
  private readonly cli: string;
  private readonly memory: vscode.Memento;
  private readonly uri: vscode.Uri;
  private readonly webview: vscode.Webview;
  private run: Run | null = null;

  constructor(cli: string, memory: vscode.Memento, uri: vscode.Uri, webview: vscode.Webview) {
    this.cli = cli;
    this.memory = memory;
    this.uri = uri;
    this.webview = webview;
    webview.options = { enableCommandUris: pageCommands, localResourceRoots: [] };
  }

  cancel(): void {
    this.run?.cancel();
  }

  async verify(): Promise<void> {
    this.cancel();
    const capture = this.uri.fsPath;
    const chosen = keyFlags(this.memory, capture);
    const lookUp = chosen.length === 0 ? folderFlags() : [];
    const rows = new VerdictRows();
    this.show("running", rows, false);
    // The capture comes first: each list of keys goes on to the next flag.
    const flags = ["--json", "--jobs", "1", "--names", "full", ...chosen, ...lookUp];
    const run = runCommand(this.cli, ["verify", capture, ...flags], (line) => rows.add(line));
    this.run = run;
    const title = vscode.l10n.t("Verifying {0}", path.basename(capture));
    const { status, complaint } = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title },
      () => run.ended,
    );
    // Another run has come since, or the window is gone.
    if (this.run !== run) return;
    this.run = null;
    this.show(progressOf(rows, status, complaint), rows, lookUp.length > 0);
  }

  private show(progress: Progress, rows: VerdictRows, isLookedUp: boolean): void {
    const { uri } = this;
    const size = statSync(uri.fsPath, { throwIfNoEntry: false })?.size ?? 0;
    const { t } = vscode.l10n;
    const shown = {
      ...{ uri: uri.toString(), name: path.basename(uri.fsPath), size, progress, rows, isLookedUp },
      ...{ t, language: vscode.env.language },
    };
    try {
      this.webview.html = pageOf(shown, randomBytes(16).toString("hex"));
    } catch {
      // The tab was closed meanwhile.
    }
  }
}

function progressOf({ file }: VerdictRows, status: number | null, complaint: string): Progress {
  if (file) return "done";
  return status === null || status > 128
    ? "cancelled"
    : { failed: complaint || vscode.l10n.t("Verifying failed.") };
}

/** Key logs of the workspace are looked through by client random. */
const folderFlags = (): string[] => {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  return folder ? ["--keys-dir", folder.uri.fsPath] : [];
};

/** Waits for a run, which the user may end: its status is null then. */
const shownRun = (title: string, run: Run) =>
  vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    (_progress, token) => {
      token.onCancellationRequested(() => run.cancel());
      return run.ended;
    },
  );

/** The capture that a command was called on, else the one in front; says so where there is none. */
function captureOf(given?: Given): vscode.Uri | undefined {
  const active = activeTrace();
  const uri = uriOf(given) ?? (active === undefined ? undefined : vscode.Uri.file(active));
  if (uri && isCapture(uri.fsPath)) return uri;
  void vscode.window.showErrorMessage(
    vscode.l10n.t("This works on a packet capture (.pcap, .pcapng, .cap): select one first."),
  );
  return undefined;
}

const debug = (uri: vscode.Uri, streams?: string[]): Thenable<boolean> =>
  vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(uri), {
    ...configurationOf(uri.fsPath),
    ...(streams && { streams }),
  });

const debugStream = (uri: string, stream: string): Thenable<boolean> =>
  debug(vscode.Uri.parse(uri), [stream]);
