import * as vscode from "vscode";
import type { CaptureKeys } from "../keys.ts";
import { type Given, uriOf } from "../picks/debug-as.ts";
import type { CapturePlace, Run } from "../place.ts";
import { isProgram } from "../sessions.ts";
import { activeTrace, configurationOf, isCapture, nameOf, programOf, uriOfProgram } from "../trace-files.ts";
import { CaptureWindow } from "./window.ts";

const viewType = "tlstrace.capture";

/** What a capture opens as in place of "binary file", and what the explorer offers on one. */
export class Captures implements vscode.CustomReadonlyEditorProvider {
  private readonly captures: CapturePlace;
  private readonly dist: vscode.Uri;
  private readonly keys: CaptureKeys;
  private readonly windows = new Map<string, CaptureWindow>();

  constructor(
    { extensionUri, subscriptions }: vscode.ExtensionContext,
    captures: CapturePlace,
    keys: CaptureKeys,
  ) {
    this.captures = captures;
    this.dist = vscode.Uri.joinPath(extensionUri, "dist");
    this.keys = keys;
    const { registerCommand } = vscode.commands;
    subscriptions.push(
      vscode.window.registerCustomEditorProvider(viewType, this),
      registerCommand("tlstrace.verify", (given?: Given) => this.verify(given)),
      registerCommand("tlstrace.cancelVerify", (uri: string) => this.windows.get(uri)?.cancel()),
      registerCommand("tlstrace.chooseKeys", (given?: Given) => this.choose(given)),
      registerCommand("tlstrace.useKeys", (uri: string, files: string[]) => this.use(uri, files)),
      registerCommand("tlstrace.exportTrace", (given?: Given) => this.export(given)),
      registerCommand("tlstrace.debugStream", (uri: string, stream: string) => debugStream(uri, stream)),
      registerCommand("tlstrace.showFindings", (given?: Given) => showFindings(given)),
    );
  }

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => {} };
  }

  resolveCustomEditor({ uri }: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    const key = uri.toString();
    const window = new CaptureWindow(
      { captures: this.captures, keys: this.keys, dist: this.dist },
      uri,
      panel,
    );
    this.windows.set(key, window);
    panel.onDidDispose(() => {
      window.dispose();
      this.windows.delete(key);
    });
    void window.verify();
  }

  private async verify(given?: Given): Promise<void> {
    const uri = captureOf(given);
    if (!uri) return;
    const known = this.windows.get(uri.toString());
    // Opening the tab in front once more would take the focus from its button.
    if (!known?.isActive) await vscode.commands.executeCommand("vscode.openWith", uri, viewType);
    await known?.verify();
  }

  private async choose(given?: Given): Promise<void> {
    const uri = captureOf(given);
    if (uri && (await this.keys.choose(programOf(uri)))) await this.windows.get(uri.toString())?.verify();
  }

  private async use(uri: string, files: string[]): Promise<void> {
    await this.keys.use(programOf(vscode.Uri.parse(uri)), files);
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
    const capture = programOf(uri);
    const run = this.captures.export(capture, this.keys.chosen(capture), to);
    const { status, complaint } = await shownRun(t("Exporting {0}", nameOf(capture)), run);
    if (status === 0) await vscode.window.showTextDocument(to);
    else if (status !== null)
      void vscode.window.showErrorMessage(t("The capture was not exported: {0}", complaint));
  }
}

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
  const uri = uriOf(given) ?? (active === undefined ? undefined : uriOfProgram(active));
  if (uri && isCapture(uri.path)) return uri;
  void vscode.window.showErrorMessage(
    vscode.l10n.t("This works on a packet capture (.pcap, .pcapng, .cap): select one first."),
  );
  return undefined;
}

/** A session of the capture that is on already shows them, too. */
async function showFindings(given?: Given): Promise<void> {
  const uri = captureOf(given);
  if (!uri) return;
  const isOn = isProgram(vscode.debug.activeDebugSession?.configuration.program, uri);
  if (isOn || (await debug(uri))) await vscode.commands.executeCommand("tlstrace.findings.focus");
}

const debug = (uri: vscode.Uri, streams?: string[]): Thenable<boolean> =>
  vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(uri), {
    ...configurationOf(programOf(uri)),
    ...(streams && { streams }),
  });

const debugStream = (uri: string, stream: string): Thenable<boolean> =>
  debug(vscode.Uri.parse(uri), [stream]);
