import { tagSize } from "../base/record.ts";
import { advance, after, before, type Seq } from "../base/seq.ts";
import { sendFallback } from "../kernel/fallback.ts";
import { getRecord } from "../kernel/tls.ts";
import { emit, encrypted } from "../machine/count.ts";
import type { Machine, Sink } from "../machine/machine.ts";
import type { Packet } from "../machine/packet.ts";
import { RecordKind } from "../machine/record-log.ts";
import type { ConnectionState } from "../machine/state.ts";
import { drop, postPacket } from "../nic/post.ts";
import { Descriptor, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode, FallbackCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";

/**
 * A packet out of order on a family whose device can start anywhere in a record: a presync descriptor says where,
 * without any data ahead of it. What needs a tag goes to software, for the tag needs the whole record. Only a jump
 * forward moves the state for packets in order (bnxt_ktls, kernel.md 5.6).
 */
export function sendPresynced(machine: Machine, state: ConnectionState, packet: Packet, sink: Sink): boolean {
  const log = machine.records[packet.connection]!;
  const row = getRecord(machine, packet.connection, state, packet.seq);
  if (row < 0) sink.effect(Effect["lookup-failed"], packet.seq, 0);
  sink.stage(Stage["tls.getRecord"], row);
  const end = advance(packet.seq, packet.length);
  const usable =
    row >= 0 && log.kind.at(row) !== RecordKind.startMarker && !before(packet.seq, log.start(row));
  const reason = !usable
    ? FallbackCode["no-record"]
    : after(end, advance(log.end(row), -tagSize))
      ? FallbackCode.tag
      : (packet.flags & Flag.ringFull) !== 0
        ? FallbackCode["ring-full"]
        : -1;
  if (reason >= 0) return sendFallback(machine, state, packet, reason, DropCode["no-sync-data"], sink);
  const forward = after(end, state.expectedSeq as Seq);
  const { count } = machine.queue;
  machine.queue.post(Descriptor.presync, row, packet.seq, packet.length, forward, Engine.none);
  emit(machine, packet.connection, state, sink, Effect.resync, row, 0);
  state.resyncs++;
  sink.stage(Stage["driver.presync"], row);
  if (!postPacket(machine, packet, Engine.piece, row, sink)) {
    machine.queue.cut(count);
    return drop(machine, state, DropCode["dma-error"], packet, sink);
  }
  if (forward) state.expectedSeq = end;
  encrypted(machine, state, packet, sink);
  sink.stage(Stage["driver.advance"], -1);
  return true;
}
