import { advance } from "../core/base/seq.ts";
import {
  deviceColumn,
  deviceEventKinds,
  Flag,
  Kind,
  packTransmit,
  unpackTransmit,
} from "../core/words/event.ts";
import { didYouMean } from "../replay/language/spelling.ts";
import type { Edit, StatedEvent } from "../trace/edit.ts";
import { UserError } from "../trace/platform.ts";
import {
  type At,
  type ChangeWord,
  eventAt,
  inserted,
  nothingAt,
  nothingBehind,
  type Plan,
  printed,
  seqOf,
  set,
  transmitAt,
  uncaptured,
  wholeNumber,
} from "./change.ts";
import { bug, isOfEvent, kernel, profile, setPath, settablePaths } from "./fork-values.ts";

function drop(at: At, rest: string): Plan {
  nothingBehind("drop", rest);
  return { edits: [{ edit: "drop", event: at.event, count: 1 }], begins: at.event };
}

function dup(at: At, rest: string): Plan {
  nothingBehind("dup", rest);
  const { trace, event } = at;
  const { line: _, offset: __, ...said } = eventAt(at);
  const sacks = trace.sacks.get(event);
  const recordSn = trace.recordSns.get(event);
  const stated: StatedEvent = {
    ...said,
    flags: uncaptured(said.flags),
    ...(sacks && { sacks }),
    ...(recordSn !== undefined && { recordSn }),
  };
  return { edits: [{ edit: "insert", event: event + 1, stated }], begins: event + 1 };
}

const units: Readonly<Record<string, number>> = { "": 1e9, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 };

/** It comes to stand behind all that happens until then. */
function delay(at: At, rest: string): Plan {
  const [, number = "", unit = ""] =
    /^\+?(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})\s*(s|ms|us|µs|ns)?$/.exec(rest) ?? [];
  const byNs = Math.round(Number(number) * units[unit]!);
  if (number === "" || byNs <= 0) throw new UserError(`delay takes a time such as 5ms or .02, not "${rest}"`);
  const { trace, event } = at;
  const { events } = trace;
  const timeNs = events.timeNs.at(event) + byNs;
  let to = event;
  while (to + 1 < events.count && events.timeNs.at(to + 1) <= timeNs) to++;
  const moved: Edit[] = to === event ? [] : [{ edit: "move", event, to }];
  return { edits: [...moved, { edit: "set", event: to, to: { timeNs } }], begins: event };
}

/** The n-th event of the same kind and connection behind an event, or, below 0, before it; −1 = there is none. */
function another({ trace, event }: At, n: number): number {
  const { kind, connection, count } = trace.events;
  const direction = n < 0 ? -1 : 1;
  let left = Math.abs(n);
  for (let i = event + direction; i >= 0 && i < count; i += direction) {
    const isAlike =
      kind.values[i] === kind.values[event] && connection.values[i] === connection.values[event];
    if (isAlike && --left === 0) return i;
  }
  return -1;
}

function reorder(at: At, rest: string): Plan {
  const n = rest === "" ? 1 : wholeNumber("reorder", rest, "how many places, as 2 or -1");
  if (n === 0) throw new UserError("reorder takes how many places, not 0");
  const to = another(at, n);
  const where = n < 0 ? "before" : "behind";
  if (to < 0) {
    const lack = Math.abs(n) === 1 ? "is no event" : `are not ${Math.abs(n)} others`;
    throw new UserError(`there ${lack} of the kind of ${printed(at)} ${where} it`);
  }
  return { edits: [{ edit: "move", event: at.event, to }], begins: Math.min(at.event, to) };
}

function split(at: At, rest: string): Plan {
  const bytes = wholeNumber("split", rest, "the length of the first part");
  return { edits: [{ edit: "split", event: at.event, bytes }], begins: at.event };
}

function merge(at: At, rest: string): Plan {
  nothingBehind("merge", rest);
  const { seq: start, length, flags } = transmitAt(at, "merge");
  const other = another(at, 1);
  if (other < 0) throw new UserError(`no transmit comes behind ${printed(at)}`);
  const next = at.trace.events.at(other);
  if (next.seq !== advance(start, length))
    throw new UserError(
      `${printed({ ...at, event: other })} does not begin where ${printed(at)} ends: only what lies side by side is merged`,
    );
  const to = { length: length + next.length, flags: uncaptured(flags) | (next.flags & Flag.fin) };
  const gone: Edit = { edit: "drop", event: other, count: 1 };
  return { edits: [gone, { edit: "set", event: at.event, to }], begins: at.event };
}

/** A packet is lost behind the NIC; an acknowledgement that is lost never comes. */
function lose(at: At, rest: string): Plan {
  if (eventAt(at).kind === Kind.ack) return drop(at, rest);
  nothingBehind("lose", rest);
  const { flags } = transmitAt(at, "lose");
  return set(at, { flags: (flags & ~Flag.qdiscDrop) | Flag.lost });
}

function ack(at: At, rest: string): Plan {
  const number = wholeNumber("ack", rest, "a sequence number: all before it is acknowledged");
  return inserted(at, { kind: Kind.ack, seq: seqOf(at, number) });
}

/** What can fail, and how the trace says it. */
const failures: Readonly<Record<string, (at: At, number: number) => Plan>> = {
  memory: (at) => failing(at, Flag.noMemory),
  ring: (at) => failing(at, Flag.ringFull),
  descriptor: (at, number) => {
    const { flags, extra } = transmitAt(at, "fail");
    const { queue } = unpackTransmit(extra);
    return set(at, { flags: uncaptured(flags), extra: packTransmit({ dmaErrorAt: number, queue }) });
  },
  mapping: (at, number) => failures.descriptor!(at, number),
  qdisc: (at) => {
    const { flags } = transmitAt(at, "fail");
    return set(at, { flags: (uncaptured(flags) & ~Flag.lost) | Flag.qdiscDrop });
  },
};

function failing(at: At, flag: number): Plan {
  const { flags } = transmitAt(at, "fail");
  return set(at, { flags: uncaptured(flags) | flag });
}

/** An event of the connection's device. */
const ofDevice = (at: At, kind: number): Plan =>
  inserted(at, {
    kind,
    connection: deviceColumn(at.trace.connections[at.connection]!.device),
    seq: nothingAt,
  });

const deviceWords: readonly string[] = deviceEventKinds.filter((word) => word !== "become");

function device(at: At, rest: string): Plan {
  const kind = deviceEventKinds.find((word) => word === rest && word !== "become");
  if (kind) return ofDevice(at, Kind[kind]);
  throw new UserError(
    `device takes ${deviceWords.join(", ")}, not "${rest}"${didYouMean(rest, deviceWords)}`,
  );
}

function fail(at: At, rest: string): Plan {
  const [, what = "", number] = /^(\S*?)(?:\s+(\d{1,5}))?$/.exec(rest) ?? [];
  const takesNumber = what === "descriptor" || what === "mapping";
  const failure = Object.hasOwn(failures, what) ? failures[what] : undefined;
  if (failure && (number === undefined || (takesNumber && Number(number) > 0)))
    return failure(at, Number(number ?? 1));
  const words = Object.keys(failures);
  throw new UserError(
    `fail takes ${words.join(", ")}, behind descriptor and mapping which one, from 1, not "${rest}"${didYouMean(what, words)}`,
  );
}

const always = () => true;
const never = () => false;

/** Every change that a fork can make, in the order of help. */
export const changeWords: readonly ChangeWord[] = [
  {
    word: "drop",
    takes: "",
    says: "The event does not happen.",
    comesBefore: never,
    plan: drop,
  },
  {
    word: "dup",
    takes: "",
    says: "It happens twice.",
    comesBefore: never,
    plan: dup,
  },
  {
    word: "delay",
    takes: "TIME",
    says: "It happens so much later, as 5ms, behind all that happens until then.",
    comesBefore: never,
    plan: delay,
  },
  {
    word: "reorder",
    takes: "[N]",
    says: "It changes places: it comes behind the next event of its connection and kind, or behind the N-th; below 0 before one.",
    comesBefore: never,
    plan: reorder,
  },
  {
    word: "split",
    takes: "N",
    says: "A transmit or a send becomes two, the first of N bytes.",
    comesBefore: never,
    plan: split,
  },
  {
    word: "merge",
    takes: "",
    says: "A transmit and the next one of its connection become one.",
    comesBefore: never,
    plan: merge,
  },
  {
    word: "lose",
    takes: "",
    says: "The packet, or the acknowledgement, is lost on the wire.",
    comesBefore: never,
    plan: lose,
  },
  {
    word: "ack",
    takes: "SEQ",
    says: "The peer acknowledges all before a sequence number, here already.",
    comesBefore: always,
    plan: ack,
  },
  {
    word: "fail",
    takes: "WHAT",
    says: "Something that the packet needs fails: memory, the ring's room, descriptor [K] or mapping [K], the qdisc.",
    comesBefore: never,
    offers: Object.keys(failures),
    plan: fail,
  },
  {
    word: "device",
    takes: "EVENT",
    says: "Something happens to the connection's device, here already: it goes down, its queue is reset, its driver refuses.",
    comesBefore: always,
    offers: deviceWords,
    plan: device,
  },
  {
    word: "profile",
    takes: "ID",
    says: "The connection's device is another one from here on, with a bug as connectx/long-dump.",
    comesBefore: always,
    ...profile,
  },
  {
    word: "kernel",
    takes: "ID",
    says: "The kernel is of another generation from here on.",
    comesBefore: always,
    ...kernel,
  },
  {
    word: "bug",
    takes: "NAME",
    says: "The device or its kernel has a bug from here on.",
    comesBefore: always,
    ...bug,
  },
  {
    word: "set",
    takes: "PATH = VALUE",
    says: `A value is another one: ${settablePaths.join(", ")}.`,
    comesBefore: (rest) => !isOfEvent(rest),
    offers: settablePaths,
    plan: setPath,
  },
];
