import { type ChildProcess, execFileSync, type StdioOptions, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type WorkbenchInstall, workbenchEnvironment } from "./workbench-install.ts";

/** How a workbench in the browser is to be served. */
export interface ServeOptions {
  /** Settings, extensions and the log go here; a fresh folder is a fresh user. */
  profile: string;
  /** The folder that the workbench opens. */
  folder: string;
  extensions: readonly string[];
  /** Asked for on the first page; null = none, for tests. */
  password: string | null;
  settings: Record<string, unknown>;
  /** True: the folder is trusted by nobody until the user says so. */
  isRestricted?: boolean;
}

/** A workbench that listens on the loopback address. */
export interface ServedWorkbench {
  url: string;
  /** Ends the server and all that it started. */
  stop(): Promise<void>;
  /** Resolves when the server has ended, by itself or by `stop`. */
  ended: Promise<void>;
}

const startTimeMs = 60_000;

/** Installs the extensions into a profile and serves VS Code on a free port of 127.0.0.1. */
export async function serveWorkbench(
  install: WorkbenchInstall,
  options: ServeOptions,
): Promise<ServedWorkbench> {
  const { profile, folder, extensions, password } = options;
  writeSettings(options);
  const logFile = path.join(profile, "server.log");
  const log = openSync(logFile, "a");
  const stdio: StdioOptions = ["ignore", log, log];
  const env = { ...workbenchEnvironment(install), ...(password === null ? {} : { PASSWORD: password }) };
  const places = { "user-data-dir": "user", "extensions-dir": "extensions", config: "config.yaml" };
  const profileFlags = Object.entries(places).flatMap(([flag, name]) => [
    `--${flag}`,
    path.join(profile, name),
  ]);
  const command = [install.entry, ...profileFlags];
  const installs = extensions.flatMap((file) => ["--install-extension", file]);
  execFileSync(install.node, [...command, ...installs], { env, stdio });
  const port = await freePort();
  const access = ["--auth", password === null ? "none" : "password", "--bind-addr", `127.0.0.1:${port}`];
  // A process group of its own: the extension host outlives a plain kill of the server by more than a minute.
  const trust = options.isRestricted ? [] : ["--disable-workspace-trust"];
  const server = spawn(install.node, [...command, ...access, ...quietFlags, ...trust, folder], {
    env,
    stdio,
    detached: true,
  });
  closeSync(log);
  const served = { url: `http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`, ...lifeOf(server) };
  await listening(server, port, logFile);
  return served;
}

const quietFlags = ["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"];

function writeSettings({ profile, settings }: ServeOptions): void {
  const folder = path.join(profile, "user/User");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "settings.json"), JSON.stringify(settings, null, 2));
}

function lifeOf(server: ChildProcess): Pick<ServedWorkbench, "stop" | "ended"> {
  const signal = (name: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(-server.pid!, name);
    } catch {
      return false;
    }
  };
  const kill = () => signal("SIGKILL");
  process.once("exit", kill);
  const stop = async () => {
    signal("SIGTERM");
    for (let i = 0; i < 40 && signal(0); i++) await sleep(50);
    kill();
    process.off("exit", kill);
  };
  return { stop, ended: new Promise((resolve) => server.once("exit", () => resolve())) };
}

async function listening(server: ChildProcess, port: number, log: string): Promise<void> {
  const until = Date.now() + startTimeMs;
  while (!(await answers(port))) {
    if (Date.now() > until || server.exitCode !== null)
      throw new Error(`code-server did not start; see ${log}`);
    await sleep(50);
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path: "/healthz" }, (response) => {
      response.resume();
      resolve(true);
    });
    request.on("error", () => resolve(false));
  });

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
