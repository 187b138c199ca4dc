import { speaker } from "../adapter/launch.ts";
import { statusOf } from "../judge/verdict.ts";
import { rowsOf } from "../report/rows.ts";
import { verifyFile } from "../report/verified.ts";
import type { StudyRequest } from "../study/request.ts";
import { openSubject } from "../study/subject.ts";
import { ofCapture } from "../trace/edited.ts";
import { printTrace } from "../trace/language/print.ts";
import { internalError, noProgress, UserError } from "../trace/platform.ts";
import { browserEnvironment } from "../web/environment.ts";
import type { CaptureTask, Port, Told } from "../web/messages.ts";
import { plainPath } from "../web/read-ahead.ts";

/** All streams of a capture, by their addresses, as `tlstrace verify` and `export` see it unless they are told otherwise. */
const requestOf = ({ capture, keys }: CaptureTask, names: StudyRequest["names"]): StudyRequest => ({
  program: capture,
  keys,
  profile: null,
  profilesFrom: "program",
  streams: [],
  tap: "auto",
  offloadStart: "after-finished",
  copies: "drop",
  names,
  evidence: [],
  comparison: null,
});

/** Verifies a capture: the rows of `tlstrace verify --json`, then the status. */
export const verify = (task: CaptureTask, port: Port): Promise<void> =>
  told(port, async (tell) => {
    const { files, capture } = task;
    const bytes = files.get(plainPath(capture));
    const state = { size: typeof bytes === "object" ? bytes.length : null, modified: null };
    const place = { environment: browserEnvironment(files), speaker, stateOf: () => state };
    const job = { file: capture, request: requestOf(task, "full"), requireAll: false };
    const report = await verifyFile(job, place, noProgress);
    for (const row of rowsOf(report, "tlstrace", "")) tell({ row });
    return statusOf[report.verdict];
  });

/** Writes a capture as a trace: its text, then the status. */
export const exportTrace = (task: CaptureTask, port: Port): Promise<void> =>
  told(port, async (tell) => {
    const environment = browserEnvironment(task.files);
    const { trace } = await openSubject(environment, requestOf(task, "short"), speaker, noProgress);
    if (trace.connections.length === 0) throw new UserError(`${trace.name} has no stream to export`);
    tell({ text: printTrace(ofCapture(trace)) });
    return 0;
  });

/** Does work and tells how it ended, in the statuses of the command line. */
async function told(port: Port, work: (tell: (told: Told) => void) => Promise<number>): Promise<void> {
  const tell = (what: Told) => port.postMessage(what);
  try {
    tell({ status: await work(tell), complaint: "" });
  } catch (error) {
    if (error instanceof UserError) tell({ status: 2, complaint: error.message });
    else tell({ status: 70, complaint: internalError(error) });
  }
}
