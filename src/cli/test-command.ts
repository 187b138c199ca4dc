import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { kernels } from "../core/machine/generation.ts";
import { profileAmong, profiles } from "../core/profiles/all.ts";
import { nodeEnvironment } from "../node/environment.ts";
import { fileUri } from "../node/file-uri.ts";
import { tracePaths } from "../node/trace-paths.ts";
import { Timeline } from "../replay/timeline.ts";
import { junitOf } from "../report/junit.ts";
import { sarifOf } from "../report/sarif.ts";
import { tapHead, tapOf } from "../report/tap.ts";
import { profilesBeside } from "../study/subject.ts";
import { failuresOf, readTraceFile, runTest, type TestRun } from "../study/test-run.ts";
import { withMissing } from "../study/test-update.ts";
import { UserError } from "../trace/platform.ts";
import { type Variant, variantOf, variantsOf } from "../trace/variant.ts";
import { variantOfFlag } from "./flags.ts";
import { exitStatus, print } from "./output.ts";

export interface TestFlags {
  profile?: string;
  allProfiles?: true;
  allKernels?: true;
  junit?: string;
  sarif?: string;
  update?: true;
}

/** `tlstrace test PATH…`: traces as regression tests. */
export async function test(paths: string[], flags: TestFlags): Promise<void> {
  const files = tracePaths(paths);
  const asked = askedFor(flags);
  if (flags.update) for (const file of files) update(file, asked ?? [null]);
  const runs: TestRun[] = [];
  const told = new Set<string>();
  const jobs = files.flatMap((file) => (asked ?? variantsIn(file)).map((variant) => ({ file, variant })));
  await print(tapHead(jobs.length));
  for (const { file, variant } of jobs) {
    const run = await runTest(nodeEnvironment, file, variant);
    runs.push(run);
    tell(run, told);
    await print(tapOf(run, runs.length));
  }
  if (flags.junit !== undefined) save(flags.junit, junitOf(runs));
  if (flags.sarif !== undefined) save(flags.sarif, sarifOf(runs, fileUri));
  const failures = runs.flatMap(failuresOf);
  if (failures.some(({ rule }) => rule === "file-unreadable")) process.exitCode = exitStatus.unusable;
  else if (failures.length > 0) process.exitCode = exitStatus.wrong;
}

/** What every file is to run under; null = nothing is said, each file knows itself. */
function askedFor({ profile, allProfiles, allKernels }: TestFlags): Variant[] | null {
  if (allProfiles) return profiles.map(({ id }) => variantOfFlag(id));
  if (allKernels) return kernels.map(({ id }) => variantOfFlag(id));
  return profile === undefined ? null : [...new Set(profile.split(","))].map(variantOfFlag);
}

/** What a trace runs under by itself: its own devices' profiles (null), then each variant that its expect lines name. */
export function variantsIn(file: string): (Variant | null)[] {
  try {
    const beside = profilesBeside(nodeEnvironment, file);
    const trace = readTraceFile(nodeEnvironment, file, null, beside);
    const find = (word: string) => beside(word) ?? profileAmong([...trace.profileFiles.values()], word);
    return [null, ...variantsOf(trace).flatMap((id) => variantOf(id, find) ?? [])];
  } catch (error) {
    if (error instanceof UserError) return [null];
    throw error;
  }
}

/** Failures and remarks on stderr in the form that problem matchers read; what is wrong under every profile is told once. */
function tell(run: TestRun, told: Set<string>): void {
  const lines = run.remarks.map(
    ({ severity, message, line }) => `${place(run.file, line)}: ${severity}: ${message}`,
  );
  for (const { rule, line, failure } of failuresOf(run)) {
    const under = rule === "expectation-failed" && run.profile !== null ? ` (under ${run.profile})` : "";
    lines.push(`${place(run.file, line)}: error: ${failure}${under}`);
  }
  for (const line of lines) {
    if (!told.has(line)) process.stderr.write(`${line}\n`);
    told.add(line);
  }
}

const place = (file: string, line: number | null | undefined): string => (line ? `${file}:${line}` : file);

/** Adds missing expect lines to a file; leaves one alone that cannot be read without errors, for the test to say why. */
function update(file: string, under: readonly (Variant | null)[]): void {
  const timelines: Timeline[] = [];
  for (const variant of under) {
    const trace = readable(file, variant && namedBeside(file, variant));
    if (trace === null) return;
    timelines.push(new Timeline(trace).runAll());
  }
  const { text, added } = withMissing(readFileSync(file, "utf8"), timelines, under[0] === null);
  if (added === 0) return;
  save(file, text);
  process.stderr.write(`${file}: ${added} expect line${added === 1 ? "" : "s"} added\n`);
}

/** The variant whose file's path, given from where the command runs, is as the trace has to say it. */
const namedBeside = (file: string, { id, profileOf }: Variant): Variant => ({
  id,
  profileOf(own) {
    const profile = profileOf(own);
    if (profile.word === undefined || profile.word === own.word || path.isAbsolute(profile.word))
      return profile;
    const word = path.relative(path.dirname(file), profile.word);
    return { ...profile, word: word.startsWith(".") ? word : `./${word}` };
  },
});

function readable(file: string, variant: Variant | null) {
  try {
    const trace = readTraceFile(nodeEnvironment, file, variant);
    return trace.diagnostics.some(({ severity }) => severity === "error") ? null : trace;
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

function save(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UserError(`${file} cannot be written (${code})`);
  }
}
