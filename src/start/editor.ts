import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { UserError } from "../trace/platform.ts";
import { serveWorkbench } from "./code-server.ts";
import {
  installNote,
  installWorkbench,
  isInstalled,
  type WorkbenchInstall,
  workbenchInstall,
} from "./workbench-install.ts";

const vsix = "tls-offload-debugger.vsix";

/** Settings of the browser workbench: nothing in the way of the samples, nothing that calls out. */
const settings = {
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "debug.inlineValues": "on",
};

/**
 * Opens VS Code with this extension on a copy of the samples: the desktop's `code` if there is one, else VS Code served
 * to the browser until Ctrl-C. To be called in the repository. Throws UserError if the user does not want the download.
 */
export async function openEditor(): Promise<void> {
  buildVsix();
  const folder = copyOfSamples();
  if (hasDesktopCode()) return openDesktop(folder);
  const install = workbenchInstall();
  await agreeToInstall(install);
  installWorkbench(install);
  await openInBrowser(install, folder);
}

function buildVsix(): void {
  console.error("packing the extension ...");
  execFileSync(process.execPath, ["esbuild.mjs", "package"], { stdio: ["ignore", "ignore", "inherit"] });
}

/** The samples are copied, so that what is tried out in them does not change the repository. */
function copyOfSamples(): string {
  const folder = path.resolve(".e2e/samples");
  mkdirSync(folder, { recursive: true });
  cpSync("media/samples", folder, { recursive: true });
  return folder;
}

const isWindows = process.platform === "win32";

function hasDesktopCode(): boolean {
  return spawnSync("code", ["--version"], { stdio: "ignore", shell: isWindows }).status === 0;
}

function openDesktop(folder: string): void {
  const options = { stdio: "inherit", shell: isWindows } as const;
  execFileSync("code", ["--install-extension", vsix, "--force"], options);
  execFileSync("code", [folder, path.join(folder, "retransmission-in-record.tlstrace")], options);
  console.error("VS Code is open on the samples: press F5 on one of them.");
}

/** Asks before anything is fetched; without a terminal nobody can answer, and asking for the editor was the answer. */
async function agreeToInstall(install: WorkbenchInstall): Promise<void> {
  if (isInstalled(install)) return;
  console.error(`This needs ${installNote}, kept in ${install.folder}.`);
  if (!process.stdin.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question("Fetch it now? [Y/n] ");
  terminal.close();
  if (/^n/i.test(answer.trim()))
    throw new UserError("nothing was fetched; with a desktop `code` in the path none of it is needed");
}

async function openInBrowser(install: WorkbenchInstall, folder: string): Promise<void> {
  const profile = path.join(install.folder, "profile");
  rmSync(path.join(profile, "extensions"), { recursive: true, force: true });
  const password = randomBytes(9).toString("base64url");
  const served = await serveWorkbench(install, {
    profile,
    folder,
    extensions: [path.resolve(vsix)],
    password,
    settings,
  });
  console.log(
    `VS Code:  ${served.url}\nPassword: ${password}\nOpen a sample there and press F5. Ctrl-C here stops it.`,
  );
  process.once("SIGINT", () => void served.stop());
  process.once("SIGTERM", () => void served.stop());
  await served.ended;
}
