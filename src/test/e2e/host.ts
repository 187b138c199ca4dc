import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { get } from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The extension host since it was last asked; memory in MiB. */
export interface HostReport {
  pid: number;
  /** Resident memory of the process, as it stands: the editor's own garbage moves it by 30 and more. */
  rss: number;
  /** The same once all garbage is given back. */
  needed: number;
  /** What of it JavaScript holds: heap, buffers and what hangs on them. */
  held: number;
  /** The longest that it worked at a time, as a timer of 1 ms felt it. */
  longestMs: number;
  /** How long it worked. */
  activeMs: number;
  messages: Said[];
}

/** A message of the protocol as it passed the extension host. */
export interface Said {
  type: "request" | "response" | "event";
  name: string;
  /** Milliseconds as Date.now(). */
  at: number;
  /** The text of a stop. */
  text?: string;
}

/** The extension of the tests that watches the extension host it runs in. */
export class HostProbe {
  readonly vsix: string;
  private readonly folder: string;
  private readonly socket: string;

  /** `scratch`: a folder of the test's own. */
  constructor(scratch: string) {
    this.folder = path.join(scratch, "probe");
    this.vsix = path.join(scratch, "probe.vsix");
    this.socket = path.join(scratch, "probe.sock");
  }

  /** Makes an extension of it, which listens where the editor's environment says. */
  pack(): void {
    process.env.TLSTRACE_PROBE = this.socket;
    cpSync("src/test/e2e/probe", this.folder, { recursive: true });
    const vsce = path.resolve("node_modules/@vscode/vsce/vsce");
    const flags = ["--no-dependencies", "--allow-missing-repository", "--skip-license", "-o", this.vsix];
    const { status, stderr } = spawnSync(process.execPath, [vsce, "package", ...flags], {
      cwd: this.folder,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`the probe could not be packed: ${stderr}`);
  }

  /** Waits for the extension host, which comes up behind the window. */
  async report(): Promise<HostReport> {
    for (let left = 100; ; left--)
      try {
        return await this.ask();
      } catch (error) {
        if (left === 0) throw error;
        await sleep(200);
      }
  }

  private ask(): Promise<HostReport> {
    return new Promise((resolve, reject) => {
      const request = get({ socketPath: this.socket }, async (response) => {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text += chunk;
        resolve(JSON.parse(text));
      });
      request.on("error", reject);
    });
  }
}

/** A debug adapter's process, by /proc. */
export interface AdapterProcess {
  pid: number;
  /** The program and its arguments. */
  command: string[];
}

/** The adapters that an extension host has started. */
export function adaptersOf(host: number): AdapterProcess[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const read = (file: string) => readFileSync(path.join("/proc", name, file), "utf8");
      const parent = Number(
        read("stat")
          .replace(/^.*\) /s, "")
          .split(" ")[1],
      );
      const command = read("cmdline").split("\0").slice(0, -1);
      if (parent !== host || !command.includes("dap")) return [];
      return [{ pid: Number(name), command }];
    } catch {
      // It has gone meanwhile.
      return [];
    }
  });
}
