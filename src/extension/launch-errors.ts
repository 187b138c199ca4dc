import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";
import { uriOfProgram } from "./trace-files.ts";

/** What an error of the adapter says of its place. */
interface Placed {
  error?: { variables?: { line?: string } };
}

/** Tells of an adapter that went before it was asked to. Nothing of the user's is lost with it: breakpoints are the editor's. */
export async function tellOfFall(session: vscode.DebugSession, how: string): Promise<void> {
  const { t } = vscode.l10n;
  const again = t("Debug Again");
  const kept = t("Breakpoints are kept; please report it with the file, if you can share it.");
  const answer = await vscode.window.showErrorMessage(`${how} ${kept}`, again);
  if (answer === again) await vscode.debug.startDebugging(session.workspaceFolder, session.configuration);
}

/** Shows the line that a file could not be opened for: the editor's dialog only tells it. */
export const launchErrorTrackers: vscode.DebugAdapterTrackerFactory = {
  createDebugAdapterTracker: ({ configuration }) => ({
    onDidSendMessage({ type, command, success, body }: DebugProtocol.Response) {
      const line = Number((body as Placed | undefined)?.error?.variables?.line);
      if (type === "response" && command === "launch" && !success && line > 0)
        void show(String(configuration.program), line - 1);
    },
  }),
};

async function show(program: string, line: number): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uriOfProgram(program));
  const { range } = document.lineAt(Math.min(line, document.lineCount - 1));
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(range.start, range.start) });
}
