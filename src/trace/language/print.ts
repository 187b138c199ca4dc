import {
  type Cipher,
  payloadSizeMax,
  type RecordKeys,
  recordType,
  versions,
} from "../../core/base/record.ts";
import { type Seq, seq, toU32 } from "../../core/base/seq.ts";
import type { Connection, Device } from "../../core/machine/connection.ts";
import {
  deviceColumn,
  eventKinds,
  Flag,
  Kind,
  sendPieces,
  sendType,
  type TransmitExtra,
  unpackRecord,
  unpackTransmit,
} from "../../core/words/event.ts";
import type { Expectation, Trace } from "../trace.ts";
import { headersSize } from "./declarations.ts";
import { derivedKeys } from "./keystream.ts";
import { relativeMin } from "./operands.ts";
import { installFlags, sendFlags, transmitFlags, typeText } from "./vocabulary.ts";

/** Column where comments begin, if the line leaves room. */
const commentColumn = 42;
/** Width of the time and of an expectation's indentation; captures have nine decimals. */
const timeWidth = { text: 7, capture: 12 } as const;
const ringSize = 2 ** 32;

/**
 * A sequence number as the language writes it, relative to the offload start: the last quarter of the ring (2^30 bytes
 * before the start) reads negative, so a stream's first 3 GB read positive. It needs no history, so any line of a
 * listing can be printed alone; the number read back is always the same point of the ring.
 */
export function relative(start: Seq, at: Seq): number {
  const forward = toU32(seq(at - start));
  return forward - ringSize >= relativeMin ? forward - ringSize : forward;
}

/** One event as its line, without a comment; its time is relative to the event before it in the trace. */
export function printEvent(trace: Trace, index: number): string {
  return eventText(trace, index, trace.kind === "text");
}

/** The lines of the devices, then of the connections. Keys are printed only where a trace file stated them: never a capture's. */
export function printDeclarations(trace: Trace): string[] {
  const connections = trace.connections.map((connection) => connectionText(trace, connection));
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
export function printTrace(trace: Trace): string {
  const statements = statementsOf(trace);
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

/** All statements in the order of the language: declarations, each event with what it is expected to do, the whole file's. */
function statementsOf(trace: Trace): Statement[] {
  const lined = trace.kind === "text";
  const byEvent = new Map<number, Statement[]>();
  for (const expectation of trace.expectations) {
    const statement = { line: expectation.line, text: expectationText(expectation) };
    byEvent.set(expectation.event, [...(byEvent.get(expectation.event) ?? []), statement]);
  }
  const declarations = printDeclarations(trace);
  const statements = declarations.map((text, i) => ({ line: trace.declarationLines?.[i] ?? 0, text }));
  for (let event = 0; event < trace.events.count; event++) {
    statements.push({ line: lined ? trace.events.line.at(event) : 0, text: eventText(trace, event, true) });
    statements.push(...(byEvent.get(event) ?? []));
  }
  statements.push(...(byEvent.get(-1) ?? []));
  return statements;
}

function deviceText(
  { name, profile, kernel, mtu, slaves }: Device,
  _: number,
  devices: readonly Device[],
): string {
  // A kernel that goes with the profile wins over the line's, so it stands with the profile.
  const generation = !kernel.strict ? "" : profile.kernel === null ? ` kernel=${kernel.id}` : `@${kernel.id}`;
  const below = slaves.length > 0 ? ` slaves=${slaves.map((slave) => devices[slave]!.name).join(",")}` : "";
  return `device  ${name} profile=${profile.word ?? profile.id}${generation} mtu=${mtu}${below}`;
}

function connectionText(trace: Trace, connection: Connection): string {
  const device = trace.devices[connection.device]!;
  const version = Object.keys(versions).find((name) => versions[name] === connection.version)!;
  const words = [`connection ${connection.name} device=${device.name} version=${version}`];
  if (connection.cipher !== null) words.push(`cipher=${connection.cipher}`);
  words.push(`seq=${toU32(connection.startSeq)} rec_seq=${connection.recSeq0}`);
  if (connection.mss !== device.mtu - headersSize) words.push(`mss=${connection.mss}`);
  if (connection.payloadMax !== payloadSizeMax) words.push(`payload_max=${connection.payloadMax}`);
  if (connection.reuses >= 0) words.push(`reuses=${trace.connections[connection.reuses]!.name}`);
  const keys = connection.epochs[0];
  if (trace.kind === "text" && keys && connection.cipher !== null)
    words.push(...statedKeys(connection.name, connection.cipher, keys));
  return words.join(" ");
}

/** Those of key, salt and iv that are not the ones derived from the name. */
function statedKeys(name: string, cipher: Cipher, keys: RecordKeys): string[] {
  const derived = derivedKeys(name, cipher);
  const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const parts = ["key", "salt", "iv"] as const;
  return parts
    .filter((part) => hex(keys[part]) !== hex(derived[part]))
    .map((part) => `${part}=${hex(keys[part])}`);
}

function eventText(trace: Trace, index: number, withCaptured: boolean): string {
  const { events } = trace;
  const of = events.connection.at(index);
  const before = index === 0 ? 0 : events.timeNs.at(index - 1);
  const time = timeText(events.timeNs.at(index) - before).padEnd(timeWidth[trace.kind] - 1);
  if (of < 0) return `${time} ${trace.devices[deviceColumn(of)]!.name} ${eventKinds[events.kind.at(index)]!}`;
  const connection = trace.connections[of]!;
  return `${time} ${connection.name} ${detailText(trace, index, connection, withCaptured)}`;
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
function detailText(trace: Trace, index: number, connection: Connection, withCaptured: boolean): string {
  const { events } = trace;
  const kind = events.kind.at(index);
  const length = events.length.at(index);
  const flags = events.flags.at(index);
  const at = relative(connection.startSeq, seq(events.seq.at(index)));
  if (kind === Kind.transmit) {
    const shown = withCaptured ? flags : flags & ~Flag.captured;
    const extra = events.extra.at(index) === 0 ? "" : extraText(unpackTransmit(events.extra.at(index)));
    return `> ${at}:${at + length}(${length})${shown === 0 ? "" : flagText(shown, transmitFlags, "  ")}${extra}`;
  }
  if (kind === Kind.ack) {
    const races = events.extra.at(index) === 1 ? " racing" : "";
    return `< ack ${at}${sackText(trace, index, connection)}${races}`;
  }
  if (kind === Kind.record) return `record ${length}${recordText(trace, index)}`;
  if (kind === Kind.gap) return `gap ${length}`;
  if (kind === Kind.send) return sendText(trace, index);
  if (kind === Kind.install) return `install${flagText(flags, installFlags, " ")}`;
  if (kind === Kind.reroute) return `reroute ${trace.devices[events.extra.at(index)]!.name}`;
  if (kind === Kind.split) return `split ${at}`;
  const name = eventKinds[kind]!;
  return kind === Kind.merge || kind === Kind["page-write"] ? `${name} ${at}:${at + length}` : name;
}

function sendText({ events }: Trace, index: number): string {
  const flags = events.flags.at(index);
  const extra = events.extra.at(index);
  const pieces = flags & Flag.zerocopy && sendPieces(extra) > 1 ? ` pieces=${sendPieces(extra)}` : "";
  const type = flags & Flag.typed ? ` type=${typeText(sendType(extra))}` : "";
  return `send ${events.length.at(index)}${flagText(flags, sendFlags, " ")}${pieces}${type}`;
}

const extraText = ({ dmaErrorAt, queue }: TransmitExtra): string =>
  `${dmaErrorAt > 0 ? ` dma-error=${dmaErrorAt}` : ""}${queue >= 0 ? ` queue=${queue}` : ""}`;

function flagText(flags: number, names: Readonly<Record<string, number>>, separator: string): string {
  let text = "";
  for (const name in names) {
    if (flags & names[name]!) text += `${text === "" ? separator : " "}${name}`;
  }
  return text;
}

function sackText(trace: Trace, index: number, connection: Connection): string {
  const blocks = trace.sacks.get(index);
  if (blocks === undefined || blocks.length === 0) return "";
  const at = (i: number) => relative(connection.startSeq, seq(blocks[i]!));
  const texts: string[] = [];
  for (let i = 0; i + 1 < blocks.length; i += 2) {
    const length = toU32(seq(blocks[i + 1]! - blocks[i]!));
    texts.push(`${at(i)}:${at(i) + length}`);
  }
  return ` sack ${texts.join(",")}`;
}

function recordText(trace: Trace, index: number): string {
  const record = unpackRecord(trace.events.extra.at(index));
  const type = record.type === recordType.applicationData ? "" : ` type=${typeText(record.type)}`;
  const sn = record.snUnknown ? " sn=?" : record.snGiven ? ` sn=${trace.recordSns.get(index) ?? "?"}` : "";
  return `${type}${sn}${record.startsEpoch ? ` epoch=${record.epoch}` : ""}`;
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
