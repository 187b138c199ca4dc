import path from "node:path";
import * as vscode from "vscode";
import type { Carrier } from "../../adapter/time/going.ts";
import { activeTrace, configurationOf, debugType, pickTrace, uriOfProgram } from "../trace-files.ts";
import { choicesOf } from "./choices.ts";
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

/** Goes to the byte in the stream that carries it, asks where several do; without a session offers to begin one. */
async function goToByte(seq: number): Promise<void> {
  const { t } = vscode.l10n;
  const session = ownSession() ?? (await begun(seq));
  if (!session) return;
  const { streams }: { streams: Carrier[] } = await session.customRequest("carriers", { seq });
  if (streams.length === 0) {
    void vscode.window.showInformationMessage(t("No stream of {0} carries byte {1}.", session.name, seq));
    return;
  }
  const item = vscode.debug.activeStackItem;
  const choices = choicesOf(streams, item?.session.id === session.id ? item.threadId : undefined);
  const placeHolder = t("Several streams carry byte {0}: which one is it?", seq);
  const chosen =
    choices.length === 1 ? choices[0] : await vscode.window.showQuickPick(choices, { placeHolder });
  if (chosen) await session.customRequest("goto", chosen.stream);
}

/** A session that the user begins for a byte; undefined if there is none. */
async function begun(seq: number): Promise<vscode.DebugSession | undefined> {
  const { t } = vscode.l10n;
  const debug = t("Debug Trace or Capture");
  const says = t("There is no session to go to byte {0} in.", seq);
  if ((await vscode.window.showInformationMessage(says, debug)) !== debug) return undefined;
  const program = activeTrace() ?? (await pickTrace());
  return program === undefined ? undefined : debugged(program);
}

/** A session of a program, once it has stopped; undefined if there is none. */
async function debugged(program: string): Promise<vscode.DebugSession | undefined> {
  const stop = firstStop();
  const folder = vscode.workspace.getWorkspaceFolder(uriOfProgram(program));
  const isBegun = await vscode.debug.startDebugging(folder, configurationOf(program));
  if (isBegun) await stop.comes;
  stop.dispose();
  return isBegun ? ownSession() : undefined;
}

/** The next stop that the editor shows, or the session's end. */
function firstStop(): { comes: Promise<unknown>; dispose(): void } {
  const { onDidChangeActiveStackItem, onDidTerminateDebugSession } = vscode.debug;
  const listening: vscode.Disposable[] = [];
  const comes = new Promise<unknown>((resolve) => {
    listening.push(
      onDidChangeActiveStackItem((item) => item && "frameId" in item && resolve(item)),
      onDidTerminateDebugSession(resolve),
    );
  });
  return { comes, dispose: () => vscode.Disposable.from(...listening).dispose() };
}

/** Goes there in a session of the capture, which is begun if it has none. */
async function goToFrame(program: string, frame: number): Promise<void> {
  const own = ownSession();
  const session = own?.configuration.program === program ? own : await debugged(program);
  if (!session) return;
  // Behind the last event of a capture, where one is cut short, that is the nearest.
  for (const place of [`frame ${frame}`, "end"]) if (await goes(session, `goto ${place}`)) return;
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
