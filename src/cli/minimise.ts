import { keptOf } from "../lab/kept.ts";
import { smallest, usualLimits } from "../lab/smallest.ts";
import { saveFile } from "../node/save.ts";
import { asFile } from "../node/trace-file.ts";
import { paced, UserError } from "../trace/platform.ts";
import { visiblePath } from "../trace/visible.ts";
import { type ReadFlags, requestOf } from "./flags.ts";
import { open, studied } from "./opened.ts";
import { complainLine, print } from "./output.ts";
import { pointed } from "./query.ts";
import { readFor, refuseToReplace } from "./written.ts";

export interface MinimiseFlags extends ReadFlags {
  /** What the trace must still show, in words; absent: what was found first. */
  keep?: string;
  /** The trace file to write; `-` = standard output. */
  out: string;
  force?: true;
  seconds: string;
}

/** `tlstrace minimise FILE [--keep WHAT]`: the smallest trace that still shows something, with an expect line for it. */
export async function minimise(file: string, flags: MinimiseFlags): Promise<void> {
  const { keep = "", out, force } = flags;
  const seconds = Number(flags.seconds);
  if (!(seconds > 0)) throw new UserError(`--seconds takes a number above 0, not "${flags.seconds}"`);
  refuseToReplace(out, readFor(file, flags), force);
  const opened = await open(requestOf(file, flags));
  const { trace } = opened.subject;
  if (trace.connections.length === 0) throw new UserError(`${visiblePath(file)} has no stream to make small`);
  const study = await studied(opened);
  const reason = pointed(keep, () => keptOf(study, keep));
  const limits = { ...usualLimits, seconds };
  const { text, note } = await paced(
    opened.progress,
    "minimising",
    smallest(asFile(trace, out), reason, limits),
  );
  opened.progress.end();
  if (out === "-") await print([text.slice(0, -1)]);
  else saveFile(out, text);
  complainLine(out, `note: ${note}`);
}
