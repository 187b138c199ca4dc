import { setImmediate } from "node:timers/promises";
import * as vscode from "vscode";
import type { Case, TestRun } from "../../study/test-run.ts";
import type { TestProcess } from "./process.ts";

const glob = "**/*.tlstrace";
/** Items that are made before the editor's other extensions get a turn. */
const sliceSize = 200;
/** Events of one saving come together. */
const settleMs = 100;

/** True if a file holds expect lines, by its name. */
export const isTraceFile = ({ scheme, path }: vscode.Uri): boolean =>
  scheme === "file" && /\.tlstrace$/i.test(path);

/** An expect line under one variant: what a test item stands for. */
export interface Checked {
  item: vscode.TestItem;
  /** Null: as the trace's devices say. */
  variant: string | null;
  of: Case;
}

/**
 * The tests of the workspace: a trace, the variants that it runs under, the expect lines that speak of each. Files are
 * found by their names; what is in one is asked of the test process when somebody looks.
 */
export class TestTree {
  readonly controller: vscode.TestController;
  private readonly process: TestProcess;
  private readonly changed = new vscode.EventEmitter<vscode.TestItem>();
  /** The file of a trace has other content now. */
  readonly onDidChange = this.changed.event;
  private readonly settling = new Map<string, NodeJS.Timeout>();
  private found: Promise<void> | null = null;

  constructor(controller: vscode.TestController, process: TestProcess, subscriptions: vscode.Disposable[]) {
    this.controller = controller;
    this.process = process;
    const { workspace } = vscode;
    const watcher = workspace.createFileSystemWatcher(glob);
    watcher.onDidCreate((uri) => this.touch(uri));
    watcher.onDidChange((uri) => this.touch(uri));
    watcher.onDidDelete((uri) => controller.items.delete(uri.toString()));
    controller.resolveHandler = (item) => (item ? this.list(item) : this.discovered());
    subscriptions.push(
      watcher,
      this.changed,
      workspace.onDidOpenTextDocument(({ uri }) => this.look(uri)),
      workspace.onDidSaveTextDocument(({ uri }) => this.touch(uri)),
    );
    for (const { uri } of workspace.textDocuments) this.look(uri);
  }

  private discovered(): Promise<void> {
    this.found ??= this.discover();
    return this.found;
  }

  /** Finds the traces of the workspace, and forgets those that are gone. */
  async discover(): Promise<void> {
    const uris = await vscode.workspace.findFiles(glob, "**/node_modules/**");
    const ids = new Set(uris.map(String));
    this.controller.items.forEach(({ id, uri }) => {
      if (!ids.has(id) && vscode.workspace.getWorkspaceFolder(uri!)) this.controller.items.delete(id);
    });
    for (const [i, uri] of uris.entries()) {
      this.fileItem(uri);
      if (i % sliceSize === sliceSize - 1) await setImmediate();
    }
  }

  /** The item of a trace, which is there from now on. */
  fileItem(uri: vscode.Uri): vscode.TestItem {
    const { controller } = this;
    const known = controller.items.get(uri.toString());
    if (known) return known;
    const item = controller.createTestItem(uri.toString(), vscode.workspace.asRelativePath(uri), uri);
    item.canResolveChildren = true;
    controller.items.add(item);
    return item;
  }

  /** All traces that are known, once the workspace was looked through. */
  async files(): Promise<vscode.TestItem[]> {
    await this.discovered();
    return Array.from(this.controller.items, ([, item]) => item);
  }

  /** The trace that an item is of. */
  fileOf(item: vscode.TestItem): vscode.TestItem {
    return item.parent ? this.fileOf(item.parent) : item;
  }

  /** A trace that is open has its tests beside its lines. */
  private look(uri: vscode.Uri): void {
    if (isTraceFile(uri)) void this.list(this.fileItem(uri));
  }

  private touch(uri: vscode.Uri): void {
    if (!isTraceFile(uri) || uri.path.includes("/node_modules/")) return;
    const file = this.fileItem(uri);
    clearTimeout(this.settling.get(file.id));
    const settled = async () => {
      this.settling.delete(file.id);
      // Nobody has looked into a closed item.
      if (file.children.size > 0 || isOpen(uri)) await this.list(file);
      this.changed.fire(file);
    };
    this.settling.set(file.id, setTimeout(settled, settleMs));
  }

  /** Asks what would be checked in a trace. */
  private async list(file: vscode.TestItem): Promise<void> {
    file.busy = true;
    const runs: vscode.TestItem[] = [];
    const complaint = await this.process.run([file.uri!.fsPath], ["--list"], {
      row: async (row) => {
        if (row.kind === "run") runs.push((await this.show(file, row)).item);
      },
    });
    file.error = runs.length === 0 ? complaint : undefined;
    const ids = new Set(runs.map(({ id }) => id));
    file.children.forEach(({ id }) => {
      if (!ids.has(id)) file.children.delete(id);
    });
    file.busy = false;
  }

  /** Shows the lines that a run has as items, those that are there already as they are. */
  async show(
    file: vscode.TestItem,
    { profile, cases }: TestRun,
  ): Promise<{ item: vscode.TestItem; checked: Checked[] }> {
    const item = this.runItem(file, profile);
    const checked: Checked[] = [];
    const ids = new Map<string, number>();
    for (const [i, of] of cases.entries()) {
      const times = ids.get(of.name) ?? 0;
      ids.set(of.name, times + 1);
      const id = times === 0 ? of.name : `${of.name} #${times + 1}`;
      checked.push({ item: this.caseItem(item, id, of), variant: profile, of });
      if (i % sliceSize === sliceSize - 1) await setImmediate();
    }
    const known = new Set(checked.map(({ item: { id } }) => id));
    item.children.forEach(({ id }) => {
      if (!known.has(id)) item.children.delete(id);
    });
    return { item, checked };
  }

  private runItem(file: vscode.TestItem, variant: string | null): vscode.TestItem {
    const id = variant ?? "";
    const known = file.children.get(id);
    if (known) return known;
    const { t } = vscode.l10n;
    const label = variant === null ? t("as its devices say") : t("under {0}", variant);
    const item = this.controller.createTestItem(id, label, file.uri);
    item.sortText = String(file.children.size).padStart(4, "0");
    file.children.add(item);
    return item;
  }

  private caseItem(run: vscode.TestItem, id: string, { name, line }: Case): vscode.TestItem {
    const known = run.children.get(id);
    if (known) return known;
    const item = this.controller.createTestItem(id, name.replace(/^line \d+: /, ""), run.uri);
    if (line !== null) {
      item.description = vscode.l10n.t("line {0}", line);
      item.range = lineRange(line);
    }
    item.sortText = String(line ?? 0).padStart(9, "0");
    run.children.add(item);
    return item;
  }
}

/** A line, counted from 1, as a range. */
export const lineRange = (line: number): vscode.Range => new vscode.Range(line - 1, 0, line - 1, 0);

const isOpen = (uri: vscode.Uri): boolean =>
  vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
