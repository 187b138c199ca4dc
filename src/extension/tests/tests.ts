// extension/tests: traces as tests: the tree of them, runs by a process of its own, messages, coverage, updates as a diff.

import * as vscode from "vscode";
import { activeTrace, showTrace, uriOfProgram } from "../trace-files.ts";
import { CoverageDocuments } from "./coverage.ts";
import { debugFirst } from "./debug.ts";
import { TestProcess } from "./process.ts";
import { TraceRun } from "./run.ts";
import { TestTree } from "./tree.ts";
import { offerUpdates } from "./updates.ts";

/** Says to the editor which tests there are, and who runs them: a process of its own, of which each row is shown as it comes. */
export function offerTests({ asAbsolutePath, subscriptions }: vscode.ExtensionContext): void {
  const process = new TestProcess(asAbsolutePath("dist/cli.js"));
  const controller = vscode.tests.createTestController("tlstrace", "TLS Offload");
  const tree = new TestTree(controller, process, subscriptions);
  const documents = new CoverageDocuments(subscriptions);
  const { t } = vscode.l10n;
  const { Run, Debug, Coverage } = vscode.TestRunProfileKind;
  const once = (request: vscode.TestRunRequest) => new TraceRun(tree, process, request);

  const runs = controller.createRunProfile(
    t("Run"),
    Run,
    async (request, token) => {
      if (request.continuous) whenever(tree, request, token, (again) => once(again).execute(token, false));
      else await once(request).execute(token, false);
    },
    true,
    undefined,
    true,
  );
  controller.createRunProfile(t("Debug"), Debug, async (request, token) => {
    const run = once(request);
    await run.execute(token, false);
    if (!token.isCancellationRequested) await debugFirst(run.checked);
  });
  const coverage = controller.createRunProfile(t("Coverage"), Coverage, async (request, token) => {
    const told = await once(request).execute(token, true);
    if (told !== null) await documents.show(told);
  });
  coverage.loadDetailedCoverage = async (_run, file) => documents.detailsOf(file);
  controller.refreshHandler = () => tree.discover();
  subscriptions.push(controller, runs, coverage);
  offerUpdates(tree, process, subscriptions);
  subscriptions.push(vscode.commands.registerCommand("tlstrace.testTrace", testTrace));
}

/** Runs the tests of the trace in front. The editor's own command knows only one that has the focus. */
async function testTrace(): Promise<void> {
  const file = activeTrace();
  if (file === undefined)
    return void vscode.window.showErrorMessage(vscode.l10n.t("There is no trace to test: open one first."));
  await showTrace(uriOfProgram(file));
  await vscode.commands.executeCommand("testing.runCurrentFile");
}

/** Runs what a request includes of a trace whenever it is saved, or changes on the disk, until that is switched off. */
function whenever(
  tree: TestTree,
  { include, exclude, profile }: vscode.TestRunRequest,
  token: vscode.CancellationToken,
  run: (request: vscode.TestRunRequest) => Promise<unknown>,
): void {
  const changes = tree.onDidChange((file) => {
    const ids = new Set((include ?? [file]).map((item) => tree.fileOf(item).id));
    if (!ids.has(file.id) || token.isCancellationRequested) return;
    const own = include?.filter((item) => tree.fileOf(item) === file) ?? [file];
    void run(new vscode.TestRunRequest(own, exclude, profile, true));
  });
  token.onCancellationRequested(() => changes.dispose());
}
