import { addU64, type TlsVersion } from "../base/record.ts";
import type { Device } from "../machine/connection.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { type ConnectionState, Hook, isPending, isSet, Rekey } from "../machine/state.ts";
import { nicExpectedSeq } from "../nic/nic.ts";
import { Effect } from "../words/effect.ts";
import { RefusalCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { addContext, install, putMarker } from "./install.ts";
import { collapseFence, fenceHere, isStartMarker } from "./record-map.ts";
import { closeRecord } from "./tls.ts";

/** setsockopt(TLS_TX): what waits unsent in the write queue is fenced off before the first offloaded byte. */
export function setOffload(socket: Socket, sink: Sink): void {
  const { state, rules } = socket;
  const refusal = install(socket);
  if (state.software === 1) sink.effect(Effect["offload-refused"], refusal, 0);
  else sink.effect(Effect["offload-installed"], state.expectedSeq, state.tail);
  const unsent = (socket.events.flags.values[socket.event]! & Flag.unsent) !== 0;
  if (refusal < 0 && rules.fencesStart) {
    if (unsent) fenceHere(socket, sink);
    else if (socket.kernel.fencesRetransmitQueue) collapseFence(socket, sink);
  }
  sink.stage(Stage.install, 0);
}

/**
 * setsockopt(TLS_TX) once more, after a KeyUpdate (tls_set_device_offload_rekey() of net-next 2026, kernel.md section 8).
 * A socket in software has the new key at once (tls_set_sw_offload()), also for the record that is open. Earlier kernels
 * rekey sockets in software only.
 */
export function startRekey(socket: Socket, sink: Sink): void {
  const { state } = socket;
  const refusal = rekeyRefusal(socket);
  if (refusal >= 0) sink.effect(Effect["rekey-failed"], refusal, state.epoch + 1);
  else if (isInSoftware(state)) sink.effect(Effect["rekey-done"], socket.writeSeq, nextEpoch(socket));
  else return startDeviceRekey(socket, sink);
  sink.stage(Stage["tls.rekey"]);
}

/**
 * tls_device_start_rekey(): the records from here on are encrypted in software under the new key; the device gets it when
 * all under the key that it has is acknowledged. One that comes while another waits takes its place; one after a failure
 * waits for the next acknowledgement.
 */
function startDeviceRekey(socket: Socket, sink: Sink): void {
  const { state } = socket;
  const before = state.rekey;
  if (state.openLength > 0) closeRecord(socket, state.openType, sink);
  if (isPending(state)) sink.effect(Effect["rekey-superseded"], state.epoch, 0);
  const epoch = nextEpoch(socket);
  if (before === Rekey.none) divert(socket, sink);
  if (before === Rekey.failed) state.boundary = state.acked === 1 ? state.sndUna : socket.connection.startSeq;
  if (before !== Rekey.ready) state.rekey = Rekey.pending;
  sink.effect(Effect["rekey-started"], state.boundary, epoch);
  sink.stage(Stage["tls.rekey"]);
  if (before === Rekey.none && isAllAcked(socket)) completeRekey(socket, sink);
}

/** What sendmsg takes from here on goes to TCP as ciphertext. */
function divert(socket: Socket, sink: Sink): void {
  const { state } = socket;
  collapseFence(socket, sink);
  state.boundary = socket.writeSeq;
  state.software = 1;
  state.hook = Hook.rekey;
}

function nextEpoch({ records, state }: Socket): number {
  state.epoch = Math.max(records.epoch.at(state.tail - 1), state.epoch) + 1;
  return state.epoch;
}

/** TLS_SW: no device has the socket, also not one that a rekey failed on. */
const isInSoftware = ({ software, rekey }: ConnectionState): boolean =>
  software === 1 && rekey === Rekey.none;

/** True where a second install is looked at at all: FreeBSD's ktls_enable_tx() answers EALREADY to every one. */
export const takesRekey = (version: TlsVersion, { kernel, profile }: Pick<Device, "kernel" | "profile">) =>
  version === 0x0304 && kernel.rekey !== "nobody" && profile.recovery !== "chain";

function rekeyRefusal(socket: Socket): number {
  const { connection, kernel, state } = socket;
  const isTaken = takesRekey(connection.version, socket) && state.installed === 1;
  return isTaken && (kernel.rekey === "device" || isInSoftware(state)) ? -1 : RefusalCode.busy;
}

/** No record waits for an acknowledgement. */
function isAllAcked(socket: Socket): boolean {
  const { head, tail } = socket.state;
  for (let row = head; row < tail; row++) if (!isStartMarker(socket, row)) return false;
  return true;
}

/**
 * tls_device_complete_rekey(), from the first sendmsg after everything under the old key is acknowledged: what is open in
 * software is pushed (tls_sw_drain_tx()), the old context goes, a new one comes on the same device, wherever the route
 * leads, with a start marker of its own at the end of what was written.
 */
export function completeRekey(socket: Socket, sink: Sink): void {
  const { state, records } = socket;
  if (state.openLength > 0) closeRecord(socket, state.openType, sink);
  deleteContext(state);
  const { writeSeq } = socket;
  const refusal = refusalNow(state);
  if (refusal >= 0) {
    state.rekey = Rekey.failed;
    sink.effect(Effect["rekey-failed"], refusal, state.epoch);
    return sink.stage(Stage["tls.rekeyDone"]);
  }
  const isFirst = records.epoch.at(state.tail - 1) !== state.epoch;
  const sn = isFirst ? addU64(0n, -1) : records.sn(state.tail - 1);
  putMarker(socket, writeSeq, sn, state.epoch);
  state.hint = -1;
  state.software = 0;
  state.rekey = Rekey.none;
  addContext(socket, writeSeq);
  sink.effect(Effect["rekey-done"], writeSeq, state.epoch);
  sink.stage(Stage["tls.rekeyDone"], state.markerRow);
}

/** What keeps the device from taking the new key. */
function refusalNow(state: ConnectionState): number {
  if (state.netdev < 0) return RefusalCode["device-down"];
  return isSet(state.refusing, state.netdev) ? RefusalCode.driver : -1;
}

/** tls_device_down(): the hook is the fallback for good, but during a rekey its own; the driver's context is deleted. */
export function deviceDown({ state, rules }: Socket, device: number, sink: Sink): void {
  if (state.netdev === device && state.hook !== Hook.none) {
    state.netdev = -1;
    if (state.hook !== Hook.rekey) state.hook = rules.hookWhenDown;
    deleteContext(state);
    sink.effect(Effect["device-down"], device, 0);
  }
  sink.stage(Stage["tls.device"]);
}

/** The driver's tls_dev_del, if it has a context, from tls_device_gc_task(); a device that went down has deleted it before. */
export function deleteContext(state: ConnectionState): void {
  if (state.contexts > state.contextsDeleted) state.contextsDeleted++;
}

/** tls_device_sk_destruct(): no segment of the socket is left; records and hook go, and a work item deletes the driver's context. */
export function destruct({ state, rules, index }: Socket, sink: Sink): void {
  rules.deletesContext(state);
  state.openLength = 0;
  state.head = state.tail;
  state.hint = -1;
  state.netdev = -1;
  state.hook = Hook.none;
  sink.effect(Effect["offload-removed"], state.contexts - state.contextsDeleted, 0);
  sink.stage(Stage["tls.destruct"], index);
}

/** What a reset of a device's transmit queue leaves of the driver's state, if the context is there (kernel.md section 5.8, device reset). */
export function afterReset(socket: Socket, device: number): void {
  const { state } = socket;
  if (state.netdev !== device) return;
  const { onReset } = socket.profile;
  if (onReset === "loses-contexts") {
    if (state.nicDead === 0) state.contextsDeleted++;
    state.nicDead = 1;
    return;
  }
  const nicSeq = onReset === "follows-nic" ? nicExpectedSeq(socket) : null;
  socket.rules.afterReset(state);
  if (nicSeq !== null) state.expectedSeq = nicSeq;
}
