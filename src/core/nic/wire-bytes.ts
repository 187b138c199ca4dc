import type { Socket } from "../machine/socket.ts";
import { type Departure, Engine } from "../words/descriptor.ts";
import { hostRecord, hostView, type RecordView, streamBytes, zeroedView } from "./bytes.ts";
import { nicStream, outOfStep, recordAsFed, streamOf } from "./fed-bytes.ts";
import type { NicStream } from "./nic-stream.ts";

/**
 * The bytes that leave for a packet that the NIC has just taken, computed as hardware or software does: from the
 * record's start, or, out of step, from everything the NIC was fed since it lost step. Null where the stream's bytes
 * are not known.
 */
export function wireBytes(socket: Socket, departure: Departure): Uint8Array | null {
  const { nicReady, nicInStep } = socket.state;
  const isOutOfStep = departure.engine === Engine.stream && nicReady === 1 && nicInStep === 0;
  if (isOutOfStep) return outOfStep(socket);
  return streamBytes(socket, departure.seq, departure.length, viewOf(socket, departure));
}

/** What leaves of each record. */
function viewOf({ state }: Socket, departure: Departure): RecordView {
  const { engine } = departure;
  if (engine === Engine.emulated) return zeroedView(state.changes);
  const isAsItIs = engine === Engine.none || (engine === Engine.stream && state.nicReady === 0);
  return isAsItIs ? hostView(state.changes) : encryptedView(departure);
}

/** Each record with the packet's bytes of it encrypted, under its own number and keys, from its beginning on. */
function encryptedView(departure: Departure): RecordView {
  let engine: NicStream | null = null;
  return (socket, row) => {
    const { records, state } = socket;
    const record = hostRecord(socket, row, state.changes);
    if (!record) return null;
    // Ready ciphertext behind a rekey's boundary, in one segment with what is not: it is encrypted once more.
    if (!engine || !records.isReady(row)) engine = engineAt(socket, departure, row, record);
    const at = departure.seq - records.start(row);
    engine?.pass(record.subarray(Math.max(0, at), at + departure.length), true);
    return engine && record;
  };
}

/** The engine at the packet's first byte in a record: it has taken what of the record lies before. */
function engineAt(socket: Socket, departure: Departure, row: number, record: Uint8Array): NicStream | null {
  const { records, state } = socket;
  const stream = engineFor(socket, departure, row);
  const offset = Math.max(0, departure.seq - records.start(row));
  const asFed = departure.engine === Engine.stream && offset > 0 && state.pageWrites > 0;
  const prefix = asFed ? recordAsFed(socket, row) : record;
  if (!stream || !prefix) return null;
  const isEnd = departure.seq + departure.length >= records.end(row);
  const isPart = departure.engine === Engine.piece && !isEnd;
  const begin = isPart ? socket.rules.pieceStart(offset, socket.layout.prepend) : offset;
  stream.pass(prefix.subarray(0, begin));
  return stream;
}

/** The cipher that a record of the packet goes through, from the record's beginning on. */
function engineFor(socket: Socket, departure: Departure, row: number): NicStream | null {
  const { engine, row: named, seq: from } = departure;
  const { records, connection, rules, encrypter } = socket;
  if (engine === Engine.software)
    return streamOf(connection, records.epoch.at(row), records.sn(row), {
      encrypter,
      tagFault: rules.fallbackTag,
    });
  // The number that the work request names, counted on where the packet goes on into further records.
  const counted = engine === Engine.piece ? named + row - records.rowOf(from, records.count) : row;
  return nicStream(socket, row, records.countedSn(counted, records.count));
}
