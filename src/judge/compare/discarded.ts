import type { Socket } from "../../core/machine/socket.ts";
import { queuesMax } from "../../core/machine/waiting-log.ts";
import { Descriptor } from "../../core/words/descriptor.ts";

/**
 * Events of the packets that a reset of a device's queues has just discarded, `count` descriptors of a connection (effect
 * queue-reset): right behind its event, for they are told by the window of the log of what waits, which has moved over them.
 */
export function discardedBy({ state, waiting }: Socket, device: number, count: number): number[] {
  const { waitHead, waitTail } = state;
  // What waited elsewhere stands once more behind the window that there was.
  const first = waitHead - count - (waitTail - waitHead);
  const events = new Set<number>();
  for (let row = first; row < waitHead; row++) {
    const isOnDevice = Math.floor(waiting.lane.at(row) / queuesMax) === device;
    if (isOnDevice && waiting.kind(row) === Descriptor.packet) events.add(waiting.event.at(row));
  }
  return [...events];
}
