import { seq } from "../base/seq.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { placeAt, restart } from "../nic/nic.ts";
import { Settable } from "../words/event.ts";
import { Stage } from "../words/stage.ts";

/** Sets a value of driver or NIC, as only somebody who asks what would be can; a record that the map has not changes nothing. */
export function setValue(socket: Socket, sink: Sink): void {
  const { state, events, event, connection } = socket;
  const at = seq(events.seq.values[event]!);
  const number = at - connection.startSeq;
  switch (events.extra.values[event]) {
    case Settable["driver.expectedSeq"]:
      state.expectedSeq = at;
      break;
    case Settable["driver.postedRecordSn"]:
      state.postedRow = rowOf(socket, number) ?? state.postedRow;
      break;
    case Settable["driver.paramsPosted"]:
      state.paramsPosted = number === 0 ? 0 : 1;
      break;
    case Settable["driver.resyncPending"]:
      state.resyncPending = number === 0 ? 0 : 1;
      break;
    case Settable["nic.expectedSeq"]:
      state.nicSeq = at;
      placeAt(socket, at);
      break;
    case Settable["nic.recordSn"]:
      setRecord(socket, number);
  }
  sink.stage(Stage["what-if"]);
}

/** The NIC stands in another record, as far behind its beginning as in the one where it stood. */
function setRecord(socket: Socket, number: number): void {
  const { state, records } = socket;
  const row = rowOf(socket, number);
  if (row === null) return;
  const { nicTaken, nicStaticRow } = state;
  restart(state, row);
  // What params told it stays in the device.
  state.nicStaticRow = nicStaticRow;
  state.nicTaken = Math.min(nicTaken, Math.max(0, records.length.at(row) - 1));
}

/** The row of the newest record with a number that was pushed so far; null if none has it. */
function rowOf({ records, state }: Socket, number: number): number | null {
  for (let row = state.tail - 1; row >= 1; row--) if (records.knownSn(row) === BigInt(number)) return row;
  return null;
}

/**
 * The device is another one, or its kernel, from here on. Of the same family it goes on from the state that it finds;
 * one of another family takes the connection over where the driver stands, in step, with a queue that works.
 */
export function become(socket: Socket, to: number, sink: Sink): void {
  const { state } = socket;
  const before = familyOf(socket);
  state.equipment = 1 + to;
  socket.equip();
  if (familyOf(socket) !== before && state.netdev >= 0) {
    state.paramsPosted = 1;
    state.resyncPending = 0;
    state.nicDead = 0;
    socket.stops.turn(socket.event, false);
    state.nicSeq = state.expectedSeq;
    placeAt(socket, seq(state.expectedSeq));
  }
  sink.stage(Stage["what-if"]);
}

const familyOf = ({ profile }: Socket): string => profile.id.replace(/\/.*/, "");
