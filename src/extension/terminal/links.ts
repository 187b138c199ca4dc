import path from "node:path";
import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";
import { configurationOf, debugType } from "../trace-files.ts";
import { type LinePlace, linksIn } from "./line-links.ts";

interface Link extends vscode.TerminalLink {
  place: LinePlace;
  /** Folder that paths in the terminal begin at. */
  folder: string;
}

/** Makes links of what terminals show of tracepoints and of frames: a click goes there in a session. */
export function linksInTerminals(): vscode.Disposable {
  const provider: vscode.TerminalLinkProvider<Link> = {
    provideTerminalLinks: ({ line, terminal }) =>
      linksIn(line).map(({ start, length, place }) => ({
        ...{ startIndex: start, length, place, folder: folderOf(terminal) },
        tooltip:
          place.kind === "byte"
            ? vscode.l10n.t("Go to byte {0}", place.seq)
            : vscode.l10n.t("Debug at frame {0}", place.frame),
      })),
    handleTerminalLink: ({ place, folder }) =>
      place.kind === "byte" ? goToByte(place.seq) : goToFrame(path.resolve(folder, place.file), place.frame),
  };
  return vscode.window.registerTerminalLinkProvider(provider);
}

/** The part of a terminal that editors have from VS Code 1.93 on. */
interface Integrated {
  shellIntegration?: { cwd?: vscode.Uri };
}

function folderOf(terminal: vscode.Terminal): string {
  const { creationOptions, shellIntegration }: vscode.Terminal & Integrated = terminal;
  const [workspace] = vscode.workspace.workspaceFolders ?? [];
  const given = "cwd" in creationOptions ? creationOptions.cwd : undefined;
  const known = shellIntegration?.cwd ?? given ?? workspace?.uri;
  return typeof known === "string" ? known : (known?.fsPath ?? "/");
}

/** Goes to the byte in the stream that is looked at, else in the first one that sent it; without a session offers one. */
async function goToByte(seq: number): Promise<void> {
  const { t } = vscode.l10n;
  const session = ownSession();
  if (!session) {
    const debug = t("Debug Trace or Capture");
    const says = t(
      "There is no session to go to byte {0} in: debug a trace or a capture, then follow the link.",
      seq,
    );
    if ((await vscode.window.showInformationMessage(says, debug)) === debug)
      await vscode.commands.executeCommand("tlstrace.debugFile");
    return;
  }
  const { threads }: DebugProtocol.ThreadsResponse["body"] = await session.customRequest("threads");
  const item = vscode.debug.activeStackItem;
  const here = item?.session.id === session.id ? item.threadId : 0;
  const streams = [...threads.filter(({ id }) => id === here), ...threads.filter(({ id }) => id !== here)];
  for (const { name } of streams) if (await goes(session, `goto seq ${seq} ${name}`)) return;
  void vscode.window.showInformationMessage(t("No stream of {0} carries byte {1}.", session.name, seq));
}

/** Goes there in a session of the capture, or begins one there. */
async function goToFrame(program: string, frame: number): Promise<void> {
  const session = ownSession();
  if (session?.configuration.program === program) {
    await goes(session, `goto frame ${frame}`);
    return;
  }
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(program));
  await vscode.debug.startDebugging(folder, { ...configurationOf(program), startAt: `frame:${frame}` });
}

function ownSession(): vscode.DebugSession | undefined {
  const session = vscode.debug.activeDebugSession;
  return session?.type === debugType ? session : undefined;
}

/** Says a word of the adapter's console; false if it refuses. */
async function goes(session: vscode.DebugSession, expression: string): Promise<boolean> {
  try {
    await session.customRequest("evaluate", { expression, context: "repl" });
    return true;
  } catch {
    return false;
  }
}
