import { headerSize, recordType } from "../../core/base/record.ts";
import { advance, seq } from "../../core/base/seq.ts";
import { deviceColumn, Flag, Kind, packRecord, packSend, packTransmit } from "../../core/words/event.ts";
import { integer, integer64, LineFault, list, span, type Token } from "../lexer.ts";
import { counted, noun } from "../visible.ts";
import {
  connectionFormOf,
  deviceFormOf,
  formOfKind,
  raceBit,
  uncapturedBit,
  unopenedBit,
} from "./event-forms.ts";
import type { Form } from "./form.ts";
import { eventForms } from "./form-text.ts";
import { derivedKeys } from "./keystream.ts";
import {
  epochMax,
  lengthOf,
  noSegment,
  relativeMax,
  relativeMin,
  sackBlocks,
  segmentOf,
  typeOf,
} from "./operands.ts";
import { type DeclaredConnection, type EventReader, leftOut, type Reading, type Row } from "./reading.ts";
import { piecesOf, readDeviceEvent, socketReaders, transmitExtra } from "./socket-events.ts";
import { type Given, take } from "./take.ts";

/** Bytes of a stream that can be unacknowledged at once: the largest window that TCP can offer (RFC 7323 §2.3). */
const unackedMax = 2 ** 30;
/** Bytes of all streams in a file: what bounds the record maps of a replay. */
const streamsMax = 2 ** 36;
/** Records that one `send` becomes: as many as the largest window holds of the usual size. */
const sendRecordsMax = 2 ** 16;
/** Records of all `send` lines in a file, each of which takes some 100 bytes of a replay. */
const recordsMax = 2 ** 21;
/** Bytes of one segment: above the largest BIG TCP skb (524280). */
const segmentMax = 2 ** 20;
/** Record bodies are counted in 16 bits. */
const recordMax = headerSize + 65535;
const nsPerSecond = 1e9;
/** Times stay this close to the trace's begin (52 days), so that every difference of two is exact. */
const timeNsMax = 2 ** 52;

const sendForm = formOfKind[Kind.send]!;
const transmitForm = formOfKind[Kind.transmit]!;
const readers: Readonly<Record<number, EventReader>> = {
  ...socketReaders,
  [Kind.send]: readSend,
  [Kind.record]: readRecord,
  [Kind.gap]: readGap,
  [Kind.transmit]: readTransmit,
  [Kind.ack]: readAck,
  [Kind.close]: readClose,
};

/**
 * `+SECONDS CONNECTION EVENT`: appends the event. A word that is wrong is left out; the event only if too little remains
 * of it. Its time counts in any case.
 */
export function readEvent(reading: Reading, words: Token[]): void {
  reading.subject = null;
  const [time, name, verb] = words;
  reading.timeNs = timeOf(time!, reading);
  if (name === undefined) throw new LineFault(time!, "a connection and an event are missing behind the time");
  const connection = reading.connections.get(name.text);
  const form = verb && connectionFormOf.get(verb.text);
  if (connection === undefined || form === undefined) return readOther(reading, words, form);
  append(reading, connection, readRow(reading, form, words, connection));
}

/** A line whose name is no connection's, or whose event is not one of a connection. */
function readOther(reading: Reading, words: Token[], form: Form | undefined): void {
  const [, name, verb] = words as [Token, Token, Token?];
  const connection = reading.connections.get(name.text);
  const device = reading.devices.get(name.text);
  // Of a name that was declared twice, the event of the one left out.
  const isOther = connection === undefined ? form !== undefined : verb && deviceFormOf.has(verb.text);
  if (isOther && reading.lost.has(name.text, "connection")) throw leaveOut(reading, words, form);
  if (device !== undefined) return readOfDevice(reading, words, device);
  if (connection === undefined) throw leaveOut(reading, words, form);
  connection.progress.unsure = true;
  throw new LineFault(
    verb ?? name,
    `no event of this kind; behind a connection stands ${list(eventForms.map((text) => `\`${text}\``))}`,
  );
}

/** What the words behind the connection say. */
function readRow(reading: Reading, form: Form, words: Token[], connection: DeclaredConnection): Row {
  const given = take(form, words, 3, null);
  try {
    const row = readers[form.kind]!(given, words[2]!, connection, reading);
    reading.tell(given);
    return row;
  } catch (fault) {
    if (form.moves) connection.progress.unsure = true;
    throw fault;
  }
}

function append(reading: Reading, connection: DeclaredConnection, row: Row): void {
  const { events, sacks, recordSns } = reading.trace;
  const index = events.push({
    timeNs: reading.timeNs,
    connection: connection.index,
    kind: row.kind,
    flags: row.flags ?? 0,
    seq: advance(connection.startSeq, row.at ?? 0),
    length: row.length ?? 0,
    extra: row.extra ?? 0,
    line: reading.line,
    offset: -1,
  });
  if (row.sacks) sacks.set(index, row.sacks);
  if (row.recordSn !== undefined) recordSns.set(index, row.recordSn);
  // What is expected of a line that says something else than was meant, or behind one, would be told on top of its error.
  if (!reading.spoilt && connection.isClear) reading.subject = index;
}

/** `+SECONDS DEVICE EVENT`: an event of every connection on the device. */
function readOfDevice(reading: Reading, words: Token[], device: number): void {
  if (words[2] === undefined)
    throw new LineFault(words[1]!, "an event is missing behind the device, e.g. `down`");
  const { kind, extra = 0 } = readDeviceEvent(words, reading, device);
  reading.queue.turn(kind, device);
  const index = reading.trace.events.push({
    timeNs: reading.timeNs,
    connection: deviceColumn(device),
    kind,
    flags: 0,
    seq: seq(0),
    length: 0,
    extra,
    line: reading.line,
    offset: -1,
  });
  if (!reading.spoilt) reading.subject = index;
}

/** Why the event of a name that is declared nowhere is left out: told once a name, whose declaration may be what is wrong. */
function leaveOut({ lost, connections }: Reading, [, name, verb]: Token[], form?: Form): LineFault {
  if (form === undefined || form.moves) lost.anyMoved = true;
  const kind = verb !== undefined && deviceFormOf.has(verb.text) ? "device" : "connection";
  if (!lost.explains(name!.text, kind)) return unknownConnection(name!, [...connections.keys()]);
  lost.hadConnections ||= kind === "connection";
  return leftOut;
}

function unknownConnection(name: Token, known: string[]): LineFault {
  return new LineFault(
    name,
    known.length === 0
      ? "no connection is declared above; declare it first: `connection web device=eth0`"
      : `no connection of this name is declared above; there is ${list(known)}`,
  );
}

/** Seconds after the event line before, in nanoseconds since the trace began. */
function timeOf(token: Token, reading: Reading): number {
  const match = /^([+-])(\d{0,10})(?:\.(\d{1,9}))?$/.exec(token.text);
  if (match === null || token.text.length < 2) {
    reading.wrong(token, "a time reads +SECONDS, e.g. +0 or +.001, with at most 9 decimals");
    return reading.timeNs;
  }
  const [, sign, seconds, decimals = ""] = match;
  const step = Number(seconds) * nsPerSecond + Number(decimals.padEnd(9, "0"));
  const timeNs = reading.timeNs + (sign === "-" ? -step : step);
  if (Math.abs(timeNs) > timeNsMax && !reading.hasCaptured) {
    reading.wrong(token, "the trace gets longer than 52 days; shorten the time");
    return reading.timeNs;
  }
  if (sign === "-" && step > 0 && !reading.hasCaptured)
    reading.report("warning", token, "time goes backwards here; lines are replayed in the file's order");
  return timeNs;
}

/** `send LENGTH [more|eor] [zerocopy [pieces=N]] [type=TYPE]`: what sendmsg() refuses is refused. */
function readSend(given: Given, verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  const length = lengthOf(given.operands[0], verb, 0, unackedMax, "send LENGTH");
  const range = span(verb, given.words.at(-1)!);
  const flags = flagsOf(reading, sendForm, given, range);
  const pieces = piecesOf(reading, given, length, range);
  const pieceSize = pieces === 0 ? 0 : Math.ceil(length / pieces);
  const typed = (flags & Flag.typed) !== 0;
  const more = (flags & Flag.more) !== 0;
  if (reading.isFull) throw leftOut;
  const most = connection.progress.recordsOf(length, pieceSize);
  if (most > sendRecordsMax)
    throw new LineFault(range, `a \`send\` becomes at most ${sendRecordsMax} records; divide it`);
  if (reading.records + most > recordsMax) throw fullAt(reading, range);
  push(reading, connection, range, () => connection.progress.send(length, more, typed, pieceSize));
  return { kind: Kind.send, flags, length, extra: packSend(recordTypeOf(reading, given), pieces) };
}

/** The line's flags; of two that no event has together, one. */
function flagsOf(reading: Reading, form: Form, given: Given, place: Token): number {
  let { flags } = given;
  for (const { bits, without, because } of form.conflicts) {
    if ((flags & bits) !== bits) continue;
    reading.wrong(place, because);
    flags &= ~without;
  }
  return flags;
}

function recordTypeOf(reading: Reading, { options }: Given): number {
  const word = options?.get("type");
  return word === undefined
    ? recordType.applicationData
    : reading.attempt<number>(recordType.applicationData, () => typeOf(word));
}

/** `record LENGTH [type=TYPE] [sn=N|?] [epoch=E]`; an epoch is given on the record that begins it. */
function readRecord(given: Given, verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  const { operands, options } = given;
  const { progress } = connection;
  const isUnsure = reading.isUnsure(connection);
  const { captured } = connection;
  const min = isUnsure ? 0 : captured ? headerSize : progress.overhead;
  const length = lengthOf(operands[0], verb, min, recordMax, "record LENGTH");
  const sn = options?.get("sn");
  const snUnknown = sn?.text === "?";
  const recordSn = sn && !snUnknown ? reading.attempt(undefined, () => integer64(sn, "sn")) : undefined;
  const epochWord = options?.get("epoch");
  const epoch = epochWord
    ? reading.attempt(progress.epoch, () => integer(epochWord, 0, epochMax, "an epoch"))
    : progress.epoch;
  const type = recordTypeOf(reading, given);
  if ((!captured && length < progress.overhead) || hasOpenRecord(reading, connection, verb)) throw leftOut;
  push(reading, connection, operands[0]!, () => {
    progress.pushed += length;
  });
  progress.epoch = epoch;
  addEpoch(connection, reading, epoch);
  const startsEpoch = epochWord !== undefined;
  const snGiven = recordSn !== undefined;
  const unopened = (given.flags & unopenedBit) !== 0;
  const extra = packRecord({ type, epoch, startsEpoch, snUnknown, snGiven, unopened });
  return { kind: Kind.record, length, extra, ...(recordSn === undefined ? {} : { recordSn }) };
}

/** Epochs that one record can pass over: nobody knows their keys. */
const epochsPassedMax = 64;

/** The keys of an epoch that begins in a capture come from the connection's name, as those of the first. */
function addEpoch({ captured, epochs, index }: DeclaredConnection, { trace }: Reading, epoch: number): void {
  const { name, cipher } = trace.connections[index]!;
  const isKnown = captured && cipher !== null && epochs[0] !== null;
  if (!isKnown || epoch < epochs.length || epoch > epochs.length + epochsPassedMax) return;
  while (epochs.length < epoch) epochs.push(null);
  epochs.push(derivedKeys(name, cipher, epoch));
}

function readGap({ operands }: Given, verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  const length = lengthOf(operands[0], verb, 1, unackedMax, "gap LENGTH");
  if (hasOpenRecord(reading, connection, verb)) throw leftOut;
  push(reading, connection, operands[0]!, () => {
    connection.progress.pushed += length;
  });
  return { kind: Kind.gap, length };
}

/** `> START:END(LENGTH) [flags]`; only bytes that TCP has can be sent. */
function readTransmit(given: Given, verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  const { progress } = connection;
  const [range = null] = given.operands;
  if (range === null) throw new LineFault(verb, noSegment);
  const [start, end] = segmentOf(range);
  const length = end - start;
  if (length > segmentMax && !connection.captured)
    throw new LineFault(range, `a segment has at most ${segmentMax} bytes; divide it`);
  const { words, free } = given;
  const stated = flagsOf(reading, transmitForm, given, span(words[free] ?? range, words.at(-1)!));
  const flags = capturedFlags(stated, connection);
  const isPushed = end <= progress.most || (connection.captured && (flags & Flag.captured) !== 0);
  if (!isPushed && reading.isUnsure(connection)) throw leftOut;
  if (!isPushed) throw notPushed(endedAt(range, start, progress.most), progress.most, progress.open);
  reading.queue.send((flags & Flag.undoorbelled) !== 0, range);
  progress.sent = Math.max(progress.sent, end);
  if (flags & Flag.fin) progress.finSent = true;
  const extra = given.options === null ? 0 : packTransmit(transmitExtra(given, reading));
  return { kind: Kind.transmit, flags, at: start, length, extra };
}

/** A transmit of a captured connection is captured, unless its line says otherwise. */
const capturedFlags = (flags: number, { captured }: DeclaredConnection): number =>
  (captured && (flags & uncapturedBit) === 0 ? flags | Flag.captured : flags) & ~uncapturedBit;

/** The range, and what it would be if it ended with what TCP has. */
const endedAt = (range: Token, start: number, end: number): Token =>
  end > start ? { ...range, instead: `${start}:${end}(${end - start})` } : range;

function notPushed(range: Token, pushed: number, open: number): LineFault {
  const why =
    open < 0 ? "" : `, and ${counted(open, "payload byte")} ${noun(open, "waits", "wait")} in an open record`;
  return new LineFault(
    range,
    `TCP has bytes up to ${pushed} only${why}; put a \`send\` above or end the range at ${pushed}`,
  );
}

/** `< ack N [sack START:END,…] [racing]`; TCP discards what acknowledges bytes never sent (RFC 9293 §3.10.7.4). */
function readAck(given: Given, verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  const { progress, startSeq } = connection;
  const [number] = given.operands;
  if (number === undefined) {
    const at = given.words[3] ?? verb;
    throw new LineFault(at, "behind < stands `ack N`, or `ack N sack START:END,START:END`");
  }
  const at = integer(number, relativeMin, relativeMax, "an acknowledgement");
  const blocks = given.options?.get("sack");
  const ranges = blocks === undefined ? [] : sackBlocks(blocks, connection.captured);
  const beyond = Math.max(at, ...ranges.map(([, end]) => end)) > progress.sent + (progress.finSent ? 1 : 0);
  if (beyond && !connection.captured && !reading.isUnsure(connection))
    reading.report(
      "warning",
      number,
      `it acknowledges bytes that were not sent: only those before ${progress.sent} were`,
    );
  progress.acked = Math.max(progress.acked, Math.min(at, progress.most));
  const sacks = ranges.flat().map((edge) => advance(startSeq, edge));
  return { kind: Kind.ack, at, extra: given.flags & raceBit, ...(sacks.length === 0 ? {} : { sacks }) };
}

function readClose(_given: Given, verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  push(reading, connection, verb, () => connection.progress.closeRecord());
  connection.progress.closed = true;
  return { kind: Kind.close };
}

/** True, in silence, where it only seems that a record is open. */
function hasOpenRecord(reading: Reading, connection: DeclaredConnection, verb: Token): boolean {
  if (connection.progress.open < 0) return false;
  if (reading.isUnsure(connection)) return true;
  throw new LineFault(verb, "a record is open (`more`); close it first: `send 0`");
}

/** Told once: nothing behind it fits either. */
function fullAt(reading: Reading, token: Token): LineFault {
  reading.isFull = true;
  const message = `the lines up to here would become more than ${recordsMax} records; divide the trace`;
  return new LineFault(token, message);
}

/** Changes the stream's end within the limits; beyond them nothing is changed. */
function push(
  reading: Reading,
  { progress, captured }: DeclaredConnection,
  token: Token,
  change: () => void,
): void {
  if (progress.closed)
    throw new LineFault(token, "the connection is closed above; remove the line or the `close`");
  const before = progress.mark();
  change();
  const grown = progress.pushed - before.pushed;
  const records = progress.records - before.records;
  const { most } = progress;
  const problem = captured
    ? null
    : most - progress.acked > unackedMax
      ? "more than 2^30 bytes would be unacknowledged, TCP has no larger window; put an `ack` above"
      : reading.streamBytes + grown > streamsMax
        ? "all streams together would get longer than 2^36 bytes; divide the trace"
        : null;
  const isTooMany = problem === null && reading.records + records > recordsMax;
  if (problem === null && !isTooMany) {
    reading.streamBytes += grown;
    reading.records += records;
    return;
  }
  Object.assign(progress, before);
  throw problem === null ? fullAt(reading, token) : new LineFault(token, problem);
}
