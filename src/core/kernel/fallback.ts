import { before, distance } from "../base/seq.ts";
import { emit } from "../machine/count.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { bypass, drop, send } from "../nic/post.ts";
import { Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { getRecord, isStartMarker } from "./record-map.ts";

/** What tls_sw_fallback() gives back: the row its new segment is encrypted from, the same segment, or nothing. */
export const Fallback = { dropped: -1, bypassed: -2 } as const;

/**
 * tls_sw_fallback(), tls_encrypt_skb(): looks up the record of the packet's first byte and encrypts from that record's
 * beginning on, in software; what lies before the packet comes from the record map and is thrown away again, later
 * records come from the packet itself. A packet that ends inside a tag carries the right part of it. The bytes are made
 * where somebody looks (wireBytes).
 */
export function softwareFallback(socket: Socket, reason: number, sink: Sink): number {
  const { packet, records } = socket;
  const row = getRecord(socket, packet.seq);
  if (row < 0) {
    sink.effect(Effect["lookup-failed"], packet.seq, 0);
    return Fallback.dropped;
  }
  if (before(packet.seq, records.start(row))) {
    const isMarker = isStartMarker(socket, row);
    if (!isMarker) sink.effect(Effect["stale-record"], packet.seq, row);
    const endsBefore = isMarker && packet.length <= distance(packet.seq, records.start(row));
    return endsBefore ? Fallback.bypassed : Fallback.dropped;
  }
  if ((packet.flags & Flag.noMemory) !== 0) return Fallback.dropped;
  emit(socket, sink, Effect["software-fallback"], reason, packet.length);
  return row;
}

/** The fallback's result goes to the queue as an ordinary packet (chcr_ktls_tunnel_pkt() of Chelsio's driver); nothing is dropped and counted as `dropReason`. */
export function sendFallback(socket: Socket, reason: number, dropReason: number, sink: Sink): boolean {
  const row = softwareFallback(socket, reason, sink);
  sink.stage(Stage["tls.fallback"], Math.max(row, -1));
  if (row === Fallback.dropped) return drop(socket, dropReason, sink);
  if (row !== Fallback.bypassed) return send(socket, Engine.software, row, sink);
  sink.effect(Effect.bypass, socket.packet.seq, socket.packet.length);
  return bypass(socket, sink);
}
