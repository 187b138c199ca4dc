import * as vscode from "vscode";
import { kernels } from "../core/machine/generation.ts";
import { profiles } from "../core/profiles/all.ts";
import { configurationOf } from "./configurations.ts";
import { activeTrace, pickTrace } from "./trace-files.ts";

/** A file as commands get it: from a menu, or from a lens of the language server. */
export type Given = vscode.Uri | string;

export const uriOf = (given?: Given): vscode.Uri | undefined =>
  typeof given === "string" ? vscode.Uri.parse(given) : given;

/** Commands that debug a file otherwise than it says: as another NIC, beside other NICs, as a picture. */
export const debuggingAs = (): vscode.Disposable[] => [
  vscode.commands.registerCommand("tlstrace.debugAs", async (uri?: Given, id?: string) => {
    const profile = id ?? (await pickProfile());
    if (profile !== undefined) await debug(uri, { name: `as ${profile}`, profile });
  }),
  vscode.commands.registerCommand("tlstrace.compareWith", async (uri?: Given) => {
    const compare = await pickVariants();
    if (compare !== undefined && compare.length > 0)
      await debug(uri, { name: `beside ${compare.join(", ")}`, compare });
  }),
  vscode.commands.registerCommand("tlstrace.debugPicture", async (uri?: Given) => {
    if (await debug(uri, {})) await vscode.commands.executeCommand("tlstrace.showPicture");
  }),
];

type Otherwise = Partial<Record<"name" | "profile", string>> & { compare?: string[] };

/** Debugs the file that is given, else the active one, else one to pick; true once there is a session. */
async function debug(given: Given | undefined, { name, ...otherwise }: Otherwise): Promise<boolean> {
  const program = uriOf(given)?.fsPath ?? activeTrace() ?? (await pickTrace());
  if (program === undefined) return false;
  const usual = configurationOf(program);
  const configuration = { ...usual, ...(name && { name: `${usual.name} ${name}` }), ...otherwise };
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(program));
  return vscode.debug.startDebugging(folder, configuration);
}

const families = profiles.map(({ id, title }) => ({ label: id, description: title }));
const generations = kernels.map(({ id, title }) => ({ label: id, description: title }));

async function pickProfile(): Promise<string | undefined> {
  const picked = await vscode.window.showQuickPick(families, { placeHolder: "NIC family to debug it as" });
  return picked?.label;
}

async function pickVariants(): Promise<string[] | undefined> {
  const picked = await vscode.window.showQuickPick([...families, ...generations], {
    canPickMany: true,
    placeHolder: "NIC families and kernels to compare it with",
  });
  return picked?.map(({ label }) => label);
}
