import path from "node:path";
import * as vscode from "vscode";
import { namesFile } from "../../trace/profile-word.ts";
import { configurationAs, configurationOf } from "../trace-files.ts";
import type { Checked } from "./tree.ts";

/** Debugs the first line that fails, else the first that was checked, as its variant and at its event. */
export async function debugFirst(checked: readonly Checked[]): Promise<void> {
  const first = checked.find(({ of }) => of.failure !== null) ?? checked[0];
  const uri = first?.item.uri;
  if (!first || !uri) return;
  const program = uri.fsPath;
  const { variant, of } = first;
  const usual =
    variant === null ? configurationOf(program) : configurationAs(program, besideOf(program, variant));
  await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(uri), {
    ...usual,
    // What is said of a whole file has no event of its own: its finding says where to stand.
    startAt: of.eventLine ?? "firstFinding",
  });
}

/** A profile file is named as from the trace. */
const besideOf = (program: string, variant: string): string =>
  namesFile(variant) ? path.resolve(path.dirname(program), variant) : variant;
