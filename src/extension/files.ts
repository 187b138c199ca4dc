import * as vscode from "vscode";
import type { SampleIndex } from "../node/samples.ts";
import type { Reader } from "../web/read-ahead.ts";

const extensionId = "tls-offload-debugger.tls-offload-debugger";

/** Where the extension's own files are: of a disk, or of the web. */
const own = (...names: string[]): vscode.Uri =>
  vscode.Uri.joinPath(vscode.extensions.getExtension(extensionId)!.extensionUri, ...names);

export const samplesFolder = (): vscode.Uri => own("media", "samples");

let known: Promise<SampleIndex> | null = null;

/** What the samples are, as it was written down when the extension was built. */
export function sampleIndex(): Promise<SampleIndex> {
  known ??= readIndex();
  return known;
}

const readIndex = async (): Promise<SampleIndex> =>
  JSON.parse(new TextDecoder().decode(await vscode.workspace.fs.readFile(own("dist", "samples.json"))));

/** Files as the editor reads them, wherever they are: of its disk, of a repository, of the web. */
export const files: Reader = {
  size: async (path) => (await vscode.workspace.fs.stat(uriOf(path))).size,
  read: async (path) => vscode.workspace.fs.readFile(uriOf(path)),
  list: async (folder) => {
    const uri = uriOf(folder);
    // What lies beside a trace of somebody who is not trusted is not looked at.
    if (!vscode.workspace.isTrusted && !`${uri}/`.startsWith(`${samplesFolder()}/`)) return [];
    // What is fetched has no folders.
    if (/^https?$/.test(uri.scheme)) return samplesIn(uri);
    const entries = await vscode.workspace.fs.readDirectory(uri);
    return entries.flatMap(([name, type]) => (type & vscode.FileType.File ? [name] : []));
  },
};

/** The address of what a plain path names. */
export function uriOf(path: string): vscode.Uri {
  const [, scheme, authority = "", below = ""] =
    /^([a-z][\w+.-]+):(?:\/\/([^/]*))?(\/.*)$/is.exec(path) ?? [];
  return scheme === undefined ? vscode.Uri.file(path) : vscode.Uri.from({ scheme, authority, path: below });
}

/** The names of the samples of a folder; none of any other. */
async function samplesIn(folder: vscode.Uri): Promise<string[]> {
  const root = `${samplesFolder()}/`;
  if (!folder.toString().startsWith(root)) return [];
  const below = folder.toString().slice(root.length);
  const { files: all } = await sampleIndex();
  return all.flatMap((name) => (name.startsWith(below) ? [name.slice(below.length)] : []));
}
