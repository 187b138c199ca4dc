import { tagSize } from "../base/record.ts";
import { advance, after, before, type Seq } from "../base/seq.ts";
import { sendFallback } from "../kernel/fallback.ts";
import { getRecord, isStartMarker } from "../kernel/record-map.ts";
import { emit, encrypted } from "../machine/count.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { drop, postPacket } from "../nic/post.ts";
import { Descriptor, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode, FallbackCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";

/**
 * A packet out of order on a family whose device can start anywhere in a record: a presync descriptor says where,
 * without any data ahead of it. What needs a tag goes to software, for the tag needs the whole record. Only a jump
 * forward moves the state for packets in order (bnxt_ktls_tx_ooo(), kernel.md 5.6).
 */
export function sendPresynced(socket: Socket, sink: Sink): boolean {
  const { packet, state, queue } = socket;
  const row = getRecord(socket, packet.seq);
  if (row < 0) sink.effect(Effect["lookup-failed"], packet.seq, 0);
  sink.stage(Stage["tls.getRecord"], row);
  const reason = fallbackReason(socket, row);
  if (reason >= 0) return sendFallback(socket, reason, DropCode["no-sync-data"], sink);
  const end = advance(packet.seq, packet.length);
  const forward = after(end, state.expectedSeq as Seq);
  const { count } = queue;
  queue.post(Descriptor.presync, row, packet.seq, packet.length, forward, Engine.none);
  emit(socket, sink, Effect.resync, row, 0);
  state.resyncs++;
  sink.stage(Stage["driver.presync"], row);
  if (!postPacket(socket, Engine.piece, row, sink)) {
    queue.cut(count);
    return drop(socket, DropCode["dma-error"], sink);
  }
  // bnxt_ktls_xmit_commit()
  if (forward) state.expectedSeq = end;
  if (socket.profile.countsAsOutOfOrder === "resyncs") state.outOfOrder++;
  encrypted(socket, sink);
  sink.stage(Stage["driver.advance"]);
  return true;
}

/** Why a packet whose record is `row` cannot be presynced, as one of FallbackCode; −1 if it can. */
function fallbackReason(socket: Socket, row: number): number {
  const { packet, records } = socket;
  const isUsable = row >= 0 && !isStartMarker(socket, row) && !before(packet.seq, records.start(row));
  if (!isUsable) return FallbackCode["no-record"];
  if ((packet.flags & Flag.ringFull) !== 0) return FallbackCode["ring-full"];
  const end = advance(packet.seq, packet.length);
  return after(end, advance(records.end(row), -tagSize)) ? FallbackCode.tag : -1;
}
