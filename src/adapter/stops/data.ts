import type { DebugProtocol } from "@vscode/debugprotocol";
import type { Timeline } from "../../replay/timeline.ts";
import { placeOf } from "../../replay/view/paths.ts";
import type { ViewNode } from "../../replay/view/value.ts";
import type { View } from "../../replay/view/view.ts";
import { UserError } from "../../trace/platform.ts";
import { type Meant, stopsNamed } from "./names.ts";

type Info = DebugProtocol.DataBreakpointInfoResponse["body"];

/** What is done with bytes by who reads them, and by who writes. */
const dealtBy = {
  read: "looked up",
  write: "sent, sent again, acknowledged, rewritten",
  readWrite: "",
} as const;
export type Access = keyof typeof dealtBy;

const isAccess = (given: string): given is Access => Object.hasOwn(dealtBy, given);

/** Bytes of which nothing is said yet, and their stream: `seq 1448:2896`, whole records by their numbers. */
const plainBytes = /^(seq\s+[-\d:.()\s]+|record\(\d+\))(\s+of\s+\S.*)?$/;

/**
 * The stops of a data breakpoint, by the id that it got here or that somebody wrote: a name as function breakpoints have.
 * Of bytes and of records the access says what is done with them, unless the name does.
 */
export function accessed(dataId: string, access: string, timeline: Timeline | null): Meant[] {
  if (!isAccess(access))
    throw new UserError(`a data breakpoint's access is read, write or readWrite, not ${access}`);
  const [, bytes, stream = ""] = plainBytes.exec(dataId.trim()) ?? [];
  const name = bytes === undefined ? dataId : `${bytes.trim()} ${dealtBy[access]}${stream}`;
  const meant = stopsNamed(name, { timeline });
  if (access !== "write" && meant.some(({ kind }) => kind === "data"))
    throw new UserError(`of ${dataId} changes can be stopped at: nothing in a trace tells who reads it`);
  return meant;
}

/** What a data breakpoint on a value of the view would be: its id is a name that means the same in every session. */
export function infoOf(view: View, { path, range }: Pick<ViewNode, "path" | "range">): Info {
  const record = range === null ? null : recordPath(view, path);
  if (placeOf(path) === null) return none(`${path} is no value of the trace: nothing changes it`);
  return known(`${record ?? path} of ${view.connection.name}`);
}

/** The same of what somebody wrote: an expression, bytes and what is done with them. */
export function infoOfText(view: View, text: string): Info {
  const hasStream = / of \S/.test(text);
  const dataId = hasStream ? text.trim() : `${text.trim()} of ${view.connection.name}`;
  try {
    const kinds = new Set(stopsNamed(dataId, { timeline: view.timeline }).map(({ kind }) => kind));
    return kinds.has("data") || kinds.has("bytes") ? known(dataId) : none(`${text} is no value`);
  } catch (error) {
    if (error instanceof UserError) return none(error.message);
    throw error;
  }
}

/** The same of a place in the stream: `4344` or `0x10f8`, by the file's numbers or as on the wire. */
export function infoOfAddress(view: View, address: string, bytes = 1): Info {
  const first = /^\s*(-?\d+|0x[0-9a-f]+)\s*$/i.exec(address)?.[1];
  if (first === undefined) return infoOfText(view, address);
  return infoOfText(view, `seq ${Number(first)}:${Number(first) + Math.max(1, bytes)}`);
}

const none = (description: string): Info => ({ dataId: null, description });

const known = (dataId: string): Info => ({
  dataId,
  description: dataId,
  accessTypes: plainBytes.test(dataId) ? ["read", "write", "readWrite"] : ["write"],
  canPersist: true,
});

/** A record has other places in the map as it moves: by its number it stays the same one. */
function recordPath({ log, state }: View, path: string): string | null {
  const index = /^records\[(\d+)\]$/.exec(path)?.[1];
  const sn = index === undefined ? null : log.knownSn(state.head + Number(index));
  return sn === null ? null : `record(${sn})`;
}
