import path from "node:path";
import * as vscode from "vscode";

/**
 * The adapter as a process of its own: the command that serves every other editor, too. What it does with a large
 * capture takes nothing from the editor's extensions, neither time nor memory, and it may fall without them. The program
 * that runs extensions runs it as a plain Node.js where it is told so. Keys go through its input, never as arguments.
 */
export const adapterProcess = (
  command: string,
  folders: () => readonly string[],
): vscode.DebugAdapterDescriptorFactory => ({
  createDebugAdapterDescriptor: () =>
    new vscode.DebugAdapterExecutable(process.execPath, [command, "dap", "--workspace", ...folders()], {
      env: { ELECTRON_RUN_AS_NODE: "1" },
    }),
});

const again = "Debug Again";

/** Tells of an adapter that went before it was asked to. Nothing of the user's is lost with it: breakpoints are the editor's. */
export const fallenAdapters: vscode.DebugAdapterTrackerFactory = {
  createDebugAdapterTracker({ configuration, workspaceFolder }) {
    let isOver = false;
    const tell = async (how: string) => {
      if (isOver) return;
      isOver = true;
      const name = path.basename(String(configuration.program));
      const answer = await vscode.window.showErrorMessage(
        `The debugger of ${name} ${how}. Breakpoints are kept; please report it with the file, if you can share it.`,
        again,
      );
      if (answer === again) await vscode.debug.startDebugging(workspaceFolder, configuration);
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
            ? "was ended by the system, perhaps for want of memory"
            : `ended by itself (exit status ${code})`,
        ),
    };
  },
};
