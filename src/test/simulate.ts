import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Profile } from "../core/profile.ts";
import { profiles } from "../core/profiles/all.ts";
import { noCoverage } from "./check.ts";
import { textOf } from "./generate.ts";
import { type FailedRun, minimise, simulate } from "./simulation.ts";

const usage = `npm run simulate -- [--runs N] [--seed S] [--profile P]

Plays N random traces (1000 unless given) under every profile, or under P alone, and checks the model after every
event. Run i has the seed S + i, so --runs 1 --seed S repeats one. A failure leaves a small trace file.`;
const minimiseMs = 20_000;

/** Exit code: 0 all runs hold, 1 one does not, 2 bad usage. */
function main(): number {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "1000" },
      seed: { type: "string", default: String(Date.now() % 2 ** 31) },
      profile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  const chosen = profiles.filter(({ id }) => values.profile === undefined || id === values.profile);
  const usable = Number.isSafeInteger(runs) && runs > 0 && Number.isSafeInteger(seed);
  if (values.help || !usable || chosen.length === 0) {
    console.error(usage);
    return values.help ? 0 : 2;
  }
  return run(runs, seed, chosen);
}

function run(runs: number, seed: number, chosen: readonly Profile[]): number {
  const coverage = noCoverage();
  const began = Date.now();
  const titles = chosen.map(({ id }) => id).join(" and ");
  console.log(`${runs} traces from seed ${seed} under ${titles}`);
  for (let i = 0; i < runs; i++) {
    for (const profile of chosen) {
      const failed = simulate(seed + i, profile, coverage);
      if (failed) return report(failed, profile);
    }
    if (process.stderr.isTTY && i % 100 === 99) process.stderr.write(`\r${i + 1} `);
  }
  const effects = Object.entries(coverage.effects).sort(([, a], [, b]) => b - a);
  console.log(
    `every rule held: ${coverage.events} events, ${coverage.packets} packets with ${coverage.bytes} bytes`,
  );
  console.log(effects.map(([name, count]) => `${count} ${name}`).join(", "));
  console.log(`${((Date.now() - began) / 1000).toFixed(1)} s`);
  return 0;
}

function report(failed: FailedRun, profile: Profile): number {
  const { failure, story } = minimise(failed, profile, minimiseMs);
  const file = path.join(tmpdir(), `simulation-${failed.seed}-${profile.id}.tlstrace`);
  const reason = `# Seed ${failed.seed} under ${profile.id}: rule ${failure.rule} at event ${failure.event + 1}: ${failure.message}\n`;
  writeFileSync(file, reason + textOf(story));
  console.log(`seed ${failed.seed} under ${profile.id}: ${failure.rule}: ${failure.message}`);
  console.log(`smallest trace found, ${story.events.length} events: ${file}`);
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
