import {
  type Cipher,
  payloadSizeMax,
  type RecordKeys,
  recordType,
  versions,
} from "../../core/base/record.ts";
import { toU32 } from "../../core/base/seq.ts";
import type { Connection, Device } from "../../core/machine/connection.ts";
import {
  deviceColumn,
  type Event,
  eventKinds,
  Flag,
  Kind,
  sendPieces,
  sendType,
  settables,
  unpackRecord,
  unpackTransmit,
} from "../../core/words/event.ts";
import { finished } from "../platform.ts";
import type { Expectation, Trace } from "../trace.ts";
import { formOfKind, uncapturedBit, unopenedBit } from "./event-forms.ts";
import type { Form } from "./form.ts";
import { connectionForm, deviceForm } from "./forms.ts";
import { derivedKeys } from "./keystream.ts";
import { headersSize, typeText } from "./vocabulary.ts";

/** Column where comments begin, if the line leaves room. */
export const commentColumn = 42;
/** Width of the time and of an expectation's indentation; captures have nine decimals. */
export const timeWidth = { text: 7, capture: 12 } as const;

/** One event as its line, without a comment; its time is relative to the event before it in the trace. */
export function printEvent(trace: Trace, index: number): string {
  const { events } = trace;
  const of = events.connection.at(index);
  const before = index === 0 ? 0 : events.timeNs.at(index - 1);
  const time = timeText(events.timeNs.at(index) - before).padEnd(timeWidth[trace.kind] - 1);
  if (of < 0) return `${time} ${deviceEventText(trace, index, trace.devices[deviceColumn(of)]!)}`;
  const connection = trace.connections[of]!;
  return `${time} ${connection.name} ${detailText(trace, index, connection)}`;
}

/** The device's name and what happens to it. */
function deviceEventText({ events }: Trace, index: number, { name, later = [] }: Device): string {
  const kind = events.kind.at(index);
  const one = kind === Kind.become ? later[events.extra.at(index)] : undefined;
  return `${name} ${eventKinds[kind]!}${one === undefined ? "" : ` ${profileText(one)}`}`;
}

/** A profile's word, and the kernel that goes with it. */
const profileText = ({ profile, kernel }: Pick<Device, "profile" | "kernel">): string =>
  `${profile.word ?? profile.id}${kernel.strict && profile.kernel !== null ? `@${kernel.id}` : ""}`;

/** How keys that a trace file states are printed. A capture's never are. */
export type PrintedKeys = "stated" | "masked";

/** The lines of the devices, then of the connections. */
export function printDeclarations(trace: Trace, keys: PrintedKeys): string[] {
  const connections = trace.connections.map((connection) => connectionText(trace, connection, keys));
  return [...trace.devices.map(deviceText), ...connections];
}

interface Statement {
  /** Line it should stand on, 0 = wherever it falls. */
  line: number;
  text: string;
}

/**
 * The trace as text that reads back as the same trace, in one normal form: everything stands on its own line number
 * where it has one that is still free, gaps are blank lines.
 */
export const printTrace = (trace: Trace, keys: PrintedKeys = "stated"): string =>
  finished(printing(trace, keys));

/** The same with a pause now and then, for a trace file may have millions of lines. */
export function* printing(trace: Trace, keys: PrintedKeys = "stated"): Generator<number, string> {
  // Of a capture nothing has a place in a text, and it can have millions of lines.
  if (trace.kind === "capture") return joined(placelessLines(trace));
  const statements = yield* statementsOf(trace, keys);
  const taken = new Set(statements.map((statement) => statement.line));
  const wholeLines = [...trace.comments]
    .filter(([line]) => !taken.has(line))
    .map(([line, text]) => ({ line, text }));
  const ordered = [...wholeLines, ...statements];
  // Lines are where things really stood only if somebody wrote the declarations' lines down.
  if (trace.declarationLines) ordered.sort((a, b) => a.line - b.line);
  const lines: string[] = [];
  for (const { line, text } of ordered) {
    while (lines.length + 1 < line) lines.push("");
    const comment = taken.has(line) ? trace.comments.get(line) : undefined;
    lines.push(comment === undefined ? text : `${text.padEnd(commentColumn - 2)}  ${comment}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Lines put together in pieces: an array of millions of them would be gone through by the collector again and again. */
function joined(lines: Iterable<string>): string {
  const pieces: string[] = [];
  let piece = "";
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < 1 << 16) continue;
    pieces.push(piece);
    piece = "";
  }
  return pieces.join("") + piece;
}

/** The lines of a trace whose statements stand nowhere: its comments, declarations, events with what each is expected to do. */
function* placelessLines(trace: Trace): Generator<string> {
  const expected = expectedOf(trace);
  yield* trace.comments.values();
  yield* printDeclarations(trace, "stated");
  for (let event = 0; event < trace.events.count; event++) {
    yield printEvent(trace, event);
    for (const expectation of expected.get(event) ?? []) yield expectationText(expectation);
  }
  for (const expectation of expected.get(-1) ?? []) yield expectationText(expectation);
}

function expectedOf({ expectations }: Trace): Map<number, Expectation[]> {
  const byEvent = new Map<number, Expectation[]>();
  for (const expectation of expectations) {
    const known = byEvent.get(expectation.event);
    if (known) known.push(expectation);
    else byEvent.set(expectation.event, [expectation]);
  }
  return byEvent;
}

/** Events between two pauses. */
const pauseEvery = 1024;

/** All statements in the order of the language: declarations, each event with what it is expected to do, the whole file's. */
function* statementsOf(trace: Trace, keys: PrintedKeys): Generator<number, Statement[]> {
  const expected = expectedOf(trace);
  const statementsAt = (event: number): Statement[] =>
    (expected.get(event) ?? []).map((each) => ({ line: each.line, text: expectationText(each) }));
  const declarations = printDeclarations(trace, keys);
  const statements = declarations.map((text, i) => ({ line: trace.declarationLines?.[i] ?? 0, text }));
  for (let event = 0; event < trace.events.count; event++) {
    statements.push({ line: trace.events.line.at(event), text: printEvent(trace, event) });
    for (const statement of statementsAt(event)) statements.push(statement);
    if (event % pauseEvery === 0) yield event / trace.events.count;
  }
  return statements.concat(statementsAt(-1));
}

/** What a line says: the values of the parts that each of its form has, and those of others by their names. */
interface Said {
  fixed: readonly (string | number)[];
  free?: Readonly<Record<string, string | number | undefined>> | undefined;
}

/** What stands behind a form's verb; `flagGap` stands before the first flag. */
function partsText(form: Form, { fixed, free }: Said, flags = 0, flagGap = " "): string {
  let text = "";
  for (let i = 0; i < fixed.length; i++) {
    const { role, name } = form.fixed[i]!;
    text += role === "word" ? ` ${name} ${fixed[i]}` : ` ${fixed[i]}`;
  }
  if (flags === 0 && free === undefined) return text;
  let gap = flagGap;
  for (let i = fixed.length; i < form.parts.length; i++) {
    const { role, name, bit } = form.parts[i]!;
    if (role === "flag") {
      if ((flags & bit) === 0) continue;
      text += gap + name;
      gap = " ";
    } else if (free !== undefined) {
      const value = free[name];
      if (value !== undefined) text += ` ${name}${role === "option" ? "=" : " "}${value}`;
    }
  }
  return text;
}

function deviceText(
  { name, profile, kernel, mtu, slaves }: Device,
  _: number,
  devices: readonly Device[],
): string {
  // A kernel that goes with the profile wins over the line's, so it stands with the profile.
  const own = kernel.strict ? kernel.id : undefined;
  const below = slaves.map((slave) => devices[slave]!.name).join(",");
  const free = {
    profile: profileText({ profile, kernel }),
    kernel: profile.kernel === null ? own : undefined,
    mtu,
    slaves: slaves.length > 0 ? below : undefined,
  };
  // As far as the connections' names below.
  return `${deviceForm.verb} ${partsText(deviceForm, { fixed: [name], free })}`;
}

function connectionText(trace: Trace, connection: Connection, printed: PrintedKeys): string {
  const { name, flow, cipher, mss, payloadMax, reuses, captured } = connection;
  const device = trace.devices[connection.device]!;
  const keys = trace.kind === "text" && cipher !== null ? connection.epochs[0] : undefined;
  const free = {
    flow: flow === name ? undefined : flow,
    device: device.name,
    version: Object.keys(versions).find((version) => versions[version] === connection.version)!,
    cipher: cipher ?? "unknown",
    seq: toU32(connection.startSeq),
    rec_seq: String(connection.recSeq0),
    mss: mss === device.mtu - headersSize ? undefined : mss,
    payload_max: payloadMax === payloadSizeMax ? undefined : payloadMax,
    reuses: reuses < 0 ? undefined : trace.connections[reuses]!.name,
    from: captured ? "capture" : undefined,
    keys: cipher !== null && isKeyless(connection) ? "unknown" : undefined,
    ...(keys ? statedKeys(name, cipher!, keys, printed) : {}),
  };
  return connectionForm.verb + partsText(connectionForm, { fixed: [name], free });
}

/** No keys of any epoch are known; one that an edit left without has those of its name. */
const isKeyless = ({ epochs }: Connection): boolean =>
  epochs.length > 0 && epochs.every((keys) => keys === null);

/** Those of key, salt and iv that are not the ones derived from the name. */
function statedKeys(
  name: string,
  cipher: Cipher,
  keys: RecordKeys,
  printed: PrintedKeys,
): Record<string, string> {
  const derived = derivedKeys(name, cipher);
  const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const stated = (["key", "salt", "iv"] as const).filter((part) => hex(keys[part]) !== hex(derived[part]));
  return Object.fromEntries(stated.map((part) => [part, printed === "masked" ? "masked" : hex(keys[part])]));
}

/** Seconds with as many decimals as it takes: `+0`, `+.001`, `+1.5`. */
function timeText(stepNs: number): string {
  const sign = stepNs < 0 ? "-" : "+";
  const ns = Math.abs(stepNs);
  const seconds = Math.floor(ns / 1e9);
  const rest = ns - seconds * 1e9;
  if (rest === 0) return `${sign}${seconds}`;
  let decimals = String(rest + 1e9).slice(1);
  while (decimals.endsWith("0")) decimals = decimals.slice(0, -1);
  return `${sign}${seconds === 0 ? "" : seconds}.${decimals}`;
}

/** What stands behind the connection's name. */
export function detailText(trace: Trace, index: number, connection: Connection): string {
  const { events } = trace;
  const form = formOfKind[events.kind.at(index)];
  // An edit can make an event of no kind: its line is none of the language.
  if (form === undefined) return `kind=${events.kind.at(index)}`;
  const said = saidOf(trace, index, connection);
  const flags = flagsOf(events.at(index), connection);
  // Two spaces set a transmit's fate apart.
  return form.verb + partsText(form, said, flags, form.kind === Kind.transmit ? "  " : " ");
}

/** The bits of the flag words that its line has. */
function flagsOf({ kind, flags, extra }: Event, { captured }: Connection): number {
  if (kind === Kind.ack) return extra;
  if (kind === Kind.record) return unpackRecord(extra).unopened ? unopenedBit : 0;
  if (kind !== Kind.transmit || !captured) return flags;
  return flags & Flag.captured ? flags & ~Flag.captured : flags | uncapturedBit;
}

function saidOf(trace: Trace, index: number, connection: Connection): Said {
  const { events } = trace;
  const length = events.length.at(index);
  const extra = events.extra.at(index);
  const at = events.seq.at(index) - connection.startSeq;
  switch (events.kind.at(index)) {
    case Kind.transmit:
      return {
        fixed: [`${at}:${at + length}(${length})`],
        free: extra === 0 ? undefined : transmitOptions(extra),
      };
    case Kind.ack:
      return { fixed: [at], free: sackOptions(trace, index, connection) };
    case Kind.send:
      return { fixed: [length], free: sendOptions(extra, events.flags.at(index)) };
    case Kind.record:
      return { fixed: [length], free: recordOptions(trace, index) };
    case Kind.gap:
      return { fixed: [length] };
    case Kind.split:
      return { fixed: [at] };
    case Kind.set:
      return { fixed: [settables[extra]!, at] };
    case Kind.reroute:
      return { fixed: [trace.devices[extra]!.name] };
    case Kind.merge:
    case Kind["page-write"]:
      return { fixed: [`${at}:${at + length}`] };
    default:
      return { fixed: [] };
  }
}

function transmitOptions(extra: number): Said["free"] {
  const { dmaErrorAt, queue } = unpackTransmit(extra);
  return { "dma-error": dmaErrorAt > 0 ? dmaErrorAt : undefined, queue: queue >= 0 ? queue : undefined };
}

function sendOptions(extra: number, flags: number): Said["free"] {
  if ((flags & (Flag.zerocopy | Flag.typed)) === 0) return undefined;
  const pieces = flags & Flag.zerocopy ? sendPieces(extra) : 0;
  return {
    pieces: pieces > 1 ? pieces : undefined,
    type: flags & Flag.typed ? typeText(sendType(extra)) : undefined,
  };
}

function recordOptions({ events, recordSns }: Trace, index: number): Said["free"] {
  const record = unpackRecord(events.extra.at(index));
  const sn = record.snGiven ? String(recordSns.get(index) ?? "?") : undefined;
  return {
    type: record.type === recordType.applicationData ? undefined : typeText(record.type),
    sn: record.snUnknown ? "?" : sn,
    epoch: record.startsEpoch ? record.epoch : undefined,
  };
}

function sackOptions(trace: Trace, index: number, connection: Connection): Said["free"] {
  const blocks = trace.sacks.get(index);
  if (blocks === undefined || blocks.length === 0) return undefined;
  const at = (i: number) => blocks[i]! - connection.startSeq;
  const texts: string[] = [];
  for (let i = 0; i + 1 < blocks.length; i += 2) texts.push(`${at(i)}:${at(i + 1)}`);
  return { sack: texts.join(",") };
}

const expectationText = (expectation: Expectation): string =>
  `${expectation.event < 0 ? "" : " ".repeat(timeWidth.text)}expect ${printExpected(expectation)}`;

/** What stands behind the word `expect`. */
export function printExpected({ no, what, under }: Pick<Expectation, "no" | "what" | "under">): string {
  return `${no ? "no " : ""}${subjectText(what)}${under.length > 0 ? ` under ${under.join(",")}` : ""}`;
}

function subjectText(what: Expectation["what"]): string {
  if ("wire" in what) return `wire=${what.wire}`;
  if ("counter" in what)
    return `counter ${what.of === null ? "" : `${what.of} `}${what.counter}=${what.value}`;
  const fields = Object.entries(what.fields).map(([name, value]) => ` ${name}=${value}`);
  return `${what.effect}${fields.join("")}`;
}
