import * as vscode from "vscode";
import type { LineNote, MarkedLines } from "../adapter/listing/lines.ts";
import { type MarkName, markNames, markWords } from "../adapter/listing/marks.ts";
import type { Sessions, Shown } from "./sessions.ts";
import { debugType } from "./trace-files.ts";

/** A mark's colour and its place in the ruler. */
const looks: Readonly<Record<MarkName, readonly [color: string, lane: vscode.OverviewRulerLane]>> = {
  wrong: ["editorOverviewRuler.errorForeground", vscode.OverviewRulerLane.Full],
  leak: ["charts.purple", vscode.OverviewRulerLane.Full],
  stop: ["debugIcon.breakpointForeground", vscode.OverviewRulerLane.Left],
  "out-of-order": ["charts.orange", vscode.OverviewRulerLane.Center],
  resync: ["charts.yellow", vscode.OverviewRulerLane.Center],
  fallback: ["charts.blue", vscode.OverviewRulerLane.Center],
  lost: ["charts.red", vscode.OverviewRulerLane.Right],
  retransmission: ["charts.green", vscode.OverviewRulerLane.Right],
};

/** Milliseconds that an editor may still scroll before its lines are asked for. */
const restMs = 60;

/**
 * What stands beside the lines of a trace that is debugged: frame, time and record as inlay hints, marks as a coloured
 * edge and in the ruler. The adapter tells of the lines in sight; nothing is kept of the others but where the ruler is marked.
 */
export class Lines implements vscode.InlayHintsProvider {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeInlayHints = this.changed.event;
  private readonly sessions: Sessions;
  private readonly isStale: (session: string) => boolean;
  private readonly rulers = decorations((color, lane) => ({
    overviewRulerColor: color,
    overviewRulerLane: lane,
  }));
  private readonly edges = decorations((color) => ({
    isWholeLine: true,
    borderStyle: "solid",
    borderWidth: "0 0 0 3px",
    borderColor: color,
  }));
  private readonly waiting = new Map<vscode.TextEditor, NodeJS.Timeout>();

  /** `isStale`: the file of this session is another by now. */
  constructor(sessions: Sessions, isStale: (session: string) => boolean, subscriptions: vscode.Disposable[]) {
    this.sessions = sessions;
    this.isStale = isStale;
    const { window, workspace, debug } = vscode;
    subscriptions.push(
      this.changed,
      ...[this.rulers, this.edges].flatMap((types) => Object.values(types)),
      window.onDidChangeVisibleTextEditors((editors) => this.mark(editors)),
      window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.later(textEditor)),
      workspace.onDidChangeTextDocument(({ document }) => this.ofDocument(document)),
      debug.onDidChangeBreakpoints(() => this.all()),
      debug.onDidTerminateDebugSession(() => this.all()),
      debug.registerDebugAdapterTrackerFactory(debugType, {
        createDebugAdapterTracker: () => ({ onDidSendMessage: (message) => this.heard(message) }),
      }),
    );
  }

  async provideInlayHints(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.InlayHint[]> {
    const notes = await this.notesOf(document, range);
    return notes.map(({ line, text, says }) => {
      const hint = new vscode.InlayHint(new vscode.Position(line - 1, 0), text.replaceAll(" ", "\u00a0"));
      hint.paddingRight = true;
      hint.tooltip = says;
      return hint;
    });
  }

  /** Filters change what stops, and every stop may be the first of a session. */
  private heard({ type, event, command }: { type: string; event?: string; command?: string }): void {
    const isStop = type === "event" && event === "stopped";
    if (isStop || (type === "response" && command === "setExceptionBreakpoints")) this.all();
  }

  private all(): void {
    this.changed.fire();
    this.mark(vscode.window.visibleTextEditors);
  }

  private ofDocument(document: vscode.TextDocument): void {
    if (this.sessions.shownIn(document.uri) === null) return;
    this.changed.fire();
    this.mark(vscode.window.visibleTextEditors.filter((editor) => editor.document === document));
  }

  private mark(editors: readonly vscode.TextEditor[]): void {
    for (const editor of editors) this.later(editor);
  }

  private later(editor: vscode.TextEditor): void {
    clearTimeout(this.waiting.get(editor));
    this.waiting.set(
      editor,
      setTimeout(() => void this.decorate(editor), restMs),
    );
  }

  private async decorate(editor: vscode.TextEditor): Promise<void> {
    this.waiting.delete(editor);
    const { document, visibleRanges } = editor;
    const shown = this.shownIn(document);
    const answer = shown && (await asked<{ marks: MarkedLines }>(shown, "marks", {}));
    const notes = await Promise.all(visibleRanges.map((range) => this.notesOf(document, range)));
    for (const name of markNames) {
      const ruled = (answer?.marks[name] ?? []).map((line) => ({ range: rangeOf(line) }));
      editor.setDecorations(this.rulers[name], ruled);
      const edged = notes.flat().filter(({ marks }) => marks[0] === name);
      const told = edged.map(({ line, marks }) => ({
        range: rangeOf(line),
        hoverMessage: marks.map((each) => markWords[each]).join(", "),
      }));
      editor.setDecorations(this.edges[name], told);
    }
  }

  private async notesOf(document: vscode.TextDocument, range: vscode.Range): Promise<LineNote[]> {
    const shown = this.shownIn(document);
    if (shown === null) return [];
    const lines = { line: range.start.line + 1, endLine: range.end.line + 1 };
    return (await asked<{ lines: LineNote[] }>(shown, "lines", lines))?.lines ?? [];
  }

  /** Lines of a file that was changed are others than those that the session read. */
  private shownIn(document: vscode.TextDocument): Shown | null {
    const shown = document.isDirty ? null : this.sessions.shownIn(document.uri);
    return shown === null || this.isStale(shown.session.id) ? null : shown;
  }
}

/** A session that has nothing open yet, or ends meanwhile, has nothing to say. */
async function asked<Answer>(
  { session, source }: Shown,
  command: string,
  args: object,
): Promise<Answer | null> {
  try {
    return await session.customRequest(command, { source, ...args });
  } catch {
    return null;
  }
}

const rangeOf = (line: number): vscode.Range => new vscode.Range(line - 1, 0, line - 1, 0);

type Look = (color: vscode.ThemeColor, lane: vscode.OverviewRulerLane) => vscode.DecorationRenderOptions;

function decorations(look: Look): Record<MarkName, vscode.TextEditorDecorationType> {
  const types = markNames.map((name) => {
    const [color, lane] = looks[name];
    return [name, vscode.window.createTextEditorDecorationType(look(new vscode.ThemeColor(color), lane))];
  });
  return Object.fromEntries(types);
}
