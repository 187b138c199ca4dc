import { headerSize } from "../../core/base/record.ts";
import { seq, toU32 } from "../../core/base/seq.ts";
import { deviceColumn, Flag, Kind, packRecord, packSend, packTransmit } from "../../core/words/event.ts";
import { integer, integer64, LineFault, list, options, part, span, type Token } from "../lexer.ts";
import {
  lengthOf,
  nothingMore,
  rangeOf,
  relativeMax,
  relativeMin,
  sackBlocks,
  takeFlags,
  typeOf,
} from "./operands.ts";
import type { DeclaredConnection, Form, Reading, Row } from "./reading.ts";
import { exclusiveFates, piecesOf, readDeviceEvent, socketForms, transmitExtra } from "./socket-events.ts";
import { eventForms, sendFlags, transmitFlags } from "./vocabulary.ts";

/** Bytes of a stream that can be unacknowledged at once: the largest window that TCP can offer (RFC 7323 §2.3). */
const unackedMax = 2 ** 30;
/** Bytes of one stream, and of all in a file: what bounds the record maps of a replay. */
const streamMax = 2 ** 32 - 1;
const streamsMax = 2 ** 36;
/** Bytes of one segment: above the largest BIG TCP skb (524280). */
const segmentMax = 2 ** 20;
/** Record bodies are counted in 16 bits. */
const recordMax = headerSize + 65535;
const epochMax = 65535;
const nsPerSecond = 1e9;
/** Times stay this close to the trace's begin (52 days), so that every difference of two is exact. */
const timeNsMax = 2 ** 52;

const forms: Readonly<Record<string, Form>> = {
  ...socketForms,
  send: readSend,
  record: readRecord,
  gap: readGap,
  ">": readTransmit,
  "<": readAck,
  close: readClose,
};

/** `+SECONDS CONNECTION EVENT`: appends the event. A line with an error is left out, its time is not. */
export function readEvent(reading: Reading, words: Token[]): void {
  reading.subject = null;
  reading.timeNs = timeOf(words[0]!, reading);
  const [time, name, verb] = words;
  if (name === undefined) throw new LineFault(time!, "a connection and an event are missing behind the time");
  const device = reading.devices.get(name.text);
  if (device !== undefined) return readOfDevice(reading, words, device);
  const connection = reading.connections.get(name.text);
  if (connection === undefined) throw unknownConnection(reading, name);
  const form = verb && Object.hasOwn(forms, verb.text) ? forms[verb.text] : undefined;
  if (verb === undefined || form === undefined) {
    throw new LineFault(
      verb ?? name,
      `no event of this kind; behind a connection stands ${list(eventForms.map((text) => `\`${text}\``))}`,
    );
  }
  const row = form(words.slice(3), verb, connection, reading);
  const { events, sacks, recordSns } = reading.trace;
  const index = events.push({
    timeNs: reading.timeNs,
    connection: connection.index,
    kind: row.kind,
    flags: row.flags ?? 0,
    seq: seq(connection.startSeq + (row.at ?? 0)),
    length: row.length ?? 0,
    extra: row.extra ?? 0,
    line: reading.line,
    offset: -1,
  });
  if (row.sacks) sacks.set(index, row.sacks);
  if (row.recordSn !== undefined) recordSns.set(index, row.recordSn);
  reading.subject = index;
}

/** `+SECONDS DEVICE EVENT`: an event of every connection on the device. */
function readOfDevice(reading: Reading, words: Token[], device: number): void {
  const [, name, verb, ...rest] = words;
  if (verb === undefined) throw new LineFault(name!, "an event is missing behind the device, e.g. `down`");
  reading.subject = reading.trace.events.push({
    timeNs: reading.timeNs,
    connection: deviceColumn(device),
    kind: readDeviceEvent(rest, verb, reading),
    flags: 0,
    seq: seq(0),
    length: 0,
    extra: 0,
    line: reading.line,
    offset: -1,
  });
}

function unknownConnection(reading: Reading, name: Token): LineFault {
  const known = [...reading.connections.keys()];
  return new LineFault(
    name,
    known.length === 0
      ? "no connection is declared above; declare it first: `connection web device=eth0`"
      : `no connection of this name is declared above; there is ${list(known)}`,
  );
}

/** Seconds after the event line before, in nanoseconds since the trace began. */
function timeOf(token: Token, reading: Reading): number {
  const match = /^([+-])(\d{0,8})(?:\.(\d{1,9}))?$/.exec(token.text);
  if (match === null || token.text.length < 2) {
    throw new LineFault(token, "a time reads +SECONDS, e.g. +0 or +.001, with at most 9 decimals");
  }
  const [, sign, seconds, decimals = ""] = match;
  const step = Number(seconds) * nsPerSecond + Number(decimals.padEnd(9, "0"));
  const timeNs = reading.timeNs + (sign === "-" ? -step : step);
  if (Math.abs(timeNs) > timeNsMax)
    throw new LineFault(token, "the trace gets longer than 52 days; shorten the time");
  if (sign === "-" && step > 0)
    reading.report("warning", token, "time goes backwards here; lines are replayed in the file's order");
  return timeNs;
}

/** `send LENGTH [more|eor] [zerocopy [pieces=N]] [type=TYPE]`: what sendmsg() refuses is refused. */
function readSend(words: Token[], verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  const [lengthWord, ...rest] = words;
  const length = lengthOf(lengthWord, verb, 0, unackedMax, "send LENGTH");
  const { flags, others } = takeFlags(rest, sendFlags);
  const given = options(others, ["type", "pieces"]);
  const type = given.get("type");
  const typed = type !== undefined;
  const more = (flags & Flag.more) !== 0;
  const range = span(verb, words.at(-1)!);
  if (more && flags & Flag.eor)
    throw new LineFault(range, "sendmsg() refuses MSG_MORE with MSG_EOR (EINVAL); leave one out");
  if (more && typed)
    throw new LineFault(range, "sendmsg() refuses MSG_MORE with a record type (EINVAL); leave one out");
  const pieces = piecesOf(given.get("pieces"), length, range, (flags & Flag.zerocopy) !== 0);
  const pieceSize = pieces === 0 ? 0 : Math.ceil(length / pieces);
  push(reading, connection, range, () => connection.progress.send(length, more, typed, pieceSize));
  const extra = packSend(typeOf(type), pieces);
  return { kind: Kind.send, flags: flags | (typed ? Flag.typed : 0), length, extra };
}

/** `record LENGTH [type=TYPE] [sn=N|?] [epoch=E]`; an epoch is given on the record that begins it. */
function readRecord(words: Token[], verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  const [lengthWord, ...rest] = words;
  const length = lengthOf(lengthWord, verb, connection.progress.overhead, recordMax, "record LENGTH");
  const given = options(rest, ["type", "sn", "epoch"]);
  const sn = given.get("sn");
  const snUnknown = sn?.text === "?";
  const recordSn = sn === undefined || snUnknown ? undefined : integer64(sn, "sn");
  const epochWord = given.get("epoch");
  const epoch = epochWord ? integer(epochWord, 0, epochMax, "an epoch") : connection.progress.epoch;
  const type = typeOf(given.get("type"));
  noOpenRecord(connection, verb);
  push(reading, connection, lengthWord!, () => {
    connection.progress.pushed += length;
  });
  connection.progress.epoch = epoch;
  const extra = packRecord({
    type,
    epoch,
    startsEpoch: epochWord !== undefined,
    snUnknown,
    snGiven: recordSn !== undefined,
  });
  return { kind: Kind.record, length, extra, ...(recordSn === undefined ? {} : { recordSn }) };
}

function readGap(words: Token[], verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  const length = lengthOf(words[0], verb, 1, unackedMax, "gap LENGTH");
  nothingMore(words.slice(1));
  noOpenRecord(connection, verb);
  push(reading, connection, words[0]!, () => {
    connection.progress.pushed += length;
  });
  return { kind: Kind.gap, length };
}

/** `> START:END(LENGTH) [flags]`; only bytes that TCP has can be sent. */
function readTransmit(words: Token[], verb: Token, { progress }: DeclaredConnection): Row {
  const [range, ...rest] = words;
  const match = /^(-?\d+:-?\d+)\((\d+)\)$/.exec(range?.text ?? "");
  if (range === undefined || match === null) {
    throw new LineFault(range ?? verb, "behind > stands START:END(LENGTH), e.g. 0:1448(1448)");
  }
  const [start, end] = rangeOf(part(range, 0, match[1]!.length));
  const stated = part(range, match[1]!.length + 1, range.text.length - 1);
  const length = end - start;
  if (length > segmentMax) throw new LineFault(range, `a segment has at most ${segmentMax} bytes; divide it`);
  if (stated.text !== String(length))
    throw new LineFault(stated, `${start}:${end} is ${length} bytes long; write (${length})`);
  const fates = rest.map((word) => (word.text === "dma-error" ? { ...word, text: "dma-error=1" } : word));
  const { flags, others } = takeFlags(fates, transmitFlags);
  const given = transmitExtra(others);
  for (const [one, other, message] of exclusiveFates)
    if ((flags & one) !== 0 && (flags & other) !== 0)
      throw new LineFault(span(rest[0]!, rest.at(-1)!), message);
  if (end > progress.pushed) throw notPushed(range, progress.pushed, progress.open);
  progress.sent = Math.max(progress.sent, end);
  if (flags & Flag.fin) progress.finSent = true;
  return { kind: Kind.transmit, flags, at: start, length, extra: packTransmit(given) };
}

function notPushed(range: Token, pushed: number, open: number): LineFault {
  const why = open < 0 ? "" : `, and ${open} payload bytes wait in an open record`;
  return new LineFault(
    range,
    `TCP has bytes up to ${pushed} only${why}; put a \`send\` above or end the range at ${pushed}`,
  );
}

/** `< ack N [sack START:END,…] [racing]`; TCP discards what acknowledges bytes never sent (RFC 9293 §3.10.7.4). */
function readAck(
  words: Token[],
  verb: Token,
  { progress, startSeq }: DeclaredConnection,
  reading: Reading,
): Row {
  const races = words.at(-1)?.text === "racing";
  const [ackWord, number, sackWord, blocks, ...rest] = races ? words.slice(0, -1) : words;
  if (ackWord?.text !== "ack" || number === undefined) {
    throw new LineFault(ackWord ?? verb, "behind < stands `ack N`, or `ack N sack START:END,START:END`");
  }
  const at = integer(number, relativeMin, relativeMax, "an acknowledgement");
  if (sackWord !== undefined && sackWord.text !== "sack")
    throw new LineFault(
      sackWord,
      "behind the acknowledgement only `sack START:END,…` and `racing` can stand",
    );
  if (sackWord !== undefined && blocks === undefined)
    throw new LineFault(sackWord, "behind sack stand blocks, e.g. `sack 4344:40087`");
  const ranges = blocks === undefined ? [] : sackBlocks(blocks);
  nothingMore(rest);
  const beyond = Math.max(at, ...ranges.map(([, end]) => end)) > progress.sent + (progress.finSent ? 1 : 0);
  if (beyond)
    reading.report(
      "warning",
      number,
      `it acknowledges bytes that were not sent: only those before ${progress.sent} were`,
    );
  progress.acked = Math.max(progress.acked, Math.min(at, progress.pushed));
  const sacks = ranges.flatMap(([start, end]) => [toU32(seq(startSeq + start)), toU32(seq(startSeq + end))]);
  return { kind: Kind.ack, at, extra: races ? 1 : 0, ...(sacks.length === 0 ? {} : { sacks }) };
}

function readClose(words: Token[], verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  nothingMore(words);
  push(reading, connection, verb, () => connection.progress.closeRecord());
  connection.progress.closed = true;
  return { kind: Kind.close };
}

function noOpenRecord({ progress }: DeclaredConnection, verb: Token): void {
  if (progress.open >= 0) throw new LineFault(verb, "a record is open (`more`); close it first: `send 0`");
}

/** Changes the stream's end within the limits; beyond them nothing is changed. */
function push(reading: Reading, { progress }: DeclaredConnection, token: Token, change: () => void): void {
  if (progress.closed)
    throw new LineFault(token, "the connection is closed above; remove the line or the `close`");
  const before = progress.mark();
  change();
  const grown = progress.pushed - before.pushed;
  const problem =
    progress.pushed - progress.acked > unackedMax
      ? "more than 2^30 bytes would be unacknowledged, TCP has no larger window; put an `ack` above"
      : progress.pushed > streamMax
        ? "the stream would get longer than 2^32 − 1 bytes; go on with another connection"
        : reading.streamBytes + grown > streamsMax
          ? "all streams together would get longer than 2^36 bytes; divide the trace"
          : null;
  if (problem === null) {
    reading.streamBytes += grown;
    return;
  }
  Object.assign(progress, before);
  throw new LineFault(token, problem);
}
