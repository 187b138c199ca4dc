import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { saveFile } from "../node/save.ts";
import { readAs } from "../trace/edited.ts";
import { printTrace } from "../trace/language/print.ts";
import { UserError } from "../trace/platform.ts";
import { fileWordOf } from "../trace/profile-word.ts";
import type { Trace } from "../trace/trace.ts";
import { visibleLine, visiblePath } from "../trace/visible.ts";
import { type ReadFlags, requestOf } from "./flags.ts";
import { open } from "./opened.ts";
import { complain, complainLine, print } from "./output.ts";

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
  if (to !== "-") refuseToReplace(file, to, flags.force === true);
  const { subject } = await open(requestOf(file, flags));
  const { trace } = subject;
  if (trace.connections.length === 0) throw new UserError(`${visiblePath(file)} has no stream to export`);
  const exported = asFile(trace, to);
  const text = printTrace(exported);
  if (to === "-") await print([text.slice(0, -1)]);
  else saveFile(to, text);
  const wrong = readAs(exported, text).diagnostics.filter(({ severity }) => severity !== "note");
  complain(to, { diagnostics: wrong });
  complainLine(to, `note: ${trace.events.count} events of ${trace.connections.length} streams`);
}

/** Nobody's file is written over unasked, and the one that is read never. */
export function refuseToReplace(file: string, to: string, force: boolean): void {
  if (!existsSync(to)) return;
  if (existsSync(file) && realpathSync(file) === realpathSync(to))
    throw new UserError(`${visiblePath(to)} is the file to export: choose another name`);
  if (!force)
    throw new UserError(`${visiblePath(to)} exists: choose another name, or say --force to replace it`);
}

/** The trace as it stands in a file: without keys, and what it names is looked for beside it. */
export function asFile(trace: Trace, to: string): Trace {
  const isOfCapture = trace.kind === "capture";
  const devices = trace.devices.map((device) => {
    const { profile } = device;
    const file = profile.word === undefined ? null : fileWordOf(profile.word);
    if (file === null || path.isAbsolute(file.path) || !isOfCapture) return device;
    const beside = path.relative(path.dirname(to), file.path);
    const word = `${beside.startsWith(".") ? "" : "./"}${beside}${file.variant}`;
    return { ...device, profile: { ...profile, word } };
  });
  if (!isOfCapture) {
    const connections = trace.connections.map((connection) => ({ ...connection, epochs: [] }));
    return { ...trace, devices, connections };
  }
  const says = `# ${visibleLine(trace.name)}, as a trace: what its ${trace.frames} frames show, without keys and payload`;
  return { ...trace, devices, comments: new Map([[1, says]]) };
}
