import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";
import type { Checkpoint } from "../adapter/time/checkpoints.ts";
import { debugType } from "./trace-files.ts";

/** The commands that move in time, and checkpoints: kept by the workspace, a list for each trace. */
export function timeTravel(memory: vscode.Memento): vscode.Disposable[] {
  const { commands, debug } = vscode;
  return [
    // Each a word of the adapter's console: the protocol has no request for them.
    commands.registerCommand("tlstrace.stepBackOver", () => say("rover")),
    commands.registerCommand("tlstrace.stepBackOut", () => say("rout")),
    commands.registerCommand("tlstrace.previousStop", () => say("prev")),
    commands.registerCommand("tlstrace.nextStop", () => say("fwd")),
    commands.registerCommand("tlstrace.toggleHex", () => toggle("hexadecimal", "decimal", "hex")),
    commands.registerCommand("tlstrace.toggleAbsolute", () =>
      toggle("as on the wire", "relative", "absolute"),
    ),
    commands.registerCommand("tlstrace.goTo", goToPlace),
    commands.registerCommand("tlstrace.checkpoint", nameCheckpoint),
    commands.registerCommand("tlstrace.goToCheckpoint", () => goToCheckpoint(memory)),
    debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
      if (session.type === debugType && event === "tlstraceCheckpoints")
        void memory.update(keyOf(session.configuration.program), body.checkpoints);
    }),
  ];
}

const keyOf = (program: unknown): string => `checkpoints ${program}`;

/** The checkpoints of a trace. */
export const checkpointsOf = (memory: vscode.Memento, program: unknown): Checkpoint[] =>
  memory.get<Checkpoint[]>(keyOf(program)) ?? [];

/** Types a word into the adapter's console and gives its answer; what it refuses is shown. */
export async function say(expression: string): Promise<string> {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== debugType) return "";
  const frameId = await frameIn(session);
  try {
    const args = { expression, context: "repl", ...frameId };
    const { result }: DebugProtocol.EvaluateResponse["body"] = await session.customRequest("evaluate", args);
    return result;
  } catch (error) {
    void vscode.window.showInformationMessage((error as Error).message);
    return "";
  }
}

/** Writes numbers in the other of two ways; which one is on, the adapter's own words tell. */
async function toggle(on: string, off: string, switchedOn: string): Promise<void> {
  const now = await say("numbers");
  await say(`numbers ${now.includes(on) ? off : switchedOn}`);
}

/** The innermost frame of the thread that is looked at, which says whose events a step goes by. */
async function frameIn(session: vscode.DebugSession): Promise<{ frameId?: number }> {
  const item = vscode.debug.activeStackItem;
  if (!item || item.session.id !== session.id) return {};
  const stack: DebugProtocol.StackTraceResponse["body"] = await session.customRequest("stackTrace", {
    threadId: item.threadId,
    levels: 1,
  });
  const [frame] = stack.stackFrames;
  return frame ? { frameId: frame.id } : {};
}

/** Asks where to go: the same words as behind `goto` in the console. */
async function goToPlace(): Promise<void> {
  const words = await vscode.window.showInputBox({
    title: vscode.l10n.t("Go to"),
    prompt: vscode.l10n.t("A frame, event, line, time, sequence number, record, finding or checkpoint"),
    placeHolder: "frame 58 · event 12 · line 30 · time 1.5 · +20ms · seq 209430 B>A · record 13 · finding",
  });
  if (words !== undefined) await say(`goto ${words}`);
}

async function nameCheckpoint(): Promise<void> {
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t("Checkpoint"),
    prompt: vscode.l10n.t("What this place is called; it is found again when the trace has changed"),
  });
  if (name !== undefined) await say(`checkpoint ${name}`);
}

async function goToCheckpoint(memory: vscode.Memento): Promise<void> {
  const program = vscode.debug.activeDebugSession?.configuration.program;
  const items = checkpointsOf(memory, program).map(({ name, connection, event, seq, stage }) => ({
    label: name,
    description: `${connection}: ${event} ${seq}${stage === "" ? "" : `, ${stage}`}`,
  }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t("No checkpoint yet: “Checkpoint Here…” makes one."),
    );
    return;
  }
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t("Checkpoint to go to"),
  });
  if (picked) await say(`goto ${picked.label}`);
}
