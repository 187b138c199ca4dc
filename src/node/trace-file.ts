import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ofCapture } from "../trace/edited.ts";
import { printTrace } from "../trace/language/print.ts";
import { UserError } from "../trace/platform.ts";
import { fileWordOf } from "../trace/profile-word.ts";
import type { Trace } from "../trace/trace.ts";
import { visibleLine, visiblePath } from "../trace/visible.ts";

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
  return { ...ofCapture(trace), devices };
}

/**
 * Writes a trace, with a comment that says what it is, into a file that is not there yet; null: one in a new folder
 * among the system's temporary ones. Gives its path. Throws UserError where it cannot be written.
 */
export function saveTrace(trace: Trace, to: string | null, says: string): string {
  const file = to ?? path.join(mkdtempSync(path.join(tmpdir(), "tlstrace-")), forkName(trace.name));
  const { comments, ...rest } = asFile(trace, file);
  // Above the first line, wherever that stands.
  const told = new Map([[0, `# ${visibleLine(says)}`], ...comments]);
  try {
    writeFileSync(file, printTrace({ ...rest, comments: told }), { flag: "wx" });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "EEXIST") throw new UserError(`${visiblePath(file)} exists: choose another name`);
    throw new UserError(`${visiblePath(file)} cannot be written (${code})`);
  }
  return file;
}

/** A script and a capture become a trace. */
const forkName = (name: string): string => `${path.basename(name).replace(/\.[^.]*$/, "")}-fork.tlstrace`;
