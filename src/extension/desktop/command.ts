import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Run } from "../place.ts";

/** How much of what a command complains of is kept. */
const complaintMax = 4000;

/** Runs the command line in a process of its own; `take` gets each line of its output. */
export function runCommand(cli: string, args: readonly string[], take: (line: string) => void): Run {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    complaint = (complaint + chunk).slice(-complaintMax);
  });
  createInterface(child.stdout).on("line", take);
  const ended = new Promise<{ status: number | null; complaint: string }>((resolve) => {
    child.on("error", ({ message }) => resolve({ status: 2, complaint: message }));
    child.on("close", (status) => resolve({ status, complaint: complaint.trim() }));
  });
  // It needs no time to clean up: a file that it writes takes its name only when it is whole.
  return { ended, cancel: () => void child.kill("SIGKILL") };
}
