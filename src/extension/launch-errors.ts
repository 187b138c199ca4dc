import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";

/** What an error of the adapter says of its place. */
interface Placed {
  error?: { variables?: { line?: string } };
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
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(program));
  const { range } = document.lineAt(Math.min(line, document.lineCount - 1));
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(range.start, range.start) });
}
