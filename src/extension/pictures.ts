import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";
import type { ByteBody, PictureBody, RareBody } from "../adapter/pictures/pictures.ts";
import type { Ask, Tell } from "../pictures/messages.ts";
import { freshNonce } from "./captures/html.ts";
import { debugType } from "./trace-files.ts";

/** The pictures of debug sessions, in windows beside the text: each follows its session, and a click in it goes there. */
export class Pictures implements vscode.DebugAdapterTrackerFactory {
  private readonly extension: vscode.Uri;
  private readonly panels = new Map<string, Panel>();

  constructor({ extensionUri, subscriptions }: vscode.ExtensionContext) {
    this.extension = extensionUri;
    subscriptions.push(
      vscode.commands.registerCommand("tlstrace.showPicture", () => this.show()),
      vscode.debug.onDidTerminateDebugSession(({ id }) => this.panels.get(id)?.end()),
      vscode.debug.registerDebugAdapterTrackerFactory(debugType, this),
    );
  }

  createDebugAdapterTracker({ id }: vscode.DebugSession): vscode.DebugAdapterTracker {
    return {
      onDidSendMessage: ({ type, event }: DebugProtocol.Event) => {
        if (type === "event" && (event === "stopped" || event === "tlstracePicture"))
          this.panels.get(id)?.refresh();
      },
    };
  }

  private show(): void {
    const session = vscode.debug.activeDebugSession;
    if (session?.type !== debugType)
      return void vscode.window.showErrorMessage(
        vscode.l10n.t("A picture is of a debug session: debug a trace or capture first."),
      );
    const known = this.panels.get(session.id);
    if (known) return known.reveal();
    const panel = new Panel(this.extension, session);
    this.panels.set(session.id, panel);
    panel.onDidDispose(() => this.panels.delete(session.id));
  }
}

/** The picture of one session. */
class Panel {
  private readonly session: vscode.DebugSession;
  private readonly window: vscode.WebviewPanel;
  /** The stream that is shown; 0 = not known yet. */
  private threadId = 0;
  /** What was answered last. */
  private body: PictureBody | null = null;
  /** How wide the picture was asked for last. */
  private columns = 1;
  private isOver = false;

  constructor(extension: vscode.Uri, session: vscode.DebugSession) {
    this.session = session;
    const dist = vscode.Uri.joinPath(extension, "dist");
    this.window = vscode.window.createWebviewPanel(
      "tlstrace.picture",
      vscode.l10n.t("Picture: {0}", session.name),
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [dist], retainContextWhenHidden: true },
    );
    this.window.webview.onDidReceiveMessage((ask: Ask) => this.answer(ask));
    this.window.webview.html = pageOf(this.window.webview, dist);
  }

  onDidDispose(act: () => void): void {
    this.window.onDidDispose(act);
  }

  reveal(): void {
    this.window.reveal(undefined, true);
  }

  refresh(): void {
    this.tell({ tell: "changed" });
  }

  end(): void {
    this.isOver = true;
    this.tell({ tell: "said", text: vscode.l10n.t("The session is over: the picture stays as it is.") });
  }

  private tell(message: Tell): void {
    void this.window.webview.postMessage(message);
  }

  private async answer(ask: Ask): Promise<void> {
    if (ask.ask === "save") return save(ask);
    if (this.isOver) return;
    switch (ask.ask) {
      case "ready":
        return this.begin();
      case "stream":
        this.threadId = ask.threadId;
        return this.refresh();
      case "part": {
        // A window that has just opened knows its size before it knows its stream.
        if (this.threadId === 0) return;
        const { id, kind, columns, lines, area } = ask;
        this.columns = columns;
        this.body = await this.request<PictureBody>("picture", { kind, ...area, columns, lines });
        return this.tell({ tell: "part", id, view: this.body.view });
      }
      case "byte": {
        const { text } = await this.request<ByteBody>("byte", { byte: ask.byte, kind: ask.kind });
        return this.tell({ tell: "byte", id: ask.id, text });
      }
      case "rare": {
        if (this.threadId === 0 || !this.body) return;
        const { id, kind, step, from, area, hidden } = ask;
        const after = from && { role: from.role, at: from.at };
        const asked = { kind, step, columns: this.columns, ...area, ...after, hidden };
        const { rare } = await this.request<RareBody>("rare", asked);
        return this.tell({ tell: "rare", id, rare });
      }
      case "watch":
        return this.watch(ask);
      case "go":
        await this.request("goto", { targetId: ask.event + 1 });
    }
  }

  /** Asks the session about the stream that is shown. */
  private async request<Body>(command: string, args: object): Promise<Body> {
    return this.session.customRequest(command, { threadId: this.threadId, ...args });
  }

  /** As if it were typed into the debug console, which says what stops there are. */
  private async watch({ from, to }: Extract<Ask, { ask: "watch" }>): Promise<void> {
    const { stream, firstNumber } = this.body!;
    const expression = `watch seq ${from + firstNumber}:${to + firstNumber} of ${stream}`;
    const { result } = await this.session.customRequest("evaluate", { expression, context: "repl" });
    this.tell({ tell: "said", text: result });
  }

  private async begin(): Promise<void> {
    const { threads }: DebugProtocol.ThreadsResponse["body"] = await this.session.customRequest("threads");
    const item = vscode.debug.activeStackItem;
    this.threadId = item?.session === this.session ? item.threadId : (threads[0]?.id ?? 1);
    const streams = threads.map(({ id, name }) => ({ threadId: id, name }));
    this.tell({ tell: "streams", streams, threadId: this.threadId });
  }
}

async function save({ kind, content }: Extract<Ask, { ask: "save" }>): Promise<void> {
  const uri = await vscode.window.showSaveDialog({ filters: { [kind.toUpperCase()]: [kind] } });
  if (!uri) return;
  const bytes = kind === "svg" ? new TextEncoder().encode(content) : bytesOf(content);
  await vscode.workspace.fs.writeFile(uri, bytes);
}

/** What a `data:` address in base64 holds. */
const bytesOf = (address: string): Uint8Array =>
  Uint8Array.from(atob(address.slice(address.indexOf(",") + 1)), (sign) => sign.charCodeAt(0));

/** The page of a picture: it may run our script, which gets all words there are with it, and load nothing from anywhere. */
function pageOf(webview: vscode.Webview, dist: vscode.Uri): string {
  const nonce = freshNonce();
  const at = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
  const words = JSON.stringify(vscode.l10n.bundle ?? {}).replaceAll("<", "\\u003c");
  const title = vscode.l10n.t("Pictures");
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource} 'unsafe-inline'; script-src 'nonce-${nonce}';">
<title>${title}</title>
<link rel="stylesheet" href="${at("picture-style.css")}">
</head>
<body><main><h1 class="unseen">${title}</h1></main>
<script type="application/json" id="words">${words}</script>
<script nonce="${nonce}" src="${at("picture.js")}"></script></body>
</html>`;
}
