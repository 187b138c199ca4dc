import { spawn } from "node:child_process";
import * as vscode from "vscode";
import type { LanguagePlace } from "../place.ts";

/** The language server that any editor can run, as a process of its own. */
export const languageProcess = (cli: string): LanguagePlace => ({
  schemes: () => ["file", "untitled"],
  begin: async () => {
    // The program that runs extensions runs it as a plain Node.js where it is told so.
    const alone = vscode.workspace.isTrusted ? [] : ["--only-documents"];
    const child = spawn(process.execPath, [cli, "lsp", ...alone], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    return { streams: { output: child.stdout, input: child.stdin }, end: () => void child.kill() };
  },
  beside: null,
});
