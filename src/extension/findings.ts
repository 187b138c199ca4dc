import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";
import type { FindingRow, FindingsBody } from "../adapter/opening/findings.ts";
import type { BytesBody } from "../adapter/opening/side-by-side.ts";
import type { StoppedBody } from "../adapter/runner.ts";
import { opensDebugView } from "./debug-view.ts";
import { uriOfProgram } from "./trace-files.ts";

/** A row of the tree: a text, a group of findings, or one of them. */
interface Node {
  label: string;
  description?: string;
  parent: Node | null;
  children: Node[];
  finding: FindingRow | null;
}

type Tracker = vscode.DebugAdapterTrackerFactory & vscode.TreeDataProvider<Node>;

const scheme = "tlstrace-bytes";

/**
 * What the adapter found, as a tree in the debug view and as problems of the trace or listing. A click goes there, and the
 * tree follows where the session stands.
 */
export class Findings implements Tracker {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Node>;
  private readonly problems = vscode.languages.createDiagnosticCollection("tlstrace");
  private readonly found = new Map<string, FindingsBody>();
  private readonly bytes = new Map<string, string>();
  /** Sessions whose findings were shown once, by their identifiers. */
  private readonly followed = new Set<string>();
  private roots: Node[] = [];
  private filter = "";

  constructor(subscriptions: vscode.Disposable[]) {
    this.view = vscode.window.createTreeView("tlstrace.findings", { treeDataProvider: this });
    const { commands, debug, workspace } = vscode;
    subscriptions.push(
      this.view,
      this.problems,
      debug.onDidChangeActiveDebugSession(() => this.show()),
      debug.onDidTerminateDebugSession(({ id }) => this.forget(id)),
      workspace.registerTextDocumentContentProvider(scheme, {
        provideTextDocumentContent: (uri) => this.bytes.get(uri.toString()) ?? "",
      }),
      commands.registerCommand("tlstrace.goToFinding", (finding: FindingRow) => goTo(finding)),
      commands.registerCommand("tlstrace.compareBytes", (node?: Node) => this.compare(node)),
      commands.registerCommand("tlstrace.filterFindings", () => this.ask()),
    );
  }

  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    return {
      onDidSendMessage: (message: DebugProtocol.ProtocolMessage) => {
        const { type, command, success, event, body } = message as DebugProtocol.Response &
          DebugProtocol.Event;
        if (type === "response" && success && (command === "launch" || command === "restart"))
          void this.load(session);
        if (type === "event" && event === "stopped") this.follow(session, body);
      },
    };
  }

  private async load(session: vscode.DebugSession): Promise<void> {
    try {
      this.found.set(session.id, await session.customRequest("findings"));
    } catch {
      // The session is over before it began.
      return;
    }
    this.showProblems();
    this.show();
  }

  private forget(id: string): void {
    if (!this.found.delete(id)) return;
    this.showProblems();
    this.show();
  }

  private showProblems(): void {
    const all = new Map<string, [vscode.Uri, vscode.Diagnostic[]]>();
    for (const [id, body] of this.found)
      for (const row of findingsIn(body)) {
        const uri = uriOf(row.source, id);
        const [, list] = all.get(uri.toString()) ?? [uri, []];
        list.push(problemOf(row));
        all.set(uri.toString(), [uri, list]);
      }
    this.problems.clear();
    this.problems.set([...all.values()]);
  }

  /** Rebuilds the tree for the session that is looked at. */
  private show(): void {
    const body = this.found.get(vscode.debug.activeDebugSession?.id ?? "");
    this.roots = body ? nodesOf(body, this.filter.toLowerCase()) : [];
    this.view.description = body?.verdict ?? "";
    this.view.message = this.filter === "" ? "" : vscode.l10n.t("Filter: {0}", this.filter);
    this.changed.fire(undefined);
    // What the walkthrough's step with a wrong byte waits for.
    const hasFindings = leavesOf(this.roots).some(({ finding }) => finding !== null);
    void vscode.commands.executeCommand("setContext", "tlstrace.hasFindings", hasFindings);
  }

  /** Marks the finding at which the session stands; the first one opens the view, which the editor keeps closed at first. */
  private follow({ id }: vscode.DebugSession, { event }: StoppedBody): void {
    if (id !== vscode.debug.activeDebugSession?.id) return;
    if (!this.view.visible && (this.followed.has(id) || !opensDebugView())) return;
    const here = leavesOf(this.roots).find(({ finding }) => finding?.event === event);
    if (!here) return;
    this.followed.add(id);
    void this.view.reveal(here, { select: true, focus: false });
  }

  private async ask(): Promise<void> {
    const given = await vscode.window.showInputBox({
      title: vscode.l10n.t("Filter Findings"),
      value: this.filter,
      prompt: vscode.l10n.t("Part of a finding's text, its stream or its rule; empty: all"),
    });
    if (given === undefined) return;
    this.filter = given.trim();
    this.show();
  }

  /** Lays the captured record beside what it must be. */
  private async compare(node: Node | undefined): Promise<void> {
    const finding = node?.finding ?? leavesOf(this.roots).find((each) => each.finding?.hasBytes)?.finding;
    const session = vscode.debug.activeDebugSession;
    if (!finding || !session) return;
    try {
      const body: BytesBody = await session.customRequest("bytes", { targetId: finding.targetId });
      const uris = (["captured", "expected"] as const).map((side) => {
        const path = `/${finding.targetId}/${side}`;
        const uri = vscode.Uri.from({ scheme, path, query: session.id });
        this.bytes.set(uri.toString(), body[side]);
        return uri;
      });
      const selection = new vscode.Range(body.line, 0, body.line, 0);
      const title = vscode.l10n.t("Captured ↔ expected: {0}", body.title);
      await vscode.commands.executeCommand("vscode.diff", ...uris, title, { selection });
    } catch (error) {
      void vscode.window.showInformationMessage((error as Error).message);
    }
  }

  getParent({ parent }: Node): Node | null {
    return parent;
  }

  getChildren(node?: Node): Node[] {
    return node?.children ?? this.roots;
  }

  getTreeItem({ label, description = "", children, finding }: Node): vscode.TreeItem {
    const { Expanded, None } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(label, children.length > 0 ? Expanded : None);
    item.description = description;
    item.tooltip = label;
    item.accessibilityInformation = { label: spokenOf(label, description, finding) };
    if (!finding) return item;
    item.iconPath = new vscode.ThemeIcon(finding.severity);
    item.contextValue = finding.hasBytes ? "bytes" : "finding";
    const title = vscode.l10n.t("Go to Finding");
    item.command = { command: "tlstrace.goToFinding", title, arguments: [finding] };
    return item;
  }
}

/** What a screen reader says of a row: it sees neither the icon nor what a number counts. */
function spokenOf(label: string, count: string, finding: FindingRow | null): string {
  const { t } = vscode.l10n;
  if (!finding) return count === "" ? label : t("{0}, findings: {1}", label, count);
  return finding.severity === "error" ? t("Error: {0}", label) : t("Warning: {0}", label);
}

const findingsIn = ({ rules }: FindingsBody): FindingRow[] =>
  rules.flatMap(({ streams }) => streams.flatMap(({ findings }) => findings));

const leavesOf = (nodes: readonly Node[]): Node[] =>
  nodes.flatMap((node) => (node.finding ? [node] : leavesOf(node.children)));

/** Rules with their streams with their findings; ahead of them the verdict. */
function nodesOf({ text, rules }: FindingsBody, filter: string): Node[] {
  const head: Node = { label: text, parent: null, children: [], finding: null };
  const groups = rules.map((rule) => {
    const parent: Node = {
      label: rule.label,
      description: String(rule.count),
      parent: null,
      children: [],
      finding: null,
    };
    parent.children = rule.streams.flatMap((stream) => {
      const node: Node = {
        label: stream.name,
        description: String(stream.count),
        parent,
        children: [],
        finding: null,
      };
      node.children = stream.findings
        .filter(({ text: words }) => `${rule.label} ${stream.name} ${words}`.toLowerCase().includes(filter))
        .map((finding) => ({ label: finding.text, parent: node, children: [], finding }));
      return node.children.length > 0 ? [node] : [];
    });
    return parent;
  });
  return [head, ...groups.filter(({ children }) => children.length > 0)];
}

/** The document that a source is shown in: a file, or a page of a listing as VS Code calls it. */
export const uriOf = (source: DebugProtocol.Source, session: string): vscode.Uri =>
  source.sourceReference
    ? vscode.Uri.from({
        scheme: "debug",
        path: source.path ?? source.name ?? "",
        query: `session=${session}&ref=${source.sourceReference}`,
      })
    : uriOfProgram(source.path ?? "");

function problemOf({ text, severity, line }: FindingRow): vscode.Diagnostic {
  const { DiagnosticSeverity } = vscode;
  const range = new vscode.Range(line - 1, 0, line - 1, Number.MAX_SAFE_INTEGER);
  const problem = new vscode.Diagnostic(
    range,
    text,
    DiagnosticSeverity[severity === "error" ? "Error" : "Warning"],
  );
  problem.source = "tlstrace";
  return problem;
}

async function goTo({ targetId }: FindingRow): Promise<void> {
  const session = vscode.debug.activeDebugSession;
  await session?.customRequest("goto", { threadId: vscode.debug.activeStackItem?.threadId ?? 1, targetId });
}
