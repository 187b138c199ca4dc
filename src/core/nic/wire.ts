import { layoutOf, tagSize } from "../base/record.ts";
import { advance, after, before, distance, type Seq, seq } from "../base/seq.ts";
import { noFaults } from "../bugs/catalogue.ts";
import { keysOf, type Machine, profileOf, type Sink } from "../machine/machine.ts";
import { RecordKind } from "../machine/record-log.ts";
import type { ConnectionState } from "../machine/state.ts";
import { Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { hostRecord, placeholderRecord, streamBytes, wireRecord } from "./bytes.ts";
import { NicStream, type TagFault } from "./nic-stream.ts";

/** Bytes of one connection that leave together, and who encrypts them. */
export interface Departure {
  connection: number;
  seq: Seq;
  length: number;
  /** One of Engine. */
  engine: number;
  /** Record that a piece or the software fallback begins in, else −1. */
  row: number;
}

/**
 * The wire oracle for one packet that leaves: says what is wrong with its bytes. An engine in step makes the right
 * bytes by construction (tests compare them all), so bytes are only computed where something is off.
 */
export function examine(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  i: number,
  sink: Sink,
): void {
  const { queue } = machine;
  // The usual packet, before anything is made of it: a capture has millions.
  const engine = queue.engine(i);
  if (engine === Engine.stream && state.nicInStep === 1 && state.pageWrites === 0 && state.epoch === 0) {
    const { faults } = profileOf(machine, connection);
    if (faults === noFaults) return;
  }
  judge(
    machine,
    state,
    { connection, seq: queue.seq(i), length: queue.size(i), engine, row: queue.row(i) },
    sink,
  );
}

/** Compares the packet's bytes with the right ones where they can differ. */
function judge(machine: Machine, state: ConnectionState, departure: Departure, sink: Sink): void {
  if (isRight(machine, state, departure)) return;
  const { connection } = departure;
  const start = seq(machine.connections[connection]!.startSeq);
  const ahead = before(departure.seq, start) ? distance(departure.seq, start) : 0;
  if (ahead > 0 && departure.engine !== Engine.none)
    sink.effect(Effect["wrong-ciphertext"], departure.seq, Math.min(ahead, departure.length));
  if (ahead >= departure.length) return;
  const rest = { ...departure, seq: advance(departure.seq, ahead), length: departure.length - ahead };
  const actual = wireBytes(machine, state, rest);
  const right = streamBytes(machine, connection, rest.seq, rest.length, wireRecord);
  if (actual && right) classify(machine, state, rest, actual, right, sink);
}

/**
 * True where nothing can be wrong, without a look at the bytes: `state` is the connection's when the NIC has just taken
 * the packet. False says only that the bytes have to be looked at.
 */
export function isRight(machine: Machine, state: ConnectionState, departure: Departure): boolean {
  const { faults } = profileOf(machine, departure.connection);
  if (departure.engine === Engine.none) return !holdsPlaintext(machine, departure);
  if (faults.headersUnsized) return false;
  if (state.pageWrites > 0 || before(departure.seq, seq(machine.connections[departure.connection]!.startSeq)))
    return false;
  if (holdsCiphertext(machine, departure)) return false;
  if (departure.engine === Engine.software) return !faults.fallbackWrongTag;
  const tampered = faults.placeholderLeft || (faults.contextByTuple && reuses(machine, departure.connection));
  if (departure.engine === Engine.piece)
    return !tampered && !faults.blockUnaligned && !faults.endWithOldNumber;
  return state.nicInStep === 1 && !tampered;
}

const reuses = (machine: Machine, connection: number): boolean =>
  machine.connections[connection]!.reuses >= 0;

/** True if any byte of the packet belongs to a record that the TLS layer handed over in clear. */
function holdsPlaintext(machine: Machine, { connection, seq: from, length }: Departure): boolean {
  const end = advance(from, length);
  const { startSeq } = machine.connections[connection]!;
  if (!after(end, startSeq)) return false;
  const log = machine.records[connection]!;
  const first = before(from, startSeq) ? startSeq : from;
  for (let row = log.rowOf(first, log.count); row >= 0 && row < log.count; row++) {
    if (!before(log.start(row), end)) return false;
    if (log.kind.at(row) !== RecordKind.software && log.length.at(row) > 0) return true;
  }
  return false;
}

/** True if a packet to be encrypted holds ready ciphertext: it crosses a rekey's boundary in spite of the fence there. */
function holdsCiphertext(machine: Machine, { connection, seq: from, length }: Departure): boolean {
  if (machine.connections[connection]!.epochs.length < 2) return false;
  const log = machine.records[connection]!;
  const end = advance(from, length);
  for (let row = log.rowOf(from, log.count); row >= 0 && row < log.count; row++) {
    if (!before(log.start(row), end)) return false;
    if (log.kind.at(row) === RecordKind.software) return true;
  }
  return false;
}

/**
 * The bytes that leave for a packet that the NIC has just taken, computed as hardware or software does: from the
 * record's start, or, out of step, from everything the NIC was fed since it lost step. Null where the stream's bytes
 * are not known.
 */
export function wireBytes(machine: Machine, state: ConnectionState, departure: Departure): Uint8Array | null {
  const { connection, engine } = departure;
  const host = (row: number) => hostRecord(machine, connection, row, state.changes);
  const clear = streamBytes(machine, connection, departure.seq, departure.length, (_m, _c, row) => host(row));
  if (!clear || engine === Engine.none || (engine === Engine.stream && state.nicReady === 0)) return clear;
  if (engine === Engine.stream && state.nicInStep === 0) return outOfStep(machine, connection, state);
  return byRecords(machine, state, departure, clear, host);
}

type HostBytes = (row: number) => Uint8Array | null;

/** Each record of the packet under its own number and keys, from its beginning on. */
function byRecords(
  machine: Machine,
  state: ConnectionState,
  departure: Departure,
  clear: Uint8Array,
  host: HostBytes,
): Uint8Array | null {
  const { connection, length } = departure;
  const log = machine.records[connection]!;
  const out = new Uint8Array(length);
  let from = 0;
  let current: NicStream | null = null;
  const first = log.rowOf(departure.seq, log.count);
  for (let row = first; from < length; row++) {
    if (log.length.at(row) === 0) continue;
    const to = Math.min(length, distance(departure.seq, log.end(row)));
    if (current && log.kind.at(row) === RecordKind.software) {
      // Ready ciphertext behind a rekey's boundary, in one segment with what is not: it is encrypted once more.
      out.set(current.feed(clear.subarray(from, to)), from);
      from = to;
      continue;
    }
    const offset = distance(log.start(row), advance(departure.seq, from));
    const stream = engineFor(machine, departure, row, first);
    const record = host(row);
    if (!stream || !record) return null;
    const asFed = departure.engine === Engine.stream && from === 0 && state.pageWrites > 0;
    const prefix = asFed ? recordAsFed(machine, connection, state, row) : record;
    if (!prefix) return null;
    const isEnd = offset + to - from === log.length.at(row);
    stream.feed(prefix.subarray(0, isEnd ? offset : startOfFeed(machine, departure, offset)));
    out.set(stream.feed(clear.subarray(from, to)), from);
    current = stream;
    from = to;
  }
  return out;
}

/**
 * Where the keystream of a piece begins that does not reach its record's end: where it is broken, with the cipher
 * block that the piece begins in, as if the piece began there.
 */
function startOfFeed(machine: Machine, { connection, engine }: Departure, offset: number): number {
  const { version, cipher } = machine.connections[connection]!;
  const { prepend } = layoutOf(version, cipher!);
  const unaligned = engine === Engine.piece && profileOf(machine, connection).faults.blockUnaligned;
  return unaligned && offset > prepend ? offset - ((offset - prepend) % 16) : offset;
}

function engineFor(
  machine: Machine,
  { connection, engine, row: named }: Departure,
  row: number,
  first: number,
): NicStream | null {
  const log = machine.records[connection]!;
  const { faults } = profileOf(machine, connection);
  if (engine === Engine.software)
    return streamOf(
      machine,
      connection,
      log.epoch.at(row),
      log.sn(row),
      faults.fallbackWrongTag ? "wrong" : "none",
    );
  // The number that the work request names, counted on where the packet goes on into further records.
  const number = log.countedSn(engine === Engine.piece ? named + row - first : row, log.count);
  return nicStream(machine, connection, row, number);
}

function outOfStep(machine: Machine, connection: number, state: ConnectionState): Uint8Array | null {
  const log = machine.records[connection]!;
  const stream = nicStream(machine, connection, state.nicRow, log.countedSn(state.nicRow, state.tail));
  if (!stream) return null;
  if (state.nicTaken > 0) {
    const begun = recordAsFed(machine, connection, state, state.nicRow);
    if (!begun) return null;
    stream.feed(begun.subarray(0, state.nicTaken));
  }
  const startSeq = seq(machine.connections[connection]!.startSeq);
  let out: Uint8Array | null = null;
  for (let i = state.fedLost; i < state.fedTail; i++) {
    const { from, length, changes } = machine.fed[connection]!.at(i);
    // What lies before the offload is not known: zeros stand in, as a record's header noise like the real ones.
    const ahead = Math.min(length, Math.max(0, distance(from, startSeq)));
    stream.feed(new Uint8Array(ahead));
    const bytes = hostBytes(machine, connection, advance(from, ahead), length - ahead, changes);
    if (!bytes) return null;
    out = stream.feed(bytes);
  }
  return out;
}

/** Bytes in host memory when `changes` rows of the change log counted. */
const hostBytes = (machine: Machine, connection: number, from: Seq, length: number, changes: number) =>
  streamBytes(machine, connection, from, length, (_m, _c, row) =>
    hostRecord(machine, connection, row, changes),
  );

/** The record that the NIC is in, each byte as it was when the NIC was fed it: pages may have changed since. */
function recordAsFed(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  row: number,
): Uint8Array | null {
  const log = machine.records[connection]!;
  const bytes = hostRecord(machine, connection, row, 0);
  if (!bytes) return null;
  const [start, end] = [log.start(row), log.end(row)];
  for (let i = state.fedHead; i < state.fedLost; i++) {
    const fed = machine.fed[connection]!.at(i);
    const fedEnd = advance(fed.from, fed.length);
    const from = before(fed.from, start) ? start : fed.from;
    const to = after(fedEnd, end) ? end : fedEnd;
    if (!before(from, to)) continue;
    const part = hostRecord(machine, connection, row, fed.changes)!;
    bytes.set(part.subarray(distance(start, from), distance(start, to)), distance(start, from));
  }
  return bytes;
}

/** The NIC's cipher from the beginning of a record on; it has the keys of the context that it finds. */
function nicStream(machine: Machine, connection: number, row: number, sn: bigint): NicStream | null {
  const log = machine.records[connection]!;
  const { faults } = profileOf(machine, connection);
  const epoch = log.epoch.at(Math.min(Math.max(row, 0), log.count - 1));
  const found =
    faults.contextByTuple && reuses(machine, connection)
      ? machine.connections[connection]!.reuses
      : connection;
  return streamOf(machine, found, epoch, sn, faults.placeholderLeft ? "left" : "none");
}

function streamOf(
  machine: Machine,
  connection: number,
  epoch: number,
  sn: bigint,
  tagFault: TagFault,
): NicStream | null {
  const fixed = machine.connections[connection]!;
  const keys = keysOf(machine, connection, epoch);
  return keys && fixed.cipher ? new NicStream(fixed, keys, sn, tagFault) : null;
}

/** A packet's bytes as they leave, as they must leave, and as they lie in host memory: now, and when they were pushed. */
interface Comparison {
  actual: Uint8Array;
  right: Uint8Array;
  host: Uint8Array;
  pushed: Uint8Array;
}

/** What a byte of a record is: header and explicit nonce, payload (with the inner type of TLS 1.3), or tag. */
type Part = "prepend" | "payload" | "tag";

/** So many wrong bytes in a row are what lies in host memory by chance once in 2^32; fewer prove nothing by themselves. */
const runMin = 4;

/** Sorts wrong bytes by what they are instead; one effect a kind, with the first such byte and how many there are. */
function classify(
  machine: Machine,
  state: ConnectionState,
  departure: Departure,
  actual: Uint8Array,
  right: Uint8Array,
  sink: Sink,
): void {
  const { connection, seq: from, length } = departure;
  const { version, cipher } = machine.connections[connection]!;
  const { prepend } = layoutOf(version, cipher!);
  const log = machine.records[connection]!;
  const host = streamBytes(machine, connection, from, length, (_m, _c, row) =>
    hostRecord(machine, connection, row, state.changes),
  )!;
  const pushed = streamBytes(machine, connection, from, length, placeholderRecord)!;
  const found = new Map<number, { first: number; bytes: number }>();
  const say = (kind: number, at: number): void => {
    const entry = found.get(kind);
    if (entry) entry.bytes++;
    else found.set(kind, { first: at, bytes: 1 });
  };
  let done = 0;
  for (let row = log.rowOf(from, log.count); done < length; row++) {
    if (log.length.at(row) === 0) continue;
    const payloadAt = distance(from, log.start(row)) + prepend;
    const end = distance(from, log.end(row));
    const parts = [
      ["prepend", payloadAt],
      ["payload", end - tagSize],
      ["tag", end],
    ] as const;
    for (const [part, partEnd] of parts) {
      const to = Math.min(partEnd, length);
      sortPart({ actual, right, host, pushed }, done, to, part, say);
      done = Math.max(done, to);
    }
  }
  for (const [kind, { first, bytes }] of found) sink.effect(kind, advance(from, first), bytes);
  if (found.has(Effect["page-changed"])) sayNonceReuse(machine, state, departure, actual, right, sink);
}

/** Sorts the bytes [from, to) of the packet, which all belong to one part of a record. */
function sortPart(
  { actual, right, host, pushed }: Comparison,
  from: number,
  to: number,
  part: Part,
  say: (kind: number, at: number) => void,
): void {
  for (let at = from; at < to; ) {
    let end = at;
    while (end < to && actual[end] === host[end]) end++;
    const asInHostMemory = end - at >= Math.min(runMin, to - from);
    for (end = Math.max(end, at + 1); at < end; at++)
      if (actual[at] !== right[at]) say(kindOf(part, asInHostMemory, host[at] !== pushed[at]), at);
  }
}

/** Header and nonce are in clear everywhere: wrong ones leak nothing. */
function kindOf(part: Part, asInHostMemory: boolean, changed: boolean): number {
  if (part === "tag") return asInHostMemory ? Effect.placeholder : Effect["wrong-tag"];
  if (asInHostMemory && part === "payload") return Effect.plaintext;
  return changed ? Effect["page-changed"] : Effect["wrong-ciphertext"];
}

/** Of the changed bytes those that had been sent before they changed: two contents under one nonce are on the wire. */
function sayNonceReuse(
  machine: Machine,
  state: ConnectionState,
  { connection, seq: from, length }: Departure,
  actual: Uint8Array,
  right: Uint8Array,
  sink: Sink,
): void {
  let first = -1;
  let bytes = 0;
  const writes = machine.changes[connection]!.writesIn(from, length, state.changes);
  const again = new Set<number>();
  for (const write of writes) {
    const at = distance(from, write.from);
    const sent = Math.min(write.length, distance(write.from, write.sentEnd));
    for (let i = at; i < at + sent; i++) if (actual[i] !== right[i]) again.add(i);
  }
  for (const at of again) {
    if (first < 0 || at < first) first = at;
    bytes++;
  }
  if (bytes > 0) sink.effect(Effect["nonce-reused"], advance(from, first), bytes);
}
