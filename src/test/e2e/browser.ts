import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser that the tests drive: TLSTRACE_CHROMIUM, else one in the path; where apt is at hand it is installed first. */
export function findBrowser(): string {
  const found = process.env.TLSTRACE_CHROMIUM ?? inPath();
  if (found !== undefined) return found;
  if (existsSync("/usr/bin/apt-get") && process.getuid?.() === 0) {
    console.error("installing chromium (about 400 MB) ...");
    apt("update");
    apt("install", "-y", "--no-install-recommends", "chromium");
  }
  const installed = inPath();
  if (installed !== undefined) return installed;
  throw new Error("the browser tests need Chromium or Chrome: install one, or name it in TLSTRACE_CHROMIUM");
}

function apt(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", "ignore", "inherit"], env });
}

function inPath(): string | undefined {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const candidates = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return candidates.find((file) => existsSync(file));
}

/** Starts it headless, with no way out to the network but the loopback address. */
export function launchBrowser(executablePath: string): Promise<Browser> {
  const quiet = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  const closed = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost";
  return chromium.launch({
    executablePath,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", ...quiet, closed],
  });
}
