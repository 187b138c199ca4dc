import { addU64, type TlsVersion } from "../base/record.ts";
import { advance, seq } from "../base/seq.ts";
import type { Device } from "../machine/connection.ts";
import {
  addContext,
  kernelOf,
  type Machine,
  profileOf,
  putMarker,
  type Sink,
  writeSeqOf,
} from "../machine/machine.ts";
import { RecordKind } from "../machine/record-log.ts";
import { type ConnectionState, Hook, isSet, Rekey } from "../machine/state.ts";
import { Effect } from "../words/effect.ts";
import { RefusalCode } from "../words/effect-words.ts";
import { Stage } from "../words/stage.ts";
import { closeRecord, fenceHere } from "./tls.ts";

/**
 * setsockopt(TLS_TX) once more, after a KeyUpdate (tls_set_device_offload of net-next 2026, kernel.md section 8). The
 * records from here on are encrypted in software under the new key; the device gets it when all under the old one is
 * acknowledged. Earlier kernels rekey sockets in software only.
 */
export function startRekey(machine: Machine, event: number, state: ConnectionState, sink: Sink): void {
  const connection = machine.events.connection.at(event);
  const [kernel, profile] = [kernelOf(machine, connection), profileOf(machine, connection)];
  const isTaken = takesRekey(machine.connections[connection]!.version, { kernel, profile });
  // What is open is flushed before anything can be refused, where the kernel looks at a second install at all.
  if (isTaken && state.openLength > 0) closeRecord(machine, event, state, state.openType, sink);
  const refusal = isTaken ? rekeyRefusal(machine, connection, state) : RefusalCode.busy;
  if (refusal >= 0) {
    sink.effect(Effect["rekey-failed"], refusal, state.epoch + 1);
    return sink.stage(Stage["tls.rekey"], -1);
  }
  const log = machine.records[connection]!;
  state.epoch = Math.max(log.epoch.at(state.tail - 1), state.epoch) + 1;
  if (state.software === 1) {
    sink.effect(Effect["rekey-done"], writeSeqOf(machine, connection, state), state.epoch);
    return sink.stage(Stage["tls.rekey"], -1);
  }
  fenceHere(machine, connection, state, sink);
  state.boundary = writeSeqOf(machine, connection, state);
  state.rekey = Rekey.pending;
  state.software = 1;
  if (state.hook === Hook.device) state.hook = Hook.rekey;
  sink.effect(Effect["rekey-started"], state.boundary, state.epoch);
  sink.stage(Stage["tls.rekey"], -1);
  if (isAllAcked(machine, connection, state)) completeRekey(machine, connection, state, sink);
}

/** True where a second install is looked at at all: FreeBSD's ktls_enable_tx() answers EALREADY to every one. */
export const takesRekey = (version: TlsVersion, { kernel, profile }: Pick<Device, "kernel" | "profile">) =>
  version === 0x0304 && kernel.rekey !== "nobody" && profile.recordsFrom === "map";

function rekeyRefusal(machine: Machine, connection: number, state: ConnectionState): number {
  const { rekey } = kernelOf(machine, connection);
  if (state.installed === 0) return RefusalCode.busy;
  if (state.rekey !== Rekey.none && state.rekey !== Rekey.failed) return RefusalCode.busy;
  return state.software === 0 && rekey === "software" ? RefusalCode.busy : -1;
}

/** No record waits for an acknowledgement. */
function isAllAcked(machine: Machine, connection: number, state: ConnectionState): boolean {
  const log = machine.records[connection]!;
  for (let row = state.head; row < state.tail; row++)
    if (log.kind.at(row) !== RecordKind.startMarker) return false;
  return true;
}

/**
 * tls_device_complete_rekey(), from the first sendmsg after everything under the old key is acknowledged: the old
 * context goes, a new one comes with a start marker of its own at the end of what was written.
 */
export function completeRekey(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  sink: Sink,
): void {
  const at = writeSeqOf(machine, connection, state);
  const log = machine.records[connection]!;
  if (state.netdev >= 0) deleteContext(state);
  const refusal = refusalNow(state);
  if (refusal >= 0) {
    state.rekey = Rekey.failed;
    state.hook = Hook.none;
    state.netdev = -1;
    sink.effect(Effect["rekey-failed"], refusal, state.epoch);
    return sink.stage(Stage["tls.rekeyDone"], -1);
  }
  const isFirst = log.epoch.at(state.tail - 1) !== state.epoch;
  const sn = isFirst ? addU64(0n, -1) : log.sn(state.tail - 1);
  putMarker(machine, connection, state, at, sn, state.epoch);
  state.hint = -1;
  state.software = 0;
  state.rekey = Rekey.none;
  addContext(machine, connection, state, at);
  sink.effect(Effect["rekey-done"], at, state.epoch);
  sink.stage(Stage["tls.rekeyDone"], state.markerRow);
}

/** What keeps the device from taking the new key. */
function refusalNow(state: ConnectionState): number {
  if (state.netdev < 0) return RefusalCode["device-down"];
  return isSet(state.refusing, state.netdev) ? RefusalCode.driver : -1;
}

/** tls_device_down(): the hook is the fallback for good, the driver's context is deleted. */
export function deviceDown(
  machine: Machine,
  connection: number,
  device: number,
  state: ConnectionState,
  sink: Sink,
): void {
  if (state.netdev === device && state.hook !== Hook.none) {
    state.netdev = -1;
    state.hook = profileOf(machine, connection).faults.unhooksOnDown ? Hook.none : Hook.software;
    deleteContext(state);
    sink.effect(Effect["device-down"], device, 0);
  }
  sink.stage(Stage["tls.device"], -1);
}

/** The driver's tls_dev_del, if it has a context: a device that went down has deleted it before. */
function deleteContext(state: ConnectionState): void {
  if (state.contexts > state.contextsDeleted) state.contextsDeleted++;
}

/** sk_destruct: no segment of the socket is left; records and hook go, and a work item deletes the driver's context. */
export function destruct(machine: Machine, state: ConnectionState, sink: Sink): void {
  const { deletesInTurn } = profileOf(machine, machine.current).faults;
  if (!deletesInTurn) deleteContext(state);
  state.openLength = 0;
  state.head = state.tail;
  state.hint = -1;
  state.netdev = -1;
  state.hook = Hook.none;
  sink.effect(Effect["offload-removed"], state.contexts - state.contextsDeleted, 0);
  sink.stage(Stage["tls.destruct"], machine.current);
}

/** What a reset of a device's transmit queue leaves of the driver's state, if the context is there (kernel.md section 5.8, device reset). */
export function afterReset(
  machine: Machine,
  connection: number,
  device: number,
  state: ConnectionState,
  nicSeq: number | null,
): void {
  if (state.netdev !== device) return;
  const { onReset, faults } = profileOf(machine, connection);
  if (onReset === "loses-contexts") {
    if (state.nicDead === 0) state.contextsDeleted++;
    state.nicDead = 1;
    return;
  }
  // A reset brings no context that was never there.
  if (!faults.installsRefused) state.nicDead = 0;
  if (onReset === "follows-nic" && nicSeq !== null) state.expectedSeq = advance(seq(nicSeq), 0);
}
