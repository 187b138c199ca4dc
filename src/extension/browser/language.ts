import * as vscode from "vscode";
import { profilesBeside } from "../../web/read-ahead.ts";
import { files } from "../files.ts";
import type { LanguagePlace } from "../place.ts";
import type { Workers } from "./workers.ts";

/** Where files may be in a browser: a disk, a repository, the extension's own samples. */
const usual = ["file", "untitled", "vscode-vfs", "http", "https"];

/** The language server in a worker. */
export const languageWorker = (workers: Workers, version: string): LanguagePlace => ({
  schemes: () => {
    const folders = vscode.workspace.workspaceFolders ?? [];
    return [...new Set([...usual, ...folders.map(({ uri }) => uri.scheme)])];
  },
  begin: async () => workers.begin({ task: "language", version }, (how) => console.error(how)),
  beside: (document) => profilesBeside(files, document),
});
