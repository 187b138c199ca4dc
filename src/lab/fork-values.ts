import { bugs } from "../core/bugs/catalogue.ts";
import type { Device } from "../core/machine/connection.ts";
import { kernelById, kernels } from "../core/machine/generation.ts";
import type { Profile } from "../core/machine/profile.ts";
import { profileAmong, profileById, profiles } from "../core/profiles/all.ts";
import { deviceColumn, Kind, Settable, settables } from "../core/words/event.ts";
import { didYouMean } from "../replay/language/spelling.ts";
import type { Edit } from "../trace/edit.ts";
import { UserError } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";
import { type At, inserted, nothingAt, type Plan, seqAt, set, transmitAt, uncaptured } from "./change.ts";

/** What a device is before an event: as declared, or what it has become last. */
function deviceBefore({ devices, events }: Trace, device: number, event: number): Device {
  const own = devices[device]!;
  for (let i = event - 1; i >= 0; i--)
    if (events.kind.values[i] === Kind.become && events.connection.values[i] === deviceColumn(device))
      return { ...own, ...own.later?.[events.extra.values[i]!] };
  return own;
}

/** The connection's device becomes something from the place on. */
function becoming(at: At, profileOf: (now: Device) => Profile): Plan {
  const { trace, event, connection } = at;
  const { device } = trace.connections[connection]!;
  const now = deviceBefore(trace, device, event);
  const profile = profileOf(now);
  const later = trace.devices[device]!.later ?? [];
  const known: Edit = {
    edit: "set-device",
    device,
    to: { later: [...later, { profile, kernel: profile.kernel ?? now.kernel }] },
  };
  const { edits, begins } = inserted(at, {
    kind: Kind.become,
    connection: deviceColumn(device),
    seq: nothingAt,
    extra: later.length,
  });
  return { edits: [known, ...edits], begins };
}

const profileIds: readonly string[] = profiles.map(({ id }) => id);
export const profile = {
  offers: profileIds,
  /** `profile connectx/long-dump`, or the path of a file that the trace names. */
  plan: (at: At, rest: string): Plan => {
    const files = [...at.trace.profileFiles.values()];
    const named =
      profileById(rest) ?? profileAmong(files, rest) ?? files.find(({ word }) => word === rest) ?? null;
    if (named !== null) return becoming(at, () => named);
    throw new UserError(
      `profile takes ${profileIds.join(", ")}, with a bug as connectx/long-dump, or a profile of a file that the trace names, not "${rest}"${didYouMean(rest, profileIds)}`,
    );
  },
};

const kernelIds: readonly string[] = kernels.map(({ id }) => id);
export const kernel = {
  offers: kernelIds,
  plan: (at: At, rest: string): Plan => {
    const named = kernelById(rest);
    if (named !== null) return becoming(at, (now) => ({ ...now.profile, kernel: named }));
    throw new UserError(`kernel takes ${kernelIds.join(", ")}, not "${rest}"${didYouMean(rest, kernelIds)}`);
  },
};

const bugNames: readonly string[] = bugs.map(({ name }) => name);
export const bug = {
  offers: bugNames,
  /** The device, as it is, with one bug more. */
  plan: (at: At, rest: string): Plan => {
    const found = bugs.find(({ name }) => name === rest);
    if (!found)
      throw new UserError(
        `bug takes one of ${bugNames.join(", ")}, not "${rest}"${didYouMean(rest, bugNames)}`,
      );
    return becoming(at, ({ profile: now }) => withBug(now, found.name));
  },
};

function withBug(now: Profile, name: string): Profile {
  if (now.faults.includes(name)) throw new UserError(`${now.id} has ${name} already`);
  const joint = now.id.includes("/") ? "+" : "/";
  const word = now.word === undefined ? {} : { word: `${now.word}${joint}${name}` };
  return { ...now, ...word, id: `${now.id}${joint}${name}`, faults: [...now.faults, name] };
}

/** A value as somebody writes or copies it: `4344`, `0x10f8`, `4344 (4294964344)`, `true`. */
function numberIn(path: string, written: string, kind: "seq" | "count" | "flag"): number {
  if (kind === "flag" && /^(true|false|0|1)$/.test(written)) return /^(true|1)$/.test(written) ? 1 : 0;
  const [, sign, digits] = /^(-?)(\d{1,15}|0x[\da-f]{1,12})(?: \([\da-fx]+\))?$/i.exec(written) ?? [];
  if (kind !== "flag" && digits !== undefined) return Number(`${sign}1`) * Number(digits);
  const takes = { seq: "a sequence number", count: "a number", flag: "true or false" }[kind];
  throw new UserError(`${path} takes ${takes}, not "${written}"`);
}

const isFlag = (path: string): boolean => path === "driver.paramsPosted" || path === "driver.resyncPending";

/** What can be set, by its path, and how. */
const settings: ReadonlyMap<string, (at: At, written: string) => Plan> = new Map([
  ...settables.map((path): [string, (at: At, written: string) => Plan] => [
    path,
    (at, written) => {
      const kind = isFlag(path) ? "flag" : path.endsWith("Sn") ? "count" : "seq";
      const seq = seqAt(at, numberIn(path, written, kind));
      return inserted(at, { kind: Kind.set, seq, extra: Settable[path] });
    },
  ]),
  [
    "packet.seq",
    (at, written) => {
      const { flags } = transmitAt(at, "packet.seq");
      return set(at, { seq: seqAt(at, numberIn("packet.seq", written, "seq")), flags: uncaptured(flags) });
    },
  ],
  [
    "packet.length",
    (at, written) => {
      const length = numberIn("packet.length", written, "count");
      const { kind, flags } = at.trace.events.at(at.event);
      if (kind !== Kind.transmit && kind !== Kind.send && kind !== Kind.record && kind !== Kind.gap)
        throw new UserError("packet.length is set of a transmit, a write, a record or a gap");
      return set(at, { length, ...(kind === Kind.transmit && { flags: uncaptured(flags) }) });
    },
  ],
  [
    "packet.ack",
    (at, written) => {
      if (at.trace.events.kind.at(at.event) !== Kind.ack)
        throw new UserError("packet.ack is set of an acknowledgement");
      return set(at, { seq: seqAt(at, numberIn("packet.ack", written, "seq")) });
    },
  ],
  [
    "tcp.sndUna",
    (at, written) => {
      const seq = seqAt(at, numberIn("tcp.sndUna", written, "seq"));
      return inserted(at, { kind: Kind.ack, seq });
    },
  ],
  ["driver.profile", (at, written) => profile.plan(at, written)],
  ["tcp.kernel", (at, written) => kernel.plan(at, written)],
]);

/** Paths that can be set, in the order of help. */
export const settablePaths: readonly string[] = [...settings.keys()];

/** Those that are about the event where somebody stands: all others come before what is to happen. */
export const isOfEvent = (path: string): boolean => path.startsWith("packet.");

/** `set PATH = VALUE` */
export function setPath(at: At, rest: string): Plan {
  const [, path = "", written = ""] = /^(\S*?)\s*(?:=|\s)\s*(.*)$/s.exec(`${rest} `) ?? [];
  const setting = settings.get(path);
  if (!setting)
    throw new UserError(
      `${path === "" ? "set takes a path" : `${path} cannot be set`}; what can is ${settablePaths.join(", ")}${didYouMean(path, settablePaths)}`,
    );
  if (!isOfEvent(path) || at.event < at.trace.events.count) return setting(at, written.trim());
  throw new UserError(`${path} is of an event, and none comes behind the last one`);
}
