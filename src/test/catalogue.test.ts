import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { variantsIn } from "../cli/test-command.ts";
import { bugs } from "../core/bugs/catalogue.ts";
import { kernelById, kernels } from "../core/machine/generation.ts";
import type { Profile } from "../core/machine/profile.ts";
import { profileById } from "../core/profiles/all.ts";
import { outcomesOf } from "../judge/expectations.ts";
import { nodeEnvironment } from "../node/environment.ts";
import { Timeline } from "../replay/timeline.ts";
import { judge } from "../study/study.ts";
import { failuresOf, readTraceFile, runTest, traceUnder } from "../study/test-run.ts";
import type { Trace } from "../trace/trace.ts";
import { underIdOf } from "../trace/variant.ts";

/**
 * The catalogue of samples: every mechanism of the offload and every bug that the model knows, each caught by the
 * expect lines of a sample. A sample that would not notice the bug's return proves nothing, so the bugs are put back.
 */
const folder = "media/samples";
const samples = readdirSync(folder).filter((name) => name.endsWith(".tlstrace"));

/** The sample of the five-minute tour tells its story line by line. */
const tour = "retransmission-in-record.tlstrace";

const textOf = (sample: string): string => readFileSync(path.join(folder, sample), "utf8");

/** The sample with every device's profile replaced. */
const parsed = (sample: string, profileOf: (own: Profile) => Profile): Trace =>
  traceUnder(readTraceFile(nodeEnvironment, path.join(folder, sample)), { id: "replaced", profileOf });

const declared = (sample: string): Trace =>
  traceUnder(readTraceFile(nodeEnvironment, path.join(folder, sample)), null);

/** Expect lines that do not hold in a run, as `line: expected, got`. */
const failuresIn = (trace: Trace): string[] =>
  outcomesOf(judge(new Timeline(trace).runAll())).flatMap(({ expectation, expected, actual }) =>
    actual === null ? [] : [`${expectation.line}: expected ${expected}, got ${actual}`],
  );

/** What stands behind `under` in a sample, each id once. */
const idsIn = (sample: string): string[] => [
  ...new Set(declared(sample).expectations.flatMap(({ under }) => under)),
];

for (const sample of samples) {
  test(`${sample}: every expect line holds, under its own devices and every variant that it names`, async () => {
    const trace = declared(sample);
    assert.deepEqual(trace.diagnostics, []);
    assert.ok(trace.expectations.length > 0);
    for (const variant of variantsIn(path.join(folder, sample))) {
      const run = await runTest(nodeEnvironment, path.join(folder, sample), variant);
      assert.ok(run.cases.length > 0, `no expect line speaks of ${variant?.id}`);
      assert.deepEqual(failuresOf(run), [], variant?.id ?? "its own devices");
    }
  });

  test(`${sample}: its head says what happened, in which kernel or device, and where that is written down`, () => {
    const lines = textOf(sample).split("\n");
    const head = lines.slice(
      0,
      lines.findIndex((line) => !line.startsWith("#")),
    );
    assert.ok(head.length >= 3 || sample === tour, "at least three lines");
    assert.match(head.join("\n"), /\b(?=[0-9a-f]*\d)[0-9a-f]{7,12}\b|kernel\.md|\bissue \d+|\bRFC \d+/);
  });
}

/** True for a family with a bug, not for the path of a profile file. */
const isBroken = (id: string): boolean => profileById(id) !== null && id.includes("/");

/** A profile with a bug that passes for the one without: its expect lines speak of this run, too. */
const inDisguise = (broken: Profile, id: string): Profile => ({ ...broken, id });

for (const sample of samples) {
  for (const id of idsIn(sample).filter(isBroken)) {
    const { profile, kernel } = underIdOf(id, () => true)!;
    const fixed = profile!.slice(0, profile!.indexOf("/"));
    const onKernel = kernel === null ? "" : `@${kernel}`;

    test(`${sample}: without ${id} all holds, with the bug put back into ${fixed} it does not`, () => {
      assert.deepEqual(failuresIn(parsed(sample, () => profileById(fixed + onKernel)!)), []);
      const broken = parsed(sample, () => inDisguise(profileById(id)!, fixed));
      assert.notDeepEqual(failuresIn(broken), [], "the sample does not notice the bug");
    });
  }
}

test("every bug of the catalogue is shown by a sample", () => {
  const named = new Set(samples.flatMap(idsIn).flatMap((id) => id.split("@")[0]!.split("/")[1] ?? []));
  const missing = bugs.map(({ name }) => name).filter((name) => !named.has(name));
  assert.deepEqual(missing, []);
});

/** Kernel generation of an id behind `under`, null if it names none. */
const kernelIn = (id: string): string | null => underIdOf(id, () => true)!.kernel;

/** Older generations that the sample names, and that it expects something else of than of `id`. */
function olderThan(sample: string, id: string): string[] {
  const order = kernels.map((kernel) => kernel.id);
  const { expectations } = declared(sample);
  const named = new Set(idsIn(sample).flatMap((one) => kernelIn(one) ?? []));
  return order
    .slice(0, order.indexOf(kernelIn(id)!))
    .filter((older) => named.has(older))
    .filter((older) =>
      expectations.some(({ under }) => under.includes(id) && !under.some((one) => kernelIn(one) === older)),
    );
}

for (const sample of samples) {
  const ids = idsIn(sample).filter((id) => kernelIn(id) !== null && !id.includes("/"));
  for (const id of ids) {
    for (const older of olderThan(sample, id)) {
      test(`${sample}: what it expects under ${id} does not hold on ${older}`, () => {
        const { profile, kernel } = underIdOf(id, () => true)!;
        const old = { ...kernelById(older)!, id: kernel! };
        const trace = parsed(sample, (own) => ({
          ...(profile === null ? own : profileById(profile)!),
          kernel: old,
        }));
        assert.notDeepEqual(failuresIn(trace), [], "the sample does not tell the two kernels apart");
      });
    }
  }
}
