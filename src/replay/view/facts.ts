import type { Seq } from "../../core/base/seq.ts";
import type { ChangeRow } from "../../core/machine/change-log.ts";
import type { Device } from "../../core/machine/connection.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { nicExpectedSeq } from "../../core/nic/nic.ts";
import type { Before, View } from "./view.ts";

// What paths ask the state and the machine behind a view, by name: fields that are 0 or 1 mean yes or no here, and no
// row of the table knows how a machine keeps what is not in the state.

/** setsockopt(TLS_TX) was done. */
export const isInstalled = ({ state }: Pick<View, "state">): boolean => state.installed === 1;

/** A driver has, or had, a context of the connection: what it expects means something. */
export const hasContext = ({ state }: { state: Before }): boolean => state.contexts > 0;

/** Records are encrypted before TCP gets them (TLS_SW). */
export const isSoftware = ({ state }: View): boolean => state.software === 1;

/** Something was acknowledged: sndUna means something. */
export const hasAcked = ({ state }: View): boolean => state.acked === 1;

/** Something was handed to the device: sndNxt means something. */
export const hasSent = ({ state }: View): boolean => state.sent === 1;

/** The NIC has been told a record to start from. */
export const isNicReady = ({ state }: View): boolean => state.nicReady === 1;

/** True if the view's connection is one that the event is about. */
export function isOfEvent({ timeline, machine, position, index }: View): boolean {
  const connection = timeline.trace.events.connection.at(position.event);
  return connection === index || (connection < 0 && machine.members[-1 - connection]!.includes(index));
}

/** True if the view's connection is the event's own; of a device's event the first of those on it. */
export const isFirstOfEvent = ({ timeline, position, index }: View): boolean =>
  (timeline.connectionsOf(position.event)[0] ?? 0) === index;

export const deviceOf = ({ machine }: View, device: number): Device => machine.devices[device]!;

/** The profile of the connection's own device. */
export const profileOf = ({ socket }: View): Profile => socket.profile;

/** The i-th fence, mark or page write of the connection. */
export const changeAt = ({ socket }: View, i: number): ChangeRow => socket.changes.at(i);

/** The i-th of the descriptors that wait. */
export const waitingAt = ({ socket, state }: View, i: number) => socket.waiting.at(state.waitHead + i);

/** The byte that the NIC's record state stands at; null where it stands at none of the map. */
export const nicSeqOf = ({ socket }: View): Seq | null => nicExpectedSeq(socket);

/** The number that the NIC counts for the record it stands in. */
export const nicSnOf = ({ socket, state }: View): bigint =>
  socket.records.countedSn(state.nicRow, state.tail);

/** True if the NIC takes nothing more: a descriptor of this connection stopped the device's queue, or one of another. */
export const isQueueError = ({ socket }: View): boolean =>
  socket.state.nicDead === 1 || socket.isQueueStopped;
