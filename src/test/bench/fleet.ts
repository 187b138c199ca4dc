import { appendFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import path from "node:path";
import { shapes, writeCapture } from "./captures.ts";
import type { Result } from "./goals.ts";
import { ratios } from "./measure.ts";
import { runProcess } from "./processes.ts";

/** Captures of the fleet, how many of them are different, and how many tshark reads: its time is proportional. */
const fleet = { files: 500, different: 20, byTshark: 20 };

/** Verifying 500 captures of 0.2 to 2 MB with one command, against a loop that starts tshark for each. */
export async function measureFleet(folder: string, cli: string, rounds: number): Promise<Result[]> {
  const place = mkdtempSync(path.join(folder, "fleet-"));
  const [captures, keys] = [path.join(place, "captures"), path.join(place, "keys")];
  for (const made of [captures, keys]) mkdirSync(made);
  const log = path.join(place, "all.log");
  const made = Array.from({ length: fleet.different }, (_, i) => {
    const shape = i % 2 === 0 ? shapes.clean : shapes.lossy;
    const capture = writeCapture(keys, { ...shape, name: `c${i}`, bytes: 200_000 + 90_000 * i }, i);
    appendFileSync(log, readFileSync(capture.keys));
    return capture.file;
  });
  const files = Array.from({ length: fleet.files }, (_, i) => path.join(captures, `c${i}.pcap`));
  for (const [i, file] of files.entries()) linkSync(made[i % made.length]!, file);
  const verify = () => runProcess(process.execPath, [cli, "verify", captures, "--keys-dir", keys, "--json"]);
  const options = ["-o", `tls.keylog_file:${log}`, "-o", "tcp.reassemble_out_of_order:TRUE"];
  const loop = () =>
    (files
      .slice(0, fleet.byTshark)
      .reduce(
        (sum, file) => sum + runProcess("tshark", ["-n", "-r", file, "-q", "-z", "io,stat,0", ...options]),
        0,
      ) *
      fleet.files) /
    fleet.byTshark;
  const measured = await ratios(rounds, verify, loop);
  const what = `${fleet.files} captures of 0.2 to 2 MB vs a tshark each`;
  return [{ id: "P19", what, measured, floor: 10, aim: 20, unit: "x" }];
}
