import { tracepointIn } from "../../trace/evidence/ftrace.ts";
import { captureName } from "../../trace/keys/beside.ts";

/** What a part of a line of a terminal speaks of. */
export type LinePlace =
  /** A byte by its sequence number on the wire. */
  | { kind: "byte"; seq: number }
  /** A frame of a capture, whose path is as the line has it. */
  | { kind: "frame"; file: string; frame: number };

export interface LineLink {
  start: number;
  length: number;
  place: LinePlace;
}

/** Diagnostics of captures, as our command line prints them. Lines of traces are links of the editor itself. */
const framePattern = /^(.{1,1000}?): frame (\d{1,10})(?=: )/;

/** The links of a line, whatever program printed it. */
export function linksIn(line: string): LineLink[] {
  const [named = "", file = "", frame] = framePattern.exec(line) ?? [];
  if (captureName.test(file))
    return [{ start: 0, length: named.length, place: { kind: "frame", file, frame: Number(frame) } }];
  const found = tracepointIn(line);
  if (found === null) return [];
  // Some have none, and some kernels do not print it.
  const { tcp_seq: seq = null } = found.told.fields as { tcp_seq?: number | null };
  if (seq === null) return [];
  const length = line.trimEnd().length - found.start;
  return [{ start: found.start, length, place: { kind: "byte", seq } }];
}
