import * as vscode from "vscode";
import { stopNames } from "../../adapter/stops/filters.ts";
import { presets } from "../../adapter/stops/presets.ts";

/** Lets the user pick what has no box in the Breakpoints view, and makes a function breakpoint of it. */
export async function stopAt(): Promise<void> {
  const items = [...presets, ...stopNames].map(({ name, says }) => ({ label: name, detail: says }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Stop At"),
    placeHolder: vscode.l10n.t(
      "What to stop at: it becomes a function breakpoint, whose condition can be edited",
    ),
    matchOnDetail: true,
  });
  if (picked) vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint(picked.label)]);
}

/** Lets the user switch presets: each is a function breakpoint of its name, so that it stands where all others do. */
export async function choosePresets(): Promise<void> {
  const { debug, FunctionBreakpoint, window } = vscode;
  const set = debug.breakpoints.flatMap((each) => (each instanceof FunctionBreakpoint ? each : []));
  const items = presets.map(({ name, label, says }) => ({
    ...{ label, detail: says, name },
    picked: set.some(({ functionName }) => functionName === name),
  }));
  const picked = await window.showQuickPick(items, {
    title: vscode.l10n.t("Stop Presets"),
    placeHolder: vscode.l10n.t("Stops that are wanted together: tick those that are to be on"),
    canPickMany: true,
  });
  if (!picked) return;
  const isWanted = (name: string) => picked.some((item) => item.name === name);
  debug.removeBreakpoints(
    set.filter(({ functionName }) => items.some(({ name }) => name === functionName && !isWanted(name))),
  );
  const added = items.filter(({ name, picked: isOn }) => isWanted(name) && !isOn);
  debug.addBreakpoints(added.map(({ name }) => new FunctionBreakpoint(name)));
}
