import { fileURLToPath } from "node:url";
import workerpool from "workerpool";
import type { FileReport, VerifyJob } from "../../report/verified.ts";
import { broken } from "./verify-file.ts";

/** Verifies files, some at once, each report given as soon as it is there; ends early when `signal` says so. */
export async function verifyAll(
  jobs: readonly VerifyJob[],
  workers: number,
  signal: AbortSignal,
  done: (index: number, report: FileReport) => Promise<void>,
): Promise<void> {
  const script = fileURLToPath(new URL("./cli-worker.js", import.meta.url));
  // A worker that reads hears of nothing; it has nothing to clean up.
  const ending = { workerTerminateTimeout: 50 };
  const pool = workerpool.pool(script, { workerType: "process", maxWorkers: workers, ...ending });
  const stop = () => void pool.terminate(true);
  signal.addEventListener("abort", stop);
  let next = 0;
  const lane = async () => {
    while (next < jobs.length && !signal.aborted) {
      const index = next++;
      const report = await verifiedBy(pool, jobs[index]!);
      if (!signal.aborted) await done(index, report);
    }
  };
  try {
    await Promise.all(Array.from({ length: workers }, lane));
  } finally {
    signal.removeEventListener("abort", stop);
    await pool.terminate(true);
  }
}

/** A worker that ends over a file, by a mistake of ours or for want of memory, takes no other file with it. */
async function verifiedBy(pool: workerpool.Pool, job: VerifyJob): Promise<FileReport> {
  try {
    return await pool.exec("verify", [job]);
  } catch (error) {
    return broken(job, error);
  }
}
