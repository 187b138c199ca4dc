import * as vscode from "vscode";
import type { TestRun } from "../../study/test-run.ts";
import { lineRange } from "./tree.ts";

const scheme = "tlstrace-coverage";
const title = vscode.l10n.t("Coverage of the traces");

/** Lines of a trace's notable events, each covered if in any run an expect line speaks of it. */
class TraceCoverage extends vscode.FileCoverage {
  readonly lines: ReadonlyMap<number, boolean>;

  constructor(uri: vscode.Uri, lines: ReadonlyMap<number, boolean>) {
    const covered = [...lines.values()].filter(Boolean).length;
    super(uri, { covered, total: lines.size });
    this.lines = lines;
  }
}

/** What the runs of traces say of their lines. */
export function coverageIn() {
  const byFile = new Map<string, { uri: vscode.Uri; lines: Map<number, boolean> }>();
  return {
    add(uri: vscode.Uri, { covered }: TestRun): void {
      if (covered === null) return;
      const known = byFile.get(uri.toString()) ?? { uri, lines: new Map<number, boolean>() };
      byFile.set(uri.toString(), known);
      for (const { line, expected } of covered.notable)
        known.lines.set(line, expected || known.lines.get(line) === true);
    },
    files: () =>
      [...byFile.values()]
        .filter(({ lines }) => lines.size > 0)
        .map(({ uri, lines }) => new TraceCoverage(uri, lines)),
  };
}

/** The tables of what a run of traces covers, as a document. */
export class CoverageDocuments implements vscode.TextDocumentContentProvider {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly uri = vscode.Uri.from({ scheme, path: `/${title}.md` });
  private text = "";

  constructor(subscriptions: vscode.Disposable[]) {
    subscriptions.push(vscode.workspace.registerTextDocumentContentProvider(scheme, this), this.changed);
  }

  provideTextDocumentContent(): string {
    return this.text;
  }

  async show(text: string): Promise<void> {
    this.text = `# ${title}\n\n${text}\n`;
    this.changed.fire(this.uri);
    await vscode.commands.executeCommand("markdown.showPreview", this.uri);
  }

  detailsOf(file: vscode.FileCoverage): vscode.FileCoverageDetail[] {
    if (!(file instanceof TraceCoverage)) return [];
    return [...file.lines].map(
      ([line, isCovered]) => new vscode.StatementCoverage(isCovered, lineRange(line)),
    );
  }
}
