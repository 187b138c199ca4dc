import { advance, seq } from "../base/seq.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { type Departure, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { streamBytes, wireRecord } from "./bytes.ts";
import { classify } from "./classify.ts";
import { wireBytes } from "./wire-bytes.ts";

/**
 * The wire oracle for one packet that leaves: says what is wrong with its bytes. An engine in step makes the right
 * bytes by construction (tests compare them all), so bytes are only computed where something is off.
 */
export function examine(socket: Socket, i: number, sink: Sink): void {
  if (isUsual(socket, i) || sink.isDeaf === true) return;
  const departure = socket.queue.at(i);
  if (!isRightByConstruction(socket, departure)) compare(socket, departure, sink);
}

/** The usual packet, right by construction, asked before anything is made of it: a capture has millions. */
export function isUsual({ queue, state, isRight }: Socket, i: number): boolean {
  const inStep = queue.engine(i) === Engine.stream && state.nicInStep === 1;
  return inStep && state.pageWrites === 0 && state.epoch === 0 && isRight;
}

/** Compares the packet's bytes with the right ones. */
function compare(socket: Socket, departure: Departure, sink: Sink): void {
  const { startSeq } = socket.connection;
  const ahead = Math.max(0, startSeq - departure.seq);
  if (ahead > 0 && departure.engine !== Engine.none)
    sink.effect(Effect["wrong-ciphertext"], departure.seq, Math.min(ahead, departure.length));
  if (ahead >= departure.length) return;
  const rest = { ...departure, seq: advance(departure.seq, ahead), length: departure.length - ahead };
  const actual = wireBytes(socket, rest);
  const right = streamBytes(socket, rest.seq, rest.length, wireRecord);
  if (actual && right) classify(socket, rest, { actual, right }, sink);
}

/**
 * True where nothing can be wrong, without a look at the bytes: the socket is as it was when the NIC had just taken the
 * packet. False says only that the bytes have to be looked at.
 */
export function isRightByConstruction(socket: Socket, departure: Departure): boolean {
  const { state, rules } = socket;
  const { engine } = departure;
  if (engine === Engine.none) return !holdsPlaintext(socket, departure);
  if (engine === Engine.emulated) return true;
  if (!socket.isRight && (rules.spoils(socket) & (1 << engine)) !== 0) return false;
  if (state.pageWrites > 0 || departure.seq < socket.connection.startSeq) return false;
  if (holdsCiphertext(socket, departure)) return false;
  return engine !== Engine.stream || state.nicInStep === 1;
}

/** True if any byte of the packet belongs to a record that the TLS layer handed over in clear. */
function holdsPlaintext({ connection, records }: Socket, { seq: from, length }: Departure): boolean {
  const end = advance(from, length);
  const { startSeq } = connection;
  if (end <= startSeq) return false;
  const first = seq(Math.max(from, startSeq));
  return records.rowsIn(first, end).some((row) => !records.isReady(row));
}

/** True if a packet to be encrypted holds ready ciphertext: it crosses a rekey's boundary in spite of the fence there. */
const holdsCiphertext = ({ connection, records }: Socket, { seq: from, length }: Departure): boolean =>
  connection.epochs.length > 1 &&
  records.rowsIn(from, advance(from, length)).some((row) => records.isReady(row));
