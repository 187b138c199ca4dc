import * as vscode from "vscode";
import type { RowsBody } from "../adapter/listing/rows.ts";
import { uriOf } from "./findings.ts";
import { debugType } from "./trace-files.ts";

const scheme = "tlstrace-rows";

/** Documents that nobody writes, whose lines lead to lines of a trace or listing: what a question finds, what log points wrote. */
export class RowDocuments implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider {
  private readonly bodies = new Map<string, { body: RowsBody; session: string }>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private asked = "transmits where outOfOrder";

  constructor(subscriptions: vscode.Disposable[]) {
    const { commands, languages, workspace } = vscode;
    subscriptions.push(
      workspace.registerTextDocumentContentProvider(scheme, this),
      languages.registerDocumentLinkProvider({ scheme }, this),
      workspace.onDidCloseTextDocument(({ uri }) => this.bodies.delete(uri.toString())),
      commands.registerCommand("tlstrace.query", () => this.ask()),
      commands.registerCommand("tlstrace.openLogResults", () => this.open("logged", {})),
    );
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.bodies.get(uri.toString())?.body.text ?? "";
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const known = this.bodies.get(document.uri.toString());
    return (known?.body.links ?? []).map(({ line, source, at }) => {
      const link = new vscode.DocumentLink(
        document.lineAt(line).range,
        uriOf(source, known!.session).with({ fragment: `L${at}` }),
      );
      link.tooltip = vscode.l10n.t("Line {0}", at);
      return link;
    });
  }

  private async ask(): Promise<void> {
    const query = await vscode.window.showInputBox({
      title: vscode.l10n.t("Query"),
      value: this.asked,
      prompt: vscode.l10n.t(
        "Events or effects and what holds of them; or one value, as {0}",
        "count(resync where replayed > 8192)",
      ),
      placeHolder: "transmits where outOfOrder and length < 100",
      validateInput: mistakeIn,
    });
    if (query === undefined) return;
    this.asked = query;
    await this.open("query", { query });
  }

  /** Asks the session and shows what it answers. */
  private async open(request: string, args: object): Promise<void> {
    const session = vscode.debug.activeDebugSession;
    if (session?.type !== debugType) return;
    try {
      const body: RowsBody = await session.customRequest(request, args);
      const uri = vscode.Uri.from({ scheme, path: `/${body.title.replaceAll("/", "÷")}`, query: session.id });
      this.bodies.set(uri.toString(), { body, session: session.id });
      this.changed.fire(uri);
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
    } catch (error) {
      void vscode.window.showInformationMessage((error as Error).message);
    }
  }
}

/** What is wrong with a question while it is typed. */
async function mistakeIn(text: string): Promise<string | undefined> {
  const [{ parseExpression }, { isOneValue, questionOf }] = await Promise.all([
    import("../replay/language/parse.ts"),
    import("../replay/query.ts"),
  ]);
  try {
    if (isOneValue(text)) parseExpression(text);
    else questionOf(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
