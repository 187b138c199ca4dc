import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Kernel, kernelById, kernels } from "../../core/machine/generation.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { profileById, profiles } from "../../core/profiles/all.ts";
import { effects } from "../../core/words/effect.ts";
import { type Coverage, noCoverage } from "./check.ts";
import { kernelChoices, type Setting } from "./generate.ts";
import { type FailedRun, minimise, settingOf, simulate } from "./simulation.ts";

const usage = `npm run simulate -- [--runs N] [--seed S] [--profile P] [--kernel K]

Plays N random traces (1000 unless given), each under one profile and one kernel generation, and checks the model after
every event. Run i has the seed S + i, and the seed says what it runs under, so --runs 1 --seed S repeats one. P alone
can be a broken variant as in a trace file (connectx/long-dump); K is ${kernels.map(({ id }) => id).join(", ")}, or none.
A failure leaves a small trace file.`;
const minimiseMs = 20_000;
/** So many runs over everything reach every effect. */
const completeRuns = 20_000;

/** Exit code: 0 all runs hold, 1 one does not, 2 bad usage. */
function main(): number {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "1000" },
      seed: { type: "string", default: String(Date.now() % 2 ** 31) },
      profile: { type: "string" },
      kernel: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  const chosen = values.profile === undefined ? profiles : [profileById(values.profile)];
  const generations = kernelsNamed(values.kernel);
  const usable = Number.isSafeInteger(runs) && runs > 0 && Number.isSafeInteger(seed) && seed >= 0;
  if (values.help || !usable || generations.length === 0 || !chosen.every((profile) => profile !== null)) {
    console.error(usage);
    return values.help ? 0 : 2;
  }
  return run(runs, seed, chosen, generations);
}

function kernelsNamed(name: string | undefined): readonly (Kernel | null)[] {
  if (name === undefined) return kernelChoices;
  if (name === "none") return [null];
  const kernel = kernelById(name);
  return kernel === null ? [] : [kernel];
}

function run(
  runs: number,
  seed: number,
  chosen: readonly Profile[],
  generations: readonly (Kernel | null)[],
): number {
  const coverage = noCoverage();
  const began = Date.now();
  console.log(`${runs} traces from seed ${seed} under ${chosen.map(({ id }) => id).join(", ")}`);
  for (let i = 0; i < runs; i++) {
    const setting = settingOf(seed + i, chosen, generations);
    const failed = simulate(seed + i, setting, coverage);
    if (failed) return report(failed, setting);
    if (process.stderr.isTTY && i % 100 === 99) process.stderr.write(`\r${i + 1} `);
  }
  const isComplete = runs >= completeRuns && chosen === profiles && generations === kernelChoices;
  const missing = reportCoverage(coverage);
  console.log(`${((Date.now() - began) / 1000).toFixed(1)} s`);
  return isComplete && missing > 0 ? 1 : 0;
}

/** What the runs came by; gives how many effects they should have come by and did not. */
function reportCoverage(coverage: Coverage): number {
  const { events, packets, bytes } = coverage;
  console.log(`every rule held: ${events} events, ${packets} packets with ${bytes} bytes`);
  const seen = Object.entries(coverage.effects).sort(([, a], [, b]) => b - a);
  console.log(seen.map(([name, count]) => `${count} ${name}`).join(", "));
  const missing = effects.map(({ name }) => name).filter((name) => !coverage.effects[name]);
  console.log(`never seen: ${missing.join(", ") || "none"}`);
  return missing.length;
}

function report(failed: FailedRun, { profile, kernel }: Setting): number {
  const { failure, trace, text } = minimise(failed, profile, minimiseMs);
  const under = `${profile.id}${kernel === null ? "" : `@${kernel.id}`}`;
  const file = path.join(tmpdir(), `simulation-${failed.seed}-${under.replaceAll("/", "-")}.tlstrace`);
  const [message] = failure.message.split("\n");
  const reason = `# Seed ${failed.seed} under ${under}: rule ${failure.rule} at event ${failure.event + 1}: ${message}\n`;
  writeFileSync(file, reason + text);
  console.log(`seed ${failed.seed} under ${under}: ${failure.rule}: ${failure.message}`);
  console.log(`smallest trace found, ${trace.events.count} events: ${file}`);
  return 1;
}

try {
  process.exitCode = main();
} catch (error) {
  // What parseArgs throws says which option it does not know.
  if (!String((error as { code?: unknown }).code).startsWith("ERR_PARSE_ARGS")) throw error;
  console.error(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
