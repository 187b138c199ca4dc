import { readFileSync } from "node:fs";
import os from "node:os";
import { statusOf } from "../judge/verdict.ts";
import { capturePaths } from "../node/capture-paths.ts";
import { nodeEnvironment } from "../node/environment.ts";
import { statusAt } from "../node/open-file.ts";
import type { VerifyJob } from "../report/verified.ts";
import { UserError } from "../trace/platform.ts";
import { visiblePath } from "../trace/visible.ts";
import { type ReadFlags, requestOf } from "./flags.ts";
import { linesOfOne } from "./fleet/lines.ts";
import type { RunFlags } from "./fleet/run.ts";
import { spooled } from "./fleet/spool.ts";
import { verifyFile } from "./fleet/verify-file.ts";
import { terminalProgress } from "./opened.ts";
import { print } from "./output.ts";

export interface VerifyFlags extends ReadFlags, RunFlags {
  /** A file with a path a line, `-` = standard input. */
  filesFrom?: string;
  jobs?: string;
  /** Streams without keys count, too. */
  requireAll?: true;
}

const jobsMax = 256;

/** `tlstrace verify`: a file with all its streams, or many files, a line or some rows each. */
export async function verify(paths: string[], flags: VerifyFlags): Promise<void> {
  checkKeys(flags);
  checkExpected(flags);
  const workers = workersOf(flags.jobs);
  const files = capturePaths([...paths, ...listed(flags.filesFrom)]);
  if (files.length === 0)
    throw new UserError("verify: name captures, folders, --files-from or - for standard input");
  const spool = files.includes("-") ? await spooled(process.stdin) : null;
  try {
    const jobs = files.map((file) => jobOf(file, file === "-" && spool ? spool.path : file, flags));
    const isAlone = files.length === 1 && flags.json !== true && flags.resume === undefined;
    if (isAlone) await verifyOne(jobs[0]!, flags);
    else await (await import("./fleet/run.ts")).run(jobs, workers, flags, asked(flags));
  } finally {
    spool?.remove();
  }
}

function jobOf(file: string, program: string, flags: VerifyFlags): VerifyJob {
  checkOther(program, flags.against);
  const request = requestOf(program, flags);
  return { file, request, requireAll: flags.requireAll === true };
}

async function verifyOne(job: VerifyJob, { allowUnchecked }: VerifyFlags): Promise<void> {
  const progress = terminalProgress();
  const report = await verifyFile(job, progress);
  progress.end();
  for (const line of report.complaints) process.stderr.write(`${line}\n`);
  if (report.verdict !== "unreadable" || report.share !== null || report.streams.length > 0)
    await print(linesOfOne(report));
  const isAllowed = allowUnchecked === true && report.verdict === "unchecked";
  process.exitCode = isAllowed ? statusOf.right : statusOf[report.verdict];
}

/** Keys that cannot be had are told once, before anything is read. Throws UserError. */
function checkKeys({ keys, keysDir }: VerifyFlags): void {
  for (const file of keys || []) nodeEnvironment.openFile(file).close?.();
  if (keysDir !== undefined && !statusAt(keysDir)?.isDirectory())
    throw new UserError(`--keys-dir ${visiblePath(keysDir)} is no folder: check the path`);
}

/** What is expected, and what it is held against, go together. Throws UserError. */
function checkExpected({ expect = "ciphertext", against, tap }: VerifyFlags): void {
  if (expect !== "ciphertext" && expect !== "plaintext")
    throw new UserError(`--expect takes ciphertext or plaintext, not ${expect}`);
  if (expect === "plaintext" && tap !== undefined && tap !== "auto")
    throw new UserError("--expect plaintext finds out itself where a capture was taken: leave --tap out");
  if (against === undefined) return;
  if (expect !== "plaintext") throw new UserError("--against goes with --expect plaintext");
  nodeEnvironment.openFile(against).close?.();
}

/** A capture says nothing of itself. Throws UserError. */
function checkOther(file: string, against: string | undefined): void {
  if (against === undefined) return;
  const [own, other] = [file, against].map((path) => statusAt(path));
  if (own && other && own.dev === other.dev && own.ino === other.ino)
    throw new UserError(
      `--against ${visiblePath(against)} is the capture itself: name one that was taken elsewhere`,
    );
}

function workersOf(jobs: string | undefined): number {
  if (jobs === undefined) return os.availableParallelism();
  if (/^\d{1,3}$/.test(jobs) && Number(jobs) >= 1 && Number(jobs) <= jobsMax) return Number(jobs);
  throw new UserError(`--jobs takes 1 to ${jobsMax}, not ${jobs}`);
}

/** The paths of a list, a line each. */
function listed(from: string | undefined): string[] {
  if (from === undefined) return [];
  try {
    return readFileSync(from === "-" ? 0 : from, "utf8")
      .split(/\r?\n/)
      .filter((line) => line !== "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UserError(`--files-from ${visiblePath(from)} cannot be read (${code})`);
  }
}

/** What was asked of each file, in words: rows of another question are not those of this one. */
function asked(flags: VerifyFlags): string {
  const { keys, keysDir, stream, tap, offloadStart, profile, evidence, requireAll, expect, against } = flags;
  const given = { keys, keysDir, stream, tap, offloadStart, profile, evidence, requireAll, expect, against };
  return Object.entries(given)
    .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`))
    .join(" ");
}
