import type { Sink, Socket } from "../machine/socket.ts";
import { isSet } from "../machine/state.ts";
import { restart } from "../nic/nic.ts";
import { Effect } from "../words/effect.ts";
import { Stage } from "../words/stage.ts";

/**
 * tls_device_resync_tx() and the driver's tls_dev_resync (nfp_net_tls_resync, fun_ktls_resync): the TLS layer says where
 * the next record starts and its number. The device is told by a command of its own, not through the queue; one that
 * fails is tried again at the record after. Without a device (it went down) there is nobody to tell.
 */
export function devResync(socket: Socket, row: number, sink: Sink): void {
  const { state, rules } = socket;
  if (state.netdev < 0) {
    // The device is gone: nobody is left to be told, and nobody waits any more.
    state.resyncPending = 0;
    return;
  }
  const at = socket.records.start(row);
  state.resyncs++;
  const took = !isSet(state.refusing, state.netdev);
  sink.effect(took ? Effect["resync-sent"] : Effect["resync-failed"], at, row);
  if (took) {
    state.expectedSeq = at;
    state.nicSeq = at;
    restart(state, row);
  }
  if (took || !rules.resyncStaysPending) state.resyncPending = 0;
  sink.stage(Stage["driver.devResync"], row);
}
