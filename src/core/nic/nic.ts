// core/nic: the NIC (descriptors to bytes), its transmit queue, the wire as an oracle.

import { advance, type Seq } from "../base/seq.ts";
import type { DescriptorQueue } from "../machine/descriptors.ts";
import { RecordKind } from "../machine/record-log.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import type { ConnectionState } from "../machine/state.ts";
import { Descriptor, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";

/**
 * The NIC takes descriptor `i` of the queue; false if a packet does not leave. It is told by descriptors alone, in the
 * order they were posted; where records lie in its stream it reads off the record log, as hardware does off the headers
 * that come by.
 */
export function take(socket: Socket, i: number, sink: Sink): boolean {
  const { queue, state } = socket;
  if (state.nicDead === 1 || socket.isQueueStopped)
    return queue.kind(i) !== Descriptor.packet || queue.engine(i) === Engine.software || isOrdinary(queue, i);
  if (queue.kind(i) === Descriptor.packet)
    return queue.engine(i) !== Engine.stream || takePacket(socket, i, sink);
  takePlace(socket, i, sink);
  return true;
}

/** What is not a packet tells the NIC where in the stream it is. */
function takePlace(socket: Socket, i: number, sink: Sink): void {
  const { queue, state } = socket;
  switch (queue.kind(i)) {
    case Descriptor["static-params"]:
      state.nicStaticRow = queue.row(i);
      return;
    case Descriptor["progress-params"]:
      return restartAt(socket, state.nicStaticRow, queue.seq(i));
    case Descriptor["sync-packet"]:
      restartAt(socket, queue.row(i), queue.seq(i));
      return feed(socket, queue.seq(i), queue.size(i), sink);
    case Descriptor.dump:
      return takeDump(socket, i, sink);
    case Descriptor.presync:
      // The fence bit says that the state for packets in order moves on, too.
      if (queue.fence(i)) placeAt(socket, advance(queue.seq(i), queue.size(i)));
  }
}

/** A packet that the driver posted for no context. */
const isOrdinary = (queue: DescriptorQueue, i: number): boolean =>
  queue.engine(i) === Engine.none && queue.row(i) < 0;

/** MLX5E_SW2HW_MTU: with Ethernet header, VLAN tag and checksum. */
export const hardwareMtu = ({ device }: Socket): number => device.mtu + 14 + 4 + 4;

function takeDump(socket: Socket, i: number, sink: Sink): void {
  const { queue, state } = socket;
  const limit = hardwareMtu(socket);
  const size = queue.size(i);
  if (size > limit) {
    state.nicDead = 1;
    socket.stops.turn(socket.event, true);
    return sink.effect(Effect["queue-error"], size, limit);
  }
  state.dumpPackets++;
  state.dumpBytes += size;
  feed(socket, queue.seq(i), size, sink);
}

/** A packet for the stream's cipher; a NIC that checks sequence numbers drops the one that it does not expect. */
function takePacket(socket: Socket, i: number, sink: Sink): boolean {
  const { queue, state } = socket;
  const from = queue.seq(i);
  const length = queue.size(i);
  if (socket.profile.seqCheckedByNic) {
    if (from !== state.nicSeq) {
      sink.effect(Effect["nic-dropped"], state.nicSeq, from);
      return false;
    }
    state.nicSeq = advance(from, length);
  }
  feed(socket, from, length, sink);
  return true;
}

/** The same for a record of which nobody knows where it begins: at byte `s` of a range of unknown ones. */
function restartAt({ state, records }: Socket, row: number, s: Seq): void {
  restart(state, row);
  if (records.kind.at(row) === RecordKind.gap) state.nicTaken = Math.max(0, s - records.start(row));
}

/** After params the next byte is byte 0 of the record they name. */
export function restart(state: ConnectionState, row: number): void {
  state.nicReady = 1;
  state.nicInStep = 1;
  state.nicStaticRow = row;
  state.nicRow = row;
  state.nicTaken = 0;
  state.fedHead = state.fedTail;
  state.fedLost = state.fedTail;
}

/**
 * The sequence number of the byte that the NIC's record state stands at; null where its record is not in the map
 * (it was told a number that no record has).
 */
export function nicExpectedSeq(socket: Socket): Seq | null {
  const { state } = socket;
  if (state.nicReady === 0) return null;
  if (state.nicRow === state.tail) return socket.writeSeq;
  if (state.nicRow > state.tail || state.nicRow < 1) return null;
  return advance(socket.records.start(state.nicRow), state.nicTaken);
}

/** Bytes reach the NIC's crypto: it follows its records through them, or loses step. */
function feed(socket: Socket, from: Seq, length: number, sink: Sink): void {
  if (length === 0) return;
  const { state } = socket;
  if (state.nicInStep === 1) {
    const expected = nicExpectedSeq(socket);
    if (expected === from) return followFrom(socket, from, length);
    sink.effect(Effect["out-of-step"], expected ?? from, from);
    state.nicInStep = 0;
  }
  socket.fed.put(state.fedTail++, from, length, state.changes);
}

/** In step; once pages have changed, what a record's beginning was like when it was fed has to be kept. */
function followFrom(socket: Socket, from: Seq, length: number): void {
  const { state, fed } = socket;
  if (state.pageWrites > 0) {
    while (state.fedHead < state.fedTail && fed.endsBy(state.fedHead, advance(from, -state.nicTaken)))
      state.fedHead++;
    fed.put(state.fedTail++, from, length, state.changes);
    state.fedLost = state.fedTail;
  }
  follow(socket, length);
}

/** Moves the NIC's place in the record stream on by `length` bytes. */
function follow({ records, state }: Socket, length: number): void {
  const lengths = records.length.values;
  let taken = state.nicTaken + length;
  let row = state.nicRow;
  while (row < state.tail && taken >= lengths[row]!) taken -= lengths[row++]!;
  state.nicRow = row;
  state.nicTaken = taken;
}

/** Puts the NIC where a packet that left in spite of the model must have left it: at the byte behind the packet. */
export function placeAt({ records, state, fed }: Socket, s: Seq): void {
  const end = records.end(state.tail - 1);
  const row = s < end ? records.rowOf(s, state.tail) : state.tail;
  if (row < 1) return;
  // The static params in the device stay: the driver posts none for the record it named last.
  const { nicStaticRow } = state;
  restart(state, row);
  state.nicStaticRow = nicStaticRow;
  state.nicTaken = row < state.tail ? s - records.start(row) : 0;
  if (state.pageWrites === 0 || state.nicTaken === 0) return;
  fed.put(state.fedTail++, records.start(row), state.nicTaken, state.changes);
  state.fedLost = state.fedTail;
}
