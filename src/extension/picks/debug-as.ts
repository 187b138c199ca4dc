// extension/picks: commands that let the user pick: a sample, what to debug as, to keep, to stop at.

import path from "node:path";
import * as vscode from "vscode";
import { bugs } from "../../core/bugs/catalogue.ts";
import { kernels } from "../../core/machine/generation.ts";
import { profiles } from "../../core/profiles/all.ts";
import { bugsNamed, namedIn } from "../../node/samples.ts";
import { configurationOf } from "../configurations.ts";
import { activeTrace, debugType, isCapture, pickTrace } from "../trace-files.ts";

/** A file as commands get it: from a menu, or from a lens of the language server. */
export type Given = vscode.Uri | string;

export const uriOf = (given?: Given): vscode.Uri | undefined =>
  typeof given === "string" ? vscode.Uri.parse(given) : given;

/** Commands that debug a file otherwise than it says: as another NIC, beside other NICs, as a picture. */
export const debuggingAs = (): vscode.Disposable[] => [
  vscode.commands.registerCommand("tlstrace.debugAs", async (uri?: Given, given?: unknown) => {
    // A menu of the explorer gives all files that are selected behind the one that it is of.
    const id = typeof given === "string" ? given : null;
    const program = await programOf(uri);
    const profile = program === undefined ? undefined : (id ?? (await pickProfile(program)));
    if (program !== undefined && profile !== undefined)
      await start(program, { name: `as ${profile}`, profile });
  }),
  vscode.commands.registerCommand("tlstrace.compareWith", async (uri?: Given) => {
    const compare = await pickVariants();
    if (compare !== undefined && compare.length > 0)
      await debug(uri, { name: `beside ${compare.join(", ")}`, compare });
  }),
  vscode.commands.registerCommand("tlstrace.debugPicture", async (uri?: Given) => {
    if (await debug(uri, {})) await vscode.commands.executeCommand("tlstrace.showPicture");
  }),
  offerBugs(),
];

type Otherwise = Partial<Record<"name" | "profile", string>> & { compare?: string[] };

/** The file that is given, else the active one, else one to pick. */
const programOf = async (given: Given | undefined): Promise<string | undefined> =>
  uriOf(given)?.fsPath ?? activeTrace() ?? (await pickTrace());

/** Debugs that file; true once there is a session. */
async function debug(given: Given | undefined, otherwise: Otherwise): Promise<boolean> {
  const program = await programOf(given);
  return program !== undefined && (await start(program, otherwise));
}

async function start(program: string, { name, ...otherwise }: Otherwise): Promise<boolean> {
  const usual = configurationOf(program);
  const configuration = { ...usual, ...(name && { name: `${usual.name} ${name}` }), ...otherwise };
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(program));
  return vscode.debug.startDebugging(folder, configuration);
}

const families = profiles.map(({ id, title }) => ({ label: id, description: title }));
const generations = kernels.map(({ id, title }) => ({ label: id, description: title }));

async function pickProfile(program: string): Promise<string | undefined> {
  const picked = await vscode.window.showQuickPick(choices(program), {
    title: `Debug ${path.basename(program)} As`,
    placeHolder: "A NIC family, a bug of one, or a kernel: connectx, connectx/long-dump, v5.8",
    matchOnDescription: true,
  });
  return picked?.label;
}

/** What a file names, then all there is. */
function choices(program: string): vscode.QuickPickItem[] {
  const named = isCapture(program) ? [] : namedIn(program);
  const all = [...families, ...generations, ...broken];
  const isOther = ({ label }: vscode.QuickPickItem) => !named.includes(label);
  return [
    ...section(
      "Named in the trace",
      named.map((label) => all.find((each) => each.label === label) ?? { label }),
    ),
    ...section("NIC families", families.filter(isOther)),
    ...section("Kernels", generations.filter(isOther)),
    ...section("Bugs", broken.filter(isOther)),
  ];
}

const section = (label: string, items: readonly vscode.QuickPickItem[]): vscode.QuickPickItem[] =>
  items.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];

const broken = profiles.flatMap((profile) =>
  bugs
    .filter(({ isIn }) => isIn(profile))
    .map(({ name, says }) => ({ label: `${profile.id}/${name}`, description: says })),
);

async function pickVariants(): Promise<string[] | undefined> {
  const picked = await vscode.window.showQuickPick([...families, ...generations], {
    canPickMany: true,
    placeHolder: "NIC families and kernels to compare it with",
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
    const [bug, ...others] = bugsNamed(program);
    if (bug === undefined) return;
    const name = path.basename(program);
    const buttons = [`Debug as ${bug}`, ...(others.length > 0 ? ["Debug As…"] : [])];
    const pressed = await vscode.window.showInformationMessage(
      `${name} is about a bug, and runs as its devices say: right.`,
      ...buttons,
    );
    if (pressed === undefined) return;
    // The bug comes instead of it: of two sessions the editor would go on to show the first.
    await vscode.debug.stopDebugging(session);
    if (pressed === buttons[0]) await start(program, { name: `as ${bug}`, profile: bug });
    else await vscode.commands.executeCommand("tlstrace.debugAs", vscode.Uri.file(program));
  });
}
