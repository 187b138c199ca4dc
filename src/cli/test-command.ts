import { readFileSync } from "node:fs";
import path from "node:path";
import { kernels } from "../core/machine/generation.ts";
import { profileAmong, profiles } from "../core/profiles/all.ts";
import { nodeEnvironment } from "../node/environment.ts";
import { fileUri } from "../node/file-uri.ts";
import { saveFile } from "../node/save.ts";
import { tracePaths } from "../node/trace-paths.ts";
import { Timeline } from "../replay/timeline.ts";
import { junitOf } from "../report/junit.ts";
import { sarifOf } from "../report/sarif.ts";
import { jsonReport, listReport, type TestReport, tapReport } from "../report/test-report.ts";
import { coverageOf } from "../study/coverage.ts";
import {
  brokenCase,
  type Case,
  type CaseRule,
  failuresOf,
  listTest,
  readTraceFile,
  runTest,
  type TestRun,
  type TraceFile,
  traceUnder,
} from "../study/test-run.ts";
import { withMissing } from "../study/test-update.ts";
import { UserError } from "../trace/platform.ts";
import { fileWordOf, namesFile } from "../trace/profile-word.ts";
import { type Variant, variantOf, variantsOf } from "../trace/variant.ts";
import { counted, visiblePath } from "../trace/visible.ts";
import { variantOfFlag } from "./flags.ts";
import { complainLine, exitStatus, print } from "./output.ts";
import { refuseToLose } from "./written.ts";

export interface TestFlags {
  profile?: string;
  allProfiles?: true;
  allKernels?: true;
  junit?: string;
  sarif?: string;
  update?: true;
  dryRun?: true;
  json?: true;
  list?: true;
  coverage?: true;
}

/** `tlstrace test PATH…`: traces as regression tests. */
export async function test(paths: string[], flags: TestFlags): Promise<void> {
  const { files, closed } = tracePaths(paths.flatMap((path) => (path === "-" ? givenPaths() : [path])));
  const asked = askedFor(flags);
  const report = reportOf(flags);
  if (flags.dryRun && !flags.update) throw new UserError("--dry-run goes with --update");
  refuseToLoseAny(files, flags);
  const broken = closed.map((folder) => brokenRun(folder, brokenCase(unlisted, "the folder is listed")));
  if (flags.update && flags.dryRun) return proposed(files, asked ?? [null], broken, report);
  if (flags.update) broken.push(...files.flatMap((file) => update(file, asked ?? [null]) ?? []));
  const jobs = files.flatMap((file) => (asked ?? variantsIn(file)).map((variant) => ({ file, variant })));
  const runs: TestRun[] = [];
  const told = new Set<string>();
  const done = async (run: TestRun) => {
    runs.push(run);
    tell(run, told);
    await print(report.run(run, runs.length));
  };
  const telling = { places: flags.json === true, coverage: flags.coverage === true };
  await print(report.head(broken.length + jobs.length));
  for (const run of broken) await done(run);
  for (const { file, variant } of jobs)
    await done(
      await (flags.list
        ? listTest(nodeEnvironment, file, variant)
        : runTest(nodeEnvironment, file, variant, telling)),
    );
  if (flags.coverage) await print(report.coverage(coverageOf(runs)));
  conclude(runs, flags);
}

/** Paths on standard input, one a line: a command line has no room for those of a large workspace. */
const givenPaths = (): string[] =>
  readFileSync(0, "utf8")
    .split(/\r?\n/)
    .filter((line) => line !== "");

/** What is written is neither a trace that is tested nor the other report. Throws UserError. */
function refuseToLoseAny(files: readonly string[], { junit, sarif }: TestFlags): void {
  for (const to of [junit ?? [], sarif ?? []].flat()) refuseToLose(to, files);
  if (junit !== undefined && sarif !== undefined && path.resolve(junit) === path.resolve(sarif))
    throw new UserError(`--junit and --sarif name one file, ${visiblePath(junit)}: name two`);
}

const unlisted = new UserError("the folder cannot be listed: check its permissions");

const reportOf = ({ json, list }: TestFlags): TestReport =>
  json ? jsonReport : list ? listReport : tapReport;

/** The files and the exit status that are of all runs. */
function conclude(runs: readonly TestRun[], { junit, sarif }: TestFlags): void {
  if (junit !== undefined) saveFile(junit, junitOf(runs));
  if (sarif !== undefined) saveFile(sarif, sarifOf(runs, fileUri));
  const failures = runs.flatMap(failuresOf);
  const status = statusOf(new Set(failures.map(({ rule }) => rule)));
  if (status !== null) process.exitCode = status;
}

/** The worst that the failures stand for; null if there are none. */
function statusOf(rules: ReadonlySet<CaseRule>): number | null {
  if (rules.has("internal-error")) return exitStatus.internal;
  if (rules.has("file-unreadable")) return exitStatus.unusable;
  return rules.size > 0 ? exitStatus.wrong : null;
}

/** What could not even be begun with, as a run that fails. */
const brokenRun = (file: string, broken: Case): TestRun => ({
  file,
  profile: null,
  cases: [broken],
  covered: null,
  remarks: [],
});

/** What every file is to run under; null = nothing is said, each file knows itself. */
function askedFor({ profile, allProfiles, allKernels }: TestFlags): Variant[] | null {
  if (allProfiles) return profiles.map(({ id }) => variantOfFlag(id));
  if (allKernels) return kernels.map(({ id }) => variantOfFlag(id));
  return profile === undefined ? null : [...new Set(profile.split(","))].map(variantOfFlag);
}

/** What a trace runs under by itself: its own devices' profiles (null), then each variant that its expect lines name. */
export function variantsIn(fileName: string): (Variant | null)[] {
  try {
    const file = readTraceFile(nodeEnvironment, fileName);
    const trace = traceUnder(file, null);
    const find = (word: string) =>
      file.profiles(word) ?? profileAmong([...trace.profileFiles.values()], word);
    return [null, ...variantsOf(trace).flatMap((id) => variantOf(id, find) ?? [])];
  } catch {
    // Whatever is wrong, with the file or with us: its run meets the same, tells of it, and fails alone.
    return [null];
  }
}

/** A trace file; null for one that cannot be read, of which its run will tell. */
function readable(fileName: string): TraceFile | null {
  try {
    return readTraceFile(nodeEnvironment, fileName);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** Failures and remarks on stderr in the form that problem matchers read; what is wrong under every profile is told once. */
function tell(run: TestRun, told: Set<string>): void {
  const lines: [place: string, message: string][] = run.remarks.map(({ severity, message, line }) => [
    place(run.file, line),
    `${severity}: ${message}`,
  ]);
  for (const { rule, line, failure } of failuresOf(run)) {
    const under = rule === "expectation-failed" && run.profile !== null ? ` (under ${run.profile})` : "";
    lines.push([place(run.file, line), `error: ${failure}${under}`]);
  }
  for (const [where, message] of lines) {
    const line = `${where}: ${message}`;
    if (!told.has(line)) complainLine(where, message);
    told.add(line);
  }
}

const place = (file: string, line: number | null | undefined): string => (line ? `${file}:${line}` : file);

/**
 * Adds missing expect lines to a file; leaves one alone that cannot be read without errors, for the test to say why.
 * What else keeps it from being changed is a run that fails.
 */
function update(fileName: string, under: readonly (Variant | null)[]): TestRun | null {
  try {
    addMissing(fileName, under);
    return null;
  } catch (error) {
    return brokenRun(fileName, brokenCase(error, "the file is updated"));
  }
}

function addMissing(fileName: string, under: readonly (Variant | null)[]): void {
  const file = readable(fileName);
  const updated = file && updatedText(fileName, file, under);
  if (!file || !updated) return;
  saveFile(fileName, updated.text, file.bytes);
  complainLine(fileName, `${linesText(updated.added)} added`);
}

const linesText = (count: number) => counted(count, "expect line");

/**
 * What `--update` would add, and changes nothing. A file that cannot be read is told of, with what is wrong, as is what
 * was `broken` before.
 */
async function proposed(
  files: readonly string[],
  under: readonly (Variant | null)[],
  broken: TestRun[],
  report: TestReport,
): Promise<void> {
  const told = new Set<string>();
  for (const run of broken) tell(run, told);
  for (const fileName of files) {
    const run = await listTest(nodeEnvironment, fileName, under[0]!);
    broken.push({ ...run, cases: failuresOf(run) });
    tell(broken.at(-1)!, told);
    const file = readable(fileName);
    const updated = file && updatedText(fileName, file, under);
    if (!updated) continue;
    complainLine(fileName, `${linesText(updated.added)} would be added`);
    await print(report.update({ file: fileName, ...updated }));
  }
  conclude(broken, {});
}

/** The text with the expect lines that it lacks; null if it lacks none, or cannot be read without errors. */
function updatedText(
  fileName: string,
  file: TraceFile,
  under: readonly (Variant | null)[],
): { text: string; added: number } | null {
  const asked = under.map((variant) => variant && namedBeside(fileName, variant));
  const ids = asked.map((variant) => variant?.id ?? null);
  const others = variantsIn(fileName).filter((variant) => !ids.includes(variant?.id ?? null));
  const traces = [...asked, ...others].map((variant) => ({
    under: variant?.id ?? null,
    trace: traceUnder(file, variant),
  }));
  if (traces.some(({ trace: { diagnostics } }) => diagnostics.some(({ severity }) => severity === "error")))
    return null;
  const tried = traces.map(({ under, trace }) => ({ under, timeline: new Timeline(trace).runAll() }));
  const updated = withMissing(file.text, tried.slice(0, asked.length), tried.slice(asked.length));
  return updated.added === 0 ? null : updated;
}

/** The variant whose file's path, given from where the command runs, is as the trace has to say it. */
function namedBeside(file: string, variant: Variant): Variant {
  const { id, profileOf } = variant;
  if (!namesFile(id)) return variant;
  return {
    id: wordBeside(file, id),
    profileOf(own) {
      const profile = profileOf(own);
      return { ...profile, word: wordBeside(file, profile.word!) };
    },
  };
}

/** A word whose file's path, if it names one, is from the folder of a trace. */
function wordBeside(trace: string, word: string): string {
  const named = fileWordOf(word);
  if (named === null || path.isAbsolute(named.path)) return word;
  const beside = path.relative(path.dirname(trace), named.path);
  return `${beside.startsWith(".") ? beside : `./${beside}`}${named.variant}`;
}
