import assert from "node:assert/strict";
import { test } from "node:test";
import { bugs } from "../../core/bugs/catalogue.ts";
import { kernelById } from "../../core/machine/generation.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { profiles } from "../../core/profiles/all.ts";
import { type Coverage, failuresOf, laws, noCoverage } from "./check.ts";
import { generate, readStory, type Setting } from "./generate.ts";
import { brokenBy } from "./simulation.ts";

const triesMax = 1500;
/** Where a variant makes no difference it must make none: so many stories are played. */
const idleRuns = 3;

for (const bug of bugs) {
  const { name, isIn, shows, kernel } = bug;
  test(`${name}: caught where it applies, and only there`, () => {
    for (const profile of profiles) {
      const setting = { profile, kernel: kernel === undefined ? null : kernelById(kernel) };
      const broken = brokenBy(profile, name);
      if (isIn(profile)) catchIn(setting, broken, shows);
      else idleIn(setting, broken);
    }
  });
}

/** Plays stories until one breaks a rule, and one has the model say so; unbroken, each of them is right and silent. */
function catchIn(setting: Setting, broken: Profile, says: string | undefined): void {
  const rules = new Set<string>();
  let said = says === undefined;
  for (let seed = 1; seed <= triesMax; seed++) {
    const story = generate(seed, setting);
    const coverage = noCoverage();
    const failures = failuresOf(readStory(story, broken), 1000, coverage);
    const untrue = failures.filter(({ rule }) => laws.includes(rule));
    assert.deepEqual(
      untrue.slice(0, 1),
      [],
      `${broken.id}, seed ${seed}: what the model says of it is not true`,
    );
    for (const { rule } of failures) rules.add(rule);
    if (failures.length === 0) continue;
    const unbroken = noCoverage();
    assert.deepEqual(failuresOf(readStory(story, setting.profile), 1, unbroken), [], `seed ${seed}`);
    said ||= countOf(coverage, says!) > countOf(unbroken, says!);
    if (said) return;
  }
  assert.fail(
    `${broken.id} was ${rules.size > 0 ? `caught by ${[...rules]}, but never said ${says}` : "not caught"}`,
  );
}

const countOf = ({ effects }: Coverage, name: string): number => effects[name] ?? 0;

function idleIn(setting: Setting, broken: Profile): void {
  for (let seed = 1; seed <= idleRuns; seed++) {
    const failures = failuresOf(readStory(generate(seed, setting), broken), 1);
    assert.deepEqual(failures, [], `${broken.id} makes a difference, seed ${seed}`);
  }
}
