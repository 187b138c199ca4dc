// npm run bench [-- --captures DIR] [-- --rounds N] [-- --part WORD]: the speed goals as ratios measured in one run, each against its
// floor. Ends with 1 only if a part of it could not run; a missed floor is printed, because machines differ.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { type CaptureFile, recorded, type Shape, shapes, writeCapture } from "./bench/captures.ts";
import { measureFleet } from "./bench/fleet.ts";
import { type LeftOut, type Result, tableOf } from "./bench/goals.ts";
import { measurePictures } from "./bench/pictures.ts";
import { measureLines, measureProcesses, tsharkVersion } from "./bench/processes.ts";
import { measureFirstStop, measureFloor, measureReading, openCapture } from "./bench/reading.ts";
import { measureByteSeek, measureReplay } from "./bench/replaying.ts";
import { measureRetained } from "./bench/retained.ts";
import { measureSearches } from "./bench/searching.ts";
import { measureWriting } from "./bench/writing.ts";

const { values: flags } = parseArgs({
  options: {
    captures: { type: "string" },
    rounds: { type: "string", default: "5" },
    part: { type: "string" },
  },
});
const rounds = Math.max(1, Number(flags.rounds) || 5);
/** tshark takes ten seconds for a gigabyte. */
const roundsOfLarge = 3;
const results: Result[] = [];
const leftOut: LeftOut[] = [];
let failures = 0;

const say = (text: string) => process.stderr.write(`${text}\n`);

/** With --part only those parts run whose names have the word. */
const isAsked = (name: string): boolean => flags.part === undefined || name.includes(flags.part);

/** Parts that need no capture. */
async function measureModel(): Promise<void> {
  await part("replay", async () => measureReplay(rounds));
  await part("search", async () => measureSearches(rounds));
  await part("pictures", async () => measurePictures(rounds));
  await part("a trace that is written", () => measureWriting(rounds));
}

/** Runs one part; what it throws is told and the other parts still run. */
async function part(name: string, job: () => Promise<Result[]>): Promise<void> {
  if (!isAsked(name)) return;
  say(`${name} ...`);
  try {
    results.push(...(await job()));
  } catch (error) {
    failures++;
    say(`  could not run: ${error instanceof Error ? error.stack : error}`);
  }
}

/** A capture of the folder given, else one written from a seed. */
function capture(folder: string, shape: Shape, seed: number): CaptureFile {
  if (flags.captures !== undefined) {
    const found = recorded(path.resolve(flags.captures), shape.name);
    if (found) return found;
    leftOut.push({
      id: shape.name,
      why: `${flags.captures} has no ${shape.name}.pcap and .keys: one made from a seed stands in`,
    });
  }
  return writeCapture(folder, shape, seed);
}

/** The index alone as a program of its own, as small as a user's would be. */
async function bundleIndex(): Promise<string> {
  const outfile = path.resolve("out/test/bench/index-only.mjs");
  await build({
    entryPoints: ["src/test/bench/index-only.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
  });
  return outfile;
}

async function measure(folder: string): Promise<void> {
  say("writing captures ...");
  const clean = capture(folder, shapes.clean, 1);
  const lossy = capture(folder, shapes.lossy, 2);
  const large = capture(folder, shapes.large, 4);
  const cli = path.resolve("dist/cli.js");
  const version = tsharkVersion();
  if (version === null) {
    leftOut.push({ id: "P1, P3, P19", why: "tshark is not installed" });
  } else {
    const scripts = { index: await bundleIndex(), cli };
    await part(`whole processes against tshark ${version}`, async () => [
      ...(await measureProcesses([clean, lossy], scripts, rounds)),
      ...(await measureProcesses([large], scripts, Math.min(rounds, roundsOfLarge))),
    ]);
    await part("a fleet", () => measureFleet(folder, cli, rounds));
  }
  await part("a large capture", async () => [
    ...(await measureFloor(large, Math.min(rounds, roundsOfLarge))),
    ...(await measureLines(large, cli, Math.min(rounds, roundsOfLarge))),
  ]);
  await part("reading in this process", async () => [
    ...(await measureReading(clean, rounds)),
    ...(await measureReading(lossy, rounds)),
    ...(await measureFirstStop(lossy, rounds)),
  ]);
  await part("seek with bytes", async () => {
    const { timeline, close } = await openCapture(lossy);
    const found = measureByteSeek(timeline, rounds);
    close();
    return found;
  });
  await part("retained memory", () => measureRetained(folder));
}

const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
await measureModel();
if (flags.part === undefined || !["replay", "search", "a trace that is written"].some(isAsked))
  await measure(folder);
results.sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
for (const line of tableOf(results)) console.log(line);
for (const { id, why } of leftOut) console.log(`left out: ${id}: ${why}`);
process.exitCode = failures > 0 ? 1 : 0;
