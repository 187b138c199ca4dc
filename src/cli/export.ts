import { saveFile } from "../node/save.ts";
import { asFile } from "../node/trace-file.ts";
import { readAs } from "../trace/edited.ts";
import { printTrace } from "../trace/language/print.ts";
import { UserError } from "../trace/platform.ts";
import { counted, visiblePath } from "../trace/visible.ts";
import { type ReadFlags, requestOf } from "./flags.ts";
import { open } from "./opened.ts";
import { complain, complainLine, print } from "./output.ts";
import { readFor, refuseToReplace } from "./written.ts";

export interface ExportFlags extends ReadFlags {
  /** The trace file to write; `-` = standard output. */
  to: string;
  force?: true;
}

/**
 * `tlstrace export FILE --to TRACE`: a capture or script as a trace file, which replays to the same effects. Keys and
 * payload stay behind: what the trace has of them comes from its connections' names.
 */
export async function exportTrace(file: string, flags: ExportFlags): Promise<void> {
  const { to } = flags;
  refuseToReplace(to, readFor(file, flags), flags.force);
  const { subject } = await open(requestOf(file, flags));
  const { trace } = subject;
  if (trace.connections.length === 0) throw new UserError(`${visiblePath(file)} has no stream to export`);
  const exported = asFile(trace, to);
  const text = printTrace(exported);
  if (to === "-") await print([text.slice(0, -1)]);
  else saveFile(to, text);
  const wrong = readAs(exported, text).diagnostics.filter(({ severity }) => severity !== "note");
  complain(to, { diagnostics: wrong });
  complainLine(
    to,
    `note: ${counted(trace.events.count, "event")} of ${counted(trace.connections.length, "stream")}`,
  );
}
