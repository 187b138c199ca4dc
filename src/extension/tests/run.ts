import * as vscode from "vscode";
import { coverageIn } from "./coverage.ts";
import { messageOf } from "./messages.ts";
import type { TestProcess, TestRow } from "./process.ts";
import type { Checked, TestTree } from "./tree.ts";

/** One run of what somebody asked for. */
export class TraceRun {
  /** What was checked of it, in the order of the runs. */
  readonly checked: Checked[] = [];
  private readonly tree: TestTree;
  private readonly process: TestProcess;
  private readonly request: vscode.TestRunRequest;
  private readonly run: vscode.TestRun;
  private readonly coverage = coverageIn();
  /** The traces that a row has come of. */
  private readonly told = new Set<vscode.TestItem>();

  constructor(tree: TestTree, process: TestProcess, request: vscode.TestRunRequest) {
    this.tree = tree;
    this.process = process;
    this.request = request;
    this.run = tree.controller.createTestRun(request);
  }

  /** Runs the traces and shows what comes of each as it comes. With coverage, resolves to its tables as Markdown. */
  async execute(token: vscode.CancellationToken, withCoverage: boolean): Promise<string | null> {
    const { run } = this;
    let text: string | null = null;
    try {
      const files = await this.files();
      for (const file of files.values()) this.enqueue(file);
      const complaint = await this.process.run([...files.keys()], withCoverage ? ["--coverage"] : [], {
        token,
        row: async (row) => {
          const of = row.kind === "run" ? files.get(row.file) : undefined;
          if (row.kind === "run" && of) await this.show(of, row);
          if (row.kind === "coverage") text = row.text;
        },
      });
      run.appendOutput(complaint.replace(/\r?\n/g, "\r\n"));
      for (const item of files.values())
        if (!this.told.has(item) && !token.isCancellationRequested)
          run.errored(
            item,
            new vscode.TestMessage(complaint || vscode.l10n.t("the test process ended without a result")),
          );
      for (const file of this.coverage.files()) run.addCoverage(file);
    } finally {
      run.end();
    }
    // What the walkthrough's last step waits for.
    const isGreen = this.checked.length > 0 && this.checked.every(({ of }) => of.failure === null);
    if (isGreen) void vscode.commands.executeCommand("setContext", "tlstrace.testsPassed", true);
    return text;
  }

  /** The traces that the request is about, by their paths. */
  private async files(): Promise<Map<string, vscode.TestItem>> {
    const { include, exclude = [] } = this.request;
    const asked = include?.map((item) => this.tree.fileOf(item)) ?? (await this.tree.files());
    const items = asked.filter((item) => !exclude.includes(item));
    return new Map(items.map((item) => [item.uri!.fsPath, item]));
  }

  private async show(file: vscode.TestItem, row: Extract<TestRow, { kind: "run" }>): Promise<void> {
    const { run } = this;
    this.told.add(file);
    const { item, checked } = await this.tree.show(file, row);
    this.coverage.add(file.uri!, row);
    const wanted = checked.filter((each) => this.isWanted(each.item));
    if (checked.length === 0 && this.isWanted(item)) run.skipped(item);
    for (const each of wanted) {
      this.checked.push(each);
      run.started(each.item);
      const { of } = each;
      if (of.failure === null) run.passed(each.item);
      else if (of.rule === "expectation-failed") run.failed(each.item, messageOf(each, of.failure));
      else run.errored(each.item, messageOf(each, of.failure));
    }
  }

  /** Of a trace that is not looked into yet nothing can be said to wait. */
  private enqueue(item: vscode.TestItem): void {
    if (item.parent?.parent && this.isWanted(item)) this.run.enqueued(item);
    for (const [, child] of item.children) this.enqueue(child);
  }

  private isWanted(item: vscode.TestItem): boolean {
    const { include, exclude = [] } = this.request;
    const line = [...withParents(item)];
    return (
      !line.some((each) => exclude.includes(each)) &&
      (!include || line.some((each) => include.includes(each)))
    );
  }
}

function* withParents(item: vscode.TestItem): Generator<vscode.TestItem> {
  for (let at: vscode.TestItem | undefined = item; at; at = at.parent) yield at;
}
