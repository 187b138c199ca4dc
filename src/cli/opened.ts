import { nodeEnvironment } from "../node/environment.ts";
import { named } from "../report/verified.ts";
import type { StudyRequest } from "../study/request.ts";
import type { Study } from "../study/study.ts";
import { type OpenSubject, openSubject } from "../study/subject.ts";
import { type Progress, UserError } from "../trace/platform.ts";
import { visibleLine } from "../trace/visible.ts";
import { speaker } from "./flags.ts";
import { spooled, spoolName } from "./fleet/spool.ts";
import { complain, complainLine, complainOfEvidence } from "./output.ts";

/** A file that is open, and the progress that goes on while it is worked on. */
export interface Opened {
  subject: OpenSubject;
  progress: Progress & { end(): void };
}

/**
 * Opens what is asked for, `-` = what comes on standard input, and complains of what could not be read of it. Throws
 * UserError for what the user has to mend.
 */
export async function open(request: StudyRequest): Promise<Opened> {
  const progress = terminalProgress();
  const subject = await (request.program === "-"
    ? ofStandardInput(request, progress)
    : openSubject(nodeEnvironment, request, speaker, progress));
  progress.end();
  complain(request.program, subject.trace);
  for (const { name, isNamed, fits } of subject.keys)
    if (fits && !isNamed) complainLine(request.program, `note: keys of ${visibleLine(name)}`);
  return { subject, progress };
}

async function ofStandardInput(request: StudyRequest, progress: Progress): Promise<OpenSubject> {
  const { path } = await spooled(process.stdin);
  try {
    return await openSubject(nodeEnvironment, { ...request, program: path }, speaker, progress);
  } catch (error) {
    throw error instanceof UserError ? new UserError(named(error.message, path, spoolName)) : error;
  }
}

/** Runs and judges what is open. Loaded only here: a capture whose bytes are right is verified without a replay. */
export async function studied({ subject, progress }: Opened): Promise<Study> {
  const { study } = await import("../study/study.ts");
  const done = await study(subject, progress);
  progress.end();
  complainOfEvidence(done.evidenceDiagnostics);
  return done;
}

/** Progress on stderr, only on a terminal and only for what takes over a second. */
export function terminalProgress(): Progress & { end(): void } {
  const started = Date.now();
  let shown = false;
  return {
    async tick(done, total, what) {
      await new Promise(setImmediate);
      if (!process.stderr.isTTY || Date.now() - started < 1000) return;
      shown = true;
      const share = total > 0 ? ` ${Math.floor((100 * done) / total)} %` : "";
      process.stderr.write(`\r\x1b[K${what}${share}`);
    },
    end() {
      if (shown) process.stderr.write("\r\x1b[K");
    },
  };
}
