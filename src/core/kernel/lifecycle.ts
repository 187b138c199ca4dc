import { addU64, type TlsVersion } from "../base/record.ts";
import type { Device } from "../machine/connection.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { type ConnectionState, Hook, isSet, Rekey } from "../machine/state.ts";
import { nicExpectedSeq } from "../nic/nic.ts";
import { Effect } from "../words/effect.ts";
import { RefusalCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { addContext, install, putMarker } from "./install.ts";
import { fenceHere, isStartMarker } from "./record-map.ts";
import { closeRecord } from "./tls.ts";

/** setsockopt(TLS_TX): what waits unsent in the write queue is fenced off before the first offloaded byte. */
export function setOffload(socket: Socket, sink: Sink): void {
  const { state, rules } = socket;
  const refusal = install(socket);
  if (state.software === 1) sink.effect(Effect["offload-refused"], refusal, 0);
  else sink.effect(Effect["offload-installed"], state.expectedSeq, state.tail);
  const unsent = (socket.events.flags.values[socket.event]! & Flag.unsent) !== 0;
  if (unsent && refusal < 0 && rules.fencesStart) fenceHere(socket, sink);
  sink.stage(Stage.install, 0);
}

/**
 * setsockopt(TLS_TX) once more, after a KeyUpdate (tls_set_device_offload_rekey() of net-next 2026, kernel.md section 8).
 * The records from here on are encrypted in software under the new key; the device gets it when all under the old one is
 * acknowledged. Earlier kernels rekey sockets in software only.
 */
export function startRekey(socket: Socket, sink: Sink): void {
  const { state, records } = socket;
  const isTaken = takesRekey(socket.connection.version, socket);
  // What is open is flushed before anything can be refused, where the kernel looks at a second install at all.
  if (isTaken && state.openLength > 0) closeRecord(socket, state.openType, sink);
  const refusal = isTaken ? rekeyRefusal(socket) : RefusalCode.busy;
  if (refusal >= 0) {
    sink.effect(Effect["rekey-failed"], refusal, state.epoch + 1);
    return sink.stage(Stage["tls.rekey"]);
  }
  state.epoch = Math.max(records.epoch.at(state.tail - 1), state.epoch) + 1;
  if (state.software === 1) {
    sink.effect(Effect["rekey-done"], socket.writeSeq, state.epoch);
    return sink.stage(Stage["tls.rekey"]);
  }
  fenceHere(socket, sink);
  state.boundary = socket.writeSeq;
  state.rekey = Rekey.pending;
  state.software = 1;
  if (state.hook === Hook.device) state.hook = Hook.rekey;
  sink.effect(Effect["rekey-started"], state.boundary, state.epoch);
  sink.stage(Stage["tls.rekey"]);
  if (isAllAcked(socket)) completeRekey(socket, sink);
}

/** True where a second install is looked at at all: FreeBSD's ktls_enable_tx() answers EALREADY to every one. */
export const takesRekey = (version: TlsVersion, { kernel, profile }: Pick<Device, "kernel" | "profile">) =>
  version === 0x0304 && kernel.rekey !== "nobody" && profile.recordsFrom === "map";

function rekeyRefusal({ kernel, state }: Socket): number {
  if (state.installed === 0) return RefusalCode.busy;
  if (state.rekey !== Rekey.none && state.rekey !== Rekey.failed) return RefusalCode.busy;
  return state.software === 0 && kernel.rekey === "software" ? RefusalCode.busy : -1;
}

/** No record waits for an acknowledgement. */
function isAllAcked(socket: Socket): boolean {
  const { head, tail } = socket.state;
  for (let row = head; row < tail; row++) if (!isStartMarker(socket, row)) return false;
  return true;
}

/**
 * tls_device_complete_rekey(), from the first sendmsg after everything under the old key is acknowledged: the old
 * context goes, a new one comes with a start marker of its own at the end of what was written.
 */
export function completeRekey(socket: Socket, sink: Sink): void {
  const { state, records, writeSeq } = socket;
  if (state.netdev >= 0) deleteContext(state);
  const refusal = refusalNow(state);
  if (refusal >= 0) {
    state.rekey = Rekey.failed;
    state.hook = Hook.none;
    state.netdev = -1;
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

/** tls_device_down(): the hook is the fallback for good, the driver's context is deleted. */
export function deviceDown({ state, rules }: Socket, device: number, sink: Sink): void {
  if (state.netdev === device && state.hook !== Hook.none) {
    state.netdev = -1;
    state.hook = rules.hookWhenDown;
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
