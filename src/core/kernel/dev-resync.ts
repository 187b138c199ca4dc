import type { Seq } from "../base/seq.ts";
import { type Machine, profileOf, type Sink } from "../machine/machine.ts";
import { type ConnectionState, isSet } from "../machine/state.ts";
import { restart } from "../nic/nic.ts";
import { Effect } from "../words/effect.ts";
import { Stage } from "../words/stage.ts";

/**
 * The driver's tls_dev_resync: the TLS layer says where the next record starts and its number. The device is told by
 * a command of its own, not through the queue; one that fails is tried again at the record after. Without a device
 * (it went down) there is nobody to tell.
 */
export function devResync(
  machine: Machine,
  connection: number,
  state: ConnectionState,
  row: number,
  at: Seq,
  sink: Sink,
): void {
  if (state.netdev < 0) {
    // The device is gone: nobody is left to be told, and nobody waits any more.
    state.resyncPending = 0;
    return;
  }
  const took = !isSet(state.refusing, state.netdev);
  sink.effect(took ? Effect["resync-sent"] : Effect["resync-failed"], at, row);
  if (took) {
    state.expectedSeq = at;
    state.nicSeq = at;
    restart(state, row);
    state.resyncs++;
  }
  if (took || profileOf(machine, connection).faults.clearsFailedResync) state.resyncPending = 0;
  sink.stage(Stage["driver.devResync"], row);
}
