import path from "node:path";
import * as vscode from "vscode";
import { tellOfFall } from "../launch-errors.ts";

/**
 * The adapter as a process of its own: the command that serves every other editor, too. What it does with a large
 * capture takes nothing from the editor's extensions, neither time nor memory, and it may fall without them. The program
 * that runs extensions runs it as a plain Node.js where it is told so. Keys go through its input, never as arguments.
 */
export const adapterProcess = (
  command: string,
  folders: () => readonly string[],
): vscode.DebugAdapterDescriptorFactory => ({
  createDebugAdapterDescriptor({ configuration: { program } }) {
    // The editor asks for trust before it debugs; one that does not has the trace read alone.
    const alone = vscode.workspace.isTrusted ? [] : ["--only", String(program)];
    const args = [command, "dap", ...alone, "--workspace", ...folders()];
    return new vscode.DebugAdapterExecutable(process.execPath, args, { env: { ELECTRON_RUN_AS_NODE: "1" } });
  },
});

/** Tells of an adapter that went before it was asked to. Nothing of the user's is lost with it: breakpoints are the editor's. */
export const fallenAdapters: vscode.DebugAdapterTrackerFactory = {
  createDebugAdapterTracker(session) {
    const { t } = vscode.l10n;
    const name = path.basename(String(session.configuration.program));
    let isOver = false;
    const tell = async (how: string) => {
      if (isOver) return;
      isOver = true;
      await tellOfFall(session, how);
    };
    return {
      onWillReceiveMessage: ({ command }) => {
        isOver ||= command === "disconnect";
      },
      onDidSendMessage: ({ type, event }) => {
        isOver ||= type === "event" && event === "terminated";
      },
      onWillStopSession: () => {
        isOver = true;
      },
      onExit: (code) =>
        void tell(
          code === undefined
            ? t("The debugger of {0} was ended by the system, perhaps for want of memory.", name)
            : t("The debugger of {0} ended by itself (exit status {1}).", name, code),
        ),
    };
  },
};
