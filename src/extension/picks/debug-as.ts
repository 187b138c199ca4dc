// extension/picks: commands that let the user pick: a sample, what to debug as, to keep, to stop at.

import * as vscode from "vscode";
import {
  activeTrace,
  configurationAs,
  configurationOf,
  debugType,
  isCapture,
  nameOf,
  pickTrace,
  programOf,
  uriOfProgram,
} from "../trace-files.ts";

/** What a trace can be debugged as, with the model that knows it: loaded when somebody is to pick. */
const variants = () => import("./variants.ts");

/** A file as commands get it: from a menu, or from a lens of the language server. */
export type Given = vscode.Uri | string;

export const uriOf = (given?: Given): vscode.Uri | undefined =>
  typeof given === "string" ? vscode.Uri.parse(given) : given;

/** Commands that debug a file otherwise than it says: as another NIC, beside other NICs, as a picture. */
export const debuggingAs = (): vscode.Disposable[] => [
  vscode.commands.registerCommand("tlstrace.debugAs", async (uri?: Given, given?: unknown) => {
    // A menu of the explorer gives all files that are selected behind the one that it is of.
    const id = typeof given === "string" ? given : null;
    const program = await programFrom(uri);
    const profile = program === undefined ? undefined : (id ?? (await pickProfile(program)));
    if (program !== undefined && profile !== undefined)
      await start(program, configurationAs(program, profile));
  }),
  vscode.commands.registerCommand("tlstrace.compareWith", async (uri?: Given) => {
    const compare = await pickVariants();
    if (compare !== undefined && compare.length > 0)
      await debug(uri, (file) => ({ name: besideName(file, compare), compare }));
  }),
  vscode.commands.registerCommand("tlstrace.debugPicture", async (uri?: Given) => {
    if (await debug(uri)) await vscode.commands.executeCommand("tlstrace.showPicture");
  }),
  offerBugs(),
];

const besideName = (program: string, compare: readonly string[]): string =>
  vscode.l10n.t("{0} beside {1}", configurationOf(program).name, compare.join(", "));

/** The file that is given, else the active one, else one to pick. */
const programFrom = async (given: Given | undefined): Promise<string | undefined> => {
  const uri = uriOf(given);
  return uri ? programOf(uri) : (activeTrace() ?? (await pickTrace()));
};

/** Debugs that file; true once there is a session. */
async function debug(
  given: Given | undefined,
  otherwise: (program: string) => object = () => ({}),
): Promise<boolean> {
  const program = await programFrom(given);
  if (program === undefined) return false;
  return start(program, { ...configurationOf(program), ...otherwise(program) });
}

async function start(program: string, configuration: vscode.DebugConfiguration): Promise<boolean> {
  const folder = vscode.workspace.getWorkspaceFolder(uriOfProgram(program));
  return vscode.debug.startDebugging(folder, configuration);
}

async function pickProfile(program: string): Promise<string | undefined> {
  const picked = await vscode.window.showQuickPick(await choices(program), {
    title: vscode.l10n.t("Debug {0} As", nameOf(program)),
    placeHolder: vscode.l10n.t(
      "A NIC family, a bug of one, or a kernel: {0}",
      "connectx, connectx/long-dump, v5.8",
    ),
    matchOnDescription: true,
  });
  return picked?.label;
}

/** What a file names, then all there is. */
async function choices(program: string): Promise<vscode.QuickPickItem[]> {
  const { t } = vscode.l10n;
  const { broken, families, generations, namedIn } = await variants();
  const named = await namedIn(program);
  const all = [...families, ...generations, ...broken];
  const isOther = ({ label }: vscode.QuickPickItem) => !named.includes(label);
  return [
    ...section(
      t("Named in the trace"),
      named.map((label) => all.find((each) => each.label === label) ?? { label }),
    ),
    ...section(t("NIC families"), families.filter(isOther)),
    ...section(t("Kernels"), generations.filter(isOther)),
    ...section(t("Bugs"), broken.filter(isOther)),
  ];
}

const section = (label: string, items: readonly vscode.QuickPickItem[]): vscode.QuickPickItem[] =>
  items.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];

async function pickVariants(): Promise<string[] | undefined> {
  const { families, generations } = await variants();
  const picked = await vscode.window.showQuickPick([...families, ...generations], {
    canPickMany: true,
    placeHolder: vscode.l10n.t("NIC families and kernels to compare it with"),
  });
  return picked?.map(({ label }) => label);
}

/** Offers, once a file and window, to debug a trace as the bug that it is about: as its devices say, all is right. */
function offerBugs(): vscode.Disposable {
  const offered = new Set<string>();
  return vscode.debug.onDidStartDebugSession(async (session) => {
    const { type, configuration } = session;
    const { program, profile, noDebug, fork } = configuration;
    if (type !== debugType || profile || noDebug || fork || typeof program !== "string") return;
    if (offered.has(program) || isCapture(program)) return;
    offered.add(program);
    const [bug, ...others] = await (await variants()).bugsIn(program);
    if (bug === undefined) return;
    const { t } = vscode.l10n;
    const name = nameOf(program);
    const buttons = [t("Debug as {0}", bug), ...(others.length > 0 ? [t("Debug As…")] : [])];
    const pressed = await vscode.window.showInformationMessage(
      t("{0} is about a bug, and runs as its devices say: right.", name),
      ...buttons,
    );
    if (pressed === undefined) return;
    // The bug comes instead of it: of two sessions the editor would go on to show the first.
    await vscode.debug.stopDebugging(session);
    if (pressed === buttons[0]) await start(program, configurationAs(program, bug));
    else await vscode.commands.executeCommand("tlstrace.debugAs", uriOfProgram(program));
  });
}
