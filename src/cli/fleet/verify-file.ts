import { nodeEnvironment } from "../../node/environment.ts";
import { statusAt } from "../../node/open-file.ts";
import * as report from "../../report/verified.ts";
import type { Progress } from "../../trace/platform.ts";
import { speaker } from "../flags.ts";

const place: report.VerifyPlace = { environment: nodeEnvironment, speaker, stateOf };

/** Verifies a file of this machine. Throws Cancelled. */
export const verifyFile = (job: report.VerifyJob, progress: Progress): Promise<report.FileReport> =>
  report.verifyFile(job, place, progress);

/** The report of a file over which the program met a defect of its own, or its worker ended. */
export const broken = (job: report.VerifyJob, error: unknown): report.FileReport =>
  report.broken(job, stateOf(job.request.program), error);

/** Size and time of a file. */
export function stateOf(program: string): report.FileState {
  const status = statusAt(program);
  if (!status?.isFile()) return { size: null, modified: null };
  return { size: status.size, modified: status.mtime.toISOString() };
}
