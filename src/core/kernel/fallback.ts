import { before, distance } from "../base/seq.ts";
import { emit } from "../machine/count.ts";
import type { Machine, Sink } from "../machine/machine.ts";
import type { Packet } from "../machine/packet.ts";
import { RecordKind } from "../machine/record-log.ts";
import type { ConnectionState } from "../machine/state.ts";
import { drop, postAsItIs, postPacket } from "../nic/post.ts";
import { Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { getRecord } from "./tls.ts";

/** What tls_sw_fallback() gives back: the row its new segment is encrypted from, the same segment, or nothing. */
export const Fallback = { dropped: -1, bypassed: -2 } as const;

/**
 * tls_sw_fallback(): looks up the record of the packet's first byte and encrypts from that record's beginning on, in
 * software; what lies before the packet comes from the record map and is thrown away again, later records come from
 * the packet itself. A packet that ends inside a tag carries the right part of it.
 */
export function softwareFallback(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  reason: number,
  sink: Sink,
): number {
  const { connection } = packet;
  const log = machine.records[connection]!;
  const row = getRecord(machine, connection, state, packet.seq);
  if (row < 0) {
    sink.effect(Effect["lookup-failed"], packet.seq, 0);
    return Fallback.dropped;
  }
  if (before(packet.seq, log.start(row))) {
    const isMarker = log.kind.at(row) === RecordKind.startMarker;
    if (!isMarker) sink.effect(Effect["stale-record"], packet.seq, row);
    const endsBefore = isMarker && packet.length <= distance(packet.seq, log.start(row));
    return endsBefore ? Fallback.bypassed : Fallback.dropped;
  }
  if ((packet.flags & Flag.noMemory) !== 0) return Fallback.dropped;
  emit(machine, connection, state, sink, Effect["software-fallback"], reason, packet.length);
  return row;
}

/** The fallback's result goes to the queue as an ordinary packet; nothing is dropped and counted as `dropReason`. */
export function sendFallback(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  reason: number,
  dropReason: number,
  sink: Sink,
): boolean {
  const row = softwareFallback(machine, state, packet, reason, sink);
  sink.stage(Stage["tls.fallback"], Math.max(row, -1));
  if (row === Fallback.dropped) return drop(machine, state, dropReason, packet, sink);
  if (row === Fallback.bypassed) {
    sink.effect(Effect.bypass, packet.seq, packet.length);
    const posted = postAsItIs(machine, state, packet, sink);
    if (posted) sink.stage(Stage["driver.bypass"], -1);
    return posted;
  }
  if (postPacket(machine, packet, Engine.software, row, sink)) return true;
  return drop(machine, state, DropCode["dma-error"], packet, sink);
}
