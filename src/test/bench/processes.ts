import { spawnSync } from "node:child_process";
import type { CaptureFile } from "./captures.ts";
import type { Result } from "./goals.ts";
import { ratios } from "./measure.ts";

/** Runs a program to its end, output discarded, and gives its milliseconds. Throws if it fails. */
export function runProcess(command: string, args: readonly string[]): number {
  const started = performance.now();
  const { status, error, stderr } = spawnSync(command, args, {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stderr.slice(0, 500)}`);
  return performance.now() - started;
}

/** The version of tshark, null if it is not installed. */
export function tsharkVersion(): string | null {
  const { status, stdout } = spawnSync("tshark", ["--version"], { encoding: "utf8" });
  return status === 0 ? (/\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? "unknown") : null;
}

/** Whole processes against tshark: our index against its plain reading, our verification against its decryption. */
export async function measureProcesses(
  captures: readonly CaptureFile[],
  scripts: { index: string; cli: string },
  rounds: number,
): Promise<Result[]> {
  const results: Result[] = [];
  const node = process.execPath;
  for (const { name, file, keys } of captures) {
    const index = () => runProcess(node, [scripts.index, file]);
    const verify = () => runProcess(node, [scripts.cli, "verify", file, "--keys", keys]);
    const plain = ["-n", "-r", file, "-q", "-z", "io,stat,0"];
    // Without the second option it stops decrypting at the first hole, and so would not do what verifying does.
    const decrypting = [...plain, "-o", `tls.keylog_file:${keys}`, "-o", "tcp.reassemble_out_of_order:TRUE"];
    results.push(
      {
        id: "P1",
        what: `open and index vs tshark, ${name}`,
        measured: await ratios(rounds, index, () => runProcess("tshark", plain)),
        floor: 4,
        aim: 6,
        unit: "x",
      },
      {
        id: "P3",
        what: `verify vs tshark decrypting, ${name}`,
        measured: await ratios(rounds, verify, () => runProcess("tshark", decrypting)),
        floor: 2.5,
        aim: 3.5,
        unit: "x",
      },
    );
  }
  return results;
}

/** Every event of a large capture as JSON lines, against verifying it alone. */
export async function measureLines(
  { name, file, keys }: CaptureFile,
  cli: string,
  rounds: number,
): Promise<Result[]> {
  const run = (...command: string[]) => runProcess(process.execPath, [cli, ...command, file, "--keys", keys]);
  const measured = await ratios(
    rounds,
    () => run("verify"),
    () => run("replay", "--json"),
  );
  return [
    {
      id: "P21",
      what: `replay --json vs verify, ${name}`,
      measured,
      floor: 5,
      aim: 3,
      unit: "x",
      isCeiling: true,
    },
  ];
}
