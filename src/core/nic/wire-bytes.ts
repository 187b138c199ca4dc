import { advance, type Seq } from "../base/seq.ts";
import type { Connection } from "../machine/connection.ts";
import type { TagFault } from "../machine/rules.ts";
import type { Socket } from "../machine/socket.ts";
import { type Departure, Engine } from "../words/descriptor.ts";
import { hostRecord, hostView, streamBytes, zeroedView } from "./bytes.ts";
import { NicStream } from "./nic-stream.ts";

/**
 * The bytes that leave for a packet that the NIC has just taken, computed as hardware or software does: from the
 * record's start, or, out of step, from everything the NIC was fed since it lost step. Null where the stream's bytes
 * are not known.
 */
export function wireBytes(socket: Socket, departure: Departure): Uint8Array | null {
  const { state } = socket;
  const { engine } = departure;
  const clear = streamBytes(socket, departure.seq, departure.length, hostView(state.changes));
  if (engine === Engine.emulated)
    return streamBytes(socket, departure.seq, departure.length, zeroedView(state.changes));
  if (!clear || engine === Engine.none || (engine === Engine.stream && state.nicReady === 0)) return clear;
  if (engine === Engine.stream && state.nicInStep === 0) return outOfStep(socket);
  return byRecords(socket, departure, clear);
}

/** Each record of the packet under its own number and keys, from its beginning on. */
function byRecords(socket: Socket, departure: Departure, clear: Uint8Array): Uint8Array | null {
  const { records } = socket;
  const { length } = departure;
  const out = new Uint8Array(length);
  let from = 0;
  let current: NicStream | null = null;
  for (const row of records.rowsIn(departure.seq, advance(departure.seq, length))) {
    const to = Math.min(length, records.end(row) - departure.seq);
    // Ready ciphertext behind a rekey's boundary, in one segment with what is not: it is encrypted once more.
    const isReady: boolean = current !== null && records.isReady(row);
    if (!isReady) current = engineAt(socket, departure, row, advance(departure.seq, from));
    if (!current) return null;
    out.set(current.feed(clear.subarray(from, to)), from);
    from = to;
  }
  return out;
}

/** The engine at byte `at` of record `row`: it has taken what of the record lies before. */
function engineAt(socket: Socket, departure: Departure, row: number, at: Seq): NicStream | null {
  const { records, state } = socket;
  const stream = engineFor(socket, departure, row);
  const record = hostRecord(socket, row, state.changes);
  if (!stream || !record) return null;
  const offset = at - records.start(row);
  const asFed = departure.engine === Engine.stream && at === departure.seq && state.pageWrites > 0;
  const prefix = asFed ? recordAsFed(socket, row) : record;
  if (!prefix) return null;
  const isEnd = departure.seq + departure.length >= records.end(row);
  const isPart = departure.engine === Engine.piece && !isEnd;
  const begin = isPart ? socket.rules.pieceStart(offset, socket.layout.prepend) : offset;
  stream.pass(prefix.subarray(0, begin));
  return stream;
}

/** The cipher that a record of the packet goes through, from the record's beginning on. */
function engineFor(socket: Socket, departure: Departure, row: number): NicStream | null {
  const { engine, row: named, seq: from } = departure;
  const { records, connection, rules } = socket;
  if (engine === Engine.software)
    return streamOf(connection, records.epoch.at(row), records.sn(row), rules.fallbackTag);
  // The number that the work request names, counted on where the packet goes on into further records.
  const counted = engine === Engine.piece ? named + row - records.rowOf(from, records.count) : row;
  return nicStream(socket, row, records.countedSn(counted, records.count));
}

/** What the NIC makes of all that it was fed since it lost step; the last of it is the packet. */
function outOfStep(socket: Socket): Uint8Array | null {
  const { records, state, connection } = socket;
  // A record that software pushed since, where the NIC stands, has keys and a number that the device does not have yet.
  const tail = records.isReady(state.nicRow) ? state.nicRow : state.tail;
  const stream = nicStream(socket, Math.min(state.nicRow, tail - 1), records.countedSn(state.nicRow, tail));
  const begun = state.nicTaken > 0 ? recordAsFed(socket, state.nicRow) : new Uint8Array(0);
  if (!stream || !begun) return null;
  stream.pass(begun.subarray(0, state.nicTaken));
  for (let i = state.fedLost; i < state.fedTail; i++) {
    const { from, length, changes } = socket.fed.at(i);
    // What lies before the offload is not known: zeros stand in, as a record's header noise like the real ones.
    const ahead = Math.min(length, Math.max(0, connection.startSeq - from));
    stream.pass(new Uint8Array(ahead));
    const bytes = streamBytes(socket, advance(from, ahead), length - ahead, hostView(changes));
    if (!bytes) return null;
    if (i === state.fedTail - 1) return stream.feed(bytes);
    stream.pass(bytes);
  }
  return null;
}

/** The record that the NIC is in, each byte as it was when the NIC was fed it: pages may have changed since. */
function recordAsFed(socket: Socket, row: number): Uint8Array | null {
  const { records, state } = socket;
  const bytes = hostRecord(socket, row, 0);
  if (!bytes) return null;
  const [start, end] = [records.start(row), records.end(row)];
  for (let i = state.fedHead; i < state.fedLost; i++) {
    const fed = socket.fed.at(i);
    const fedEnd = advance(fed.from, fed.length);
    const from = Math.max(fed.from, start);
    const to = Math.min(fedEnd, end);
    if (from >= to) continue;
    const [at, partEnd] = [from - start, to - start];
    bytes.set(hostRecord(socket, row, fed.changes)!.subarray(at, partEnd), at);
  }
  return bytes;
}

/** The NIC's cipher from the beginning of a record on; it has the keys of the context that it finds. */
function nicStream(socket: Socket, row: number, sn: bigint): NicStream | null {
  const { records, rules } = socket;
  const epoch = records.epoch.at(Math.min(Math.max(row, 0), records.count - 1));
  return streamOf(rules.contextOf(socket), epoch, sn, rules.nicTag);
}

function streamOf(connection: Connection, epoch: number, sn: bigint, tagFault: TagFault): NicStream | null {
  const { version, cipher, epochs } = connection;
  const keys = epochs[epoch] ?? null;
  return keys && cipher ? new NicStream({ version, cipher }, keys, sn, tagFault) : null;
}
