import * as vscode from "vscode";
import { stopNames } from "../../adapter/stops/filters.ts";
import { presets } from "../../adapter/stops/presets.ts";

/** Lets the user pick what has no box in the Breakpoints view, and makes a function breakpoint of it. */
export async function stopAt(): Promise<void> {
  const items = [...presets, ...stopNames].map(({ name, says }) => ({ label: name, detail: says }));
  const picked = await vscode.window.showQuickPick(items, {
    title: "Stop At",
    placeHolder: "What to stop at: it becomes a function breakpoint, whose condition can be edited",
    matchOnDetail: true,
  });
  if (picked) vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint(picked.label)]);
}
