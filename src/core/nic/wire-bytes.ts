import { advance, type Seq } from "../base/seq.ts";
import type { Socket } from "../machine/socket.ts";
import { type Departure, Engine } from "../words/descriptor.ts";
import { hostRecord, hostView, streamBytes, zeroedView } from "./bytes.ts";
import { nicStream, outOfStep, recordAsFed, streamOf } from "./fed-bytes.ts";
import type { NicStream } from "./nic-stream.ts";

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
