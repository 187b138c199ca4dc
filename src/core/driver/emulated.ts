import { advance, before } from "../base/seq.ts";
import { getRecord, isStartMarker } from "../kernel/record-map.ts";
import { emit } from "../machine/count.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { Descriptor, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { Stage } from "../words/stage.ts";

/**
 * nsim_do_tls(), nsim_tls_tx() of netdevsim: no cipher and no order. Every packet of the socket leaves as it is, once the
 * tags of all records that it touches are zeroed, also tags of which it carries nothing (kernel.md section 8, netdevsim).
 */
export function emulate(socket: Socket, sink: Sink): boolean {
  const { packet, queue } = socket;
  const engine = zeroTags(socket) ? Engine.emulated : Engine.none;
  emit(socket, sink, Effect.emulated, packet.seq, packet.length);
  queue.post(Descriptor.packet, -1, packet.seq, packet.length, false, engine);
  sink.stage(Stage["driver.emulate"]);
  return true;
}

/**
 * nsim_tls_tx_zero_tags(): walks the records by tls_get_record() and stops at the start marker, so that a packet from
 * before the offload leaves with whatever lies in its tags. What is acknowledged has gone through here before.
 */
function zeroTags(socket: Socket): boolean {
  const { connection, packet, records } = socket;
  const end = advance(packet.seq, packet.length);
  for (let at = packet.seq; before(at, end); ) {
    const row = getRecord(socket, at);
    if (row < 0) break;
    if (isStartMarker(socket, row)) return false;
    at = records.end(row);
  }
  return packet.seq >= connection.startSeq;
}
