import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";

/** What makes an editor ready. */
export interface Setup {
  /** The documented configuration. */
  init: string;
  /** The folder of its debugger's client; empty if the package manager has put it where it belongs. */
  plugin: string;
}

/** Where an editor's user looks while he debugs: the text of the buffer, not what the adapter said. */
export interface Shown {
  /** The buffer's file, or its name. */
  name: string;
  line: number;
  /** The line's text. */
  text: string;
}

/** An editor that runs, with its debugger's client, asked what its user sees and told what he does. */
export interface Driven {
  /** Opens a file, or a capture by the command of the documented configuration. */
  debug(file: string): Promise<void>;
  at(): Promise<Shown>;
  /** The text of the variables' view. */
  variables(): Promise<string>;
  /** The text of the console and of what the debugger wrote. */
  console(): Promise<string>;
  /** Types a line into the console. */
  type(line: string): Promise<void>;
  /** Puts a breakpoint on a line of the buffer that is shown, or takes it away. */
  breakpoint(line: number): Promise<void>;
  /** The editor's own command for *continue*. */
  goOn(): Promise<void>;
  /** Ends the session that is being debugged. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Longer than any editor takes for anything. */
const patienceMs = 30_000;
const pauseMs = 100;

/** Waits until what is shown is as wanted; the last error, or what was shown last, tells why it never was. */
export async function until<Value>(
  show: () => Promise<Value>,
  is: (shown: Value) => boolean,
  what: string,
): Promise<Value> {
  const end = Date.now() + patienceMs;
  let last = "";
  for (;;) {
    try {
      const shown = await show();
      if (is(shown)) return shown;
      last = typeof shown === "string" ? shown : JSON.stringify(shown);
    } catch (error) {
      last = String(error);
    }
    if (Date.now() > end) throw new Error(`${what} did not come; what is shown:\n${last}`);
    await setTimeout(pauseMs);
  }
}

/** Starts an editor in a terminal of 160 columns and 50 lines. */
export function inTerminal(command: string, env: NodeJS.ProcessEnv): ChildProcess {
  const terminal = ["-qfc", `stty rows 50 cols 160; exec ${command}`, "/dev/null"];
  return spawn("script", terminal, { stdio: ["pipe", "ignore", "ignore"], env });
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await gone;
}
