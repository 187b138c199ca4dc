import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { WorkbenchInstall } from "../../../start/workbench-install.ts";

/** A site that serves an editor which has nothing but the browser. */
export interface Site {
  url: string;
  stop(): Promise<void>;
}

/** What the site serves besides the editor. */
interface Served {
  /** The extension as it is installed. */
  extension: string;
  /** The folder that is open. */
  folder: string;
  settings: object;
}

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".cjs": "text/javascript",
  ".css": "text/css",
  ".html": "text/html",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

const script = "out/vs/code/browser/workbench/workbench.js";

/** VS Code for the Web: static files of an install whose own server does not run, and a folder to open. */
export async function serveSite(
  install: WorkbenchInstall,
  { extension, folder, settings }: Served,
): Promise<Site> {
  const editor = path.resolve(path.dirname(install.entry), "../../lib/vscode");
  const workbench = serverless(readFileSync(path.join(editor, script), "utf8"));
  const roots: Readonly<Record<string, string>> = {
    editor,
    extension,
    mount: path.resolve("src/test/e2e/web/mount"),
    files: folder,
  };
  const server = createServer((request, response) => {
    const { pathname, search } = addressOf(request);
    if (pathname === "/") return send(response, ".html", pageOf(request.headers.host!, settings));
    if (pathname === `/editor/${script}`) return send(response, ".js", workbench);
    const [, root = "", below = ""] = /^\/([^/]+)(.*)$/s.exec(pathname) ?? [];
    try {
      serveFile(response, path.join(roots[root]!, path.normalize(`/${below}`)), search);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections());
  // Workers may import scripts of this name, of all that are not encrypted.
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, stop };
}

function addressOf({ url, headers }: IncomingMessage): { pathname: string; search: string } {
  const { pathname, search } = new URL(url!, `http://${headers.host}`);
  return { pathname: decodeURIComponent(pathname), search };
}

function serveFile(response: ServerResponse, file: string, search: string): void {
  const state = statSync(file);
  if (search === "?state")
    send(response, ".json", JSON.stringify({ isFolder: state.isDirectory(), size: state.size }));
  else if (search === "?names") {
    const entries = readdirSync(file, { withFileTypes: true });
    send(response, ".json", JSON.stringify(entries.map((each) => [each.name, each.isDirectory()])));
  } else send(response, path.extname(file), readFileSync(file));
}

const send = (response: ServerResponse, ending: string, content: string | Buffer): void =>
  void response.writeHead(200, { "Content-Type": types[ending] ?? "application/octet-stream" }).end(content);

/** The install's workbench looks for its server: for the machine's files, and for its own settings. */
function serverless(workbench: string): string {
  const changes: readonly (readonly [RegExp, string])[] = [
    [/remoteAuthority:location\.host/g, "remoteAuthority:void 0"],
    [/(\.file\(this\.userDataPath\)\.with\(\{scheme:\w+)\.vscodeRemote/g, "$1.vscodeUserData"],
  ];
  return changes.reduce((text, [of, to]) => {
    assert.equal(text.match(of)?.length, 1, `${of} in the workbench of another version`);
    return text.replace(of, to);
  }, workbench);
}

/** The editor's page: extensions come over HTTP, as from a marketplace; nothing else is asked of anybody. */
function pageOf(host: string, settings: object): string {
  const own = (name: string) => ({ scheme: "http", authority: host, path: `/${name}` });
  const configuration = {
    folderUri: { scheme: "mount", path: "/" },
    additionalBuiltinExtensions: [own("mount"), own("extension")],
    configurationDefaults: settings,
    webviewEndpoint: `http://${host}/editor/out/vs/workbench/contrib/webview/browser/pre`,
    productConfiguration: { enableTelemetry: false },
    // What this install's workbench asks for.
    userDataPath: "/",
    isEnabledFileDownloads: true,
    isEnabledFileUploads: true,
    isEnabledCoderGettingStarted: false,
  };
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta id="vscode-workbench-web-configuration" data-settings="${JSON.stringify(configuration).replaceAll('"', "&quot;")}">
<link rel="stylesheet" href="/editor/out/vs/code/browser/workbench/workbench.css">
</head>
<body aria-label=""></body>
<script>globalThis._VSCODE_FILE_ROOT = location.origin + "/editor/out/";</script>
<script type="module" src="/editor/out/nls.messages.js"></script>
<script type="module" src="/editor/${script}"></script>
</html>`;
}
