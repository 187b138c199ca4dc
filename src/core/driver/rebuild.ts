import { payloadSizeMax } from "../base/record.ts";
import { advance, before, distance, type Seq } from "../base/seq.ts";
import { getRecord, isStartMarker } from "../kernel/record-map.ts";
import { isMarked } from "../kernel/skb.ts";
import { countEncrypted, emit, encrypted } from "../machine/count.ts";
import { RecordKind } from "../machine/record-log.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { hardwareMtu } from "../nic/nic.ts";
import { drop, mapBuffer, pass, postPacket } from "../nic/post.ts";
import { Descriptor, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";

/**
 * A packet out of order on a family that rebuilds the NIC's state on the packet's own queue and goes on from there:
 * mlx5e_ktls_tx_handle_ooo(), mlx5e_tls_handle_ooo() of v4.19 (kernel.md 5.1, 5.2).
 */
export function rebuild(socket: Socket, sink: Sink): boolean {
  const { packet, records, rules } = socket;
  const row = getRecord(socket, packet.seq);
  if (row < 0) sink.effect(Effect["lookup-failed"], packet.seq, 0);
  sink.stage(Stage["tls.getRecord"], row);
  if (row < 0) return drop(socket, DropCode["no-sync-data"], sink);
  if (isStartMarker(socket, row)) return rules.sendBeforeMarker(socket, row, sink);
  const start = records.start(row);
  const isStale = before(packet.seq, start);
  if (isStale) sink.effect(Effect["stale-record"], packet.seq, row);
  const isNone = isStale ? rules.refusesStale : rules.endsBefore(packet.seq, packet.length, start);
  if (isNone) return drop(socket, DropCode["no-sync-data"], sink);
  return rules.resyncAndSend(socket, rules.rebuiltRow(socket, row), sink);
}

/** First what rebuilds the NIC's state, then the packet, on the same queue. */
export function resyncAndSend(socket: Socket, row: number, sink: Sink): boolean {
  if (socket.profile.prefixVia === "sync-packet" && (socket.packet.flags & Flag.noMemory) !== 0)
    return drop(socket, DropCode["no-memory"], sink);
  if (!postResync(socket, row, sink)) return drop(socket, DropCode["no-sync-data"], sink);
  return advanceAndPost(socket, sink);
}

/** tls_record_is_start_marker() of the lookup: a packet that ends at or before the start marker goes out as it is; one across the marker cannot be sent. */
export function sendBeforeMarker(socket: Socket, row: number, sink: Sink): boolean {
  const { packet, records, rules } = socket;
  if (!rules.endsBefore(packet.seq, packet.length, records.start(row))) {
    sink.effect(Effect["mixed-segment"], packet.seq, packet.length);
    return drop(socket, DropCode[socket.profile.straddleDrop], sink);
  }
  const marked = (packet.flags & Flag.marked) !== 0 || isMarked(socket, packet.seq);
  if (marked && rules.dropsMarked(socket)) return drop(socket, DropCode.marked, sink);
  return pass(socket, sink);
}

/** Posts the work that rebuilds the NIC's state: the record's number and its bytes before the packet; false on a DMA error. */
export function postResync(socket: Socket, row: number, sink: Sink): boolean {
  const { packet, records, rules, profile, state, queue } = socket;
  const start = startOf(socket, row);
  const whole = Math.max(0, distance(start, packet.seq));
  const replayable = records.kind.at(row) === RecordKind.gap ? 0 : whole;
  const prefix = rules.prefixSize(whole);
  if (profile.prefixVia === "sync-packet") {
    state.resyncBytes += profile.headerSize + 8 + prefix;
    // mlx5e_sq_xmit() frees what it cannot map and says so to nobody: the packet goes on without it.
    if (!mapBuffer(socket, sink)) return true;
    queue.post(Descriptor["sync-packet"], rules.postedRow(row), start, prefix, false, Engine.none);
    state.postedRow = row;
  } else {
    postParams(socket, row, sink);
    if (!postDumps(socket, row, prefix, sink)) return false;
  }
  emit(socket, sink, Effect.resync, row, replayable);
  state.outOfOrderBytes += prefix;
  state.resyncs++;
  sink.stage(Stage["driver.resync"], row);
  return true;
}

/**
 * Where the record begins that the packet lies in. In a range of unknown records nobody knows: its beginning, or as far
 * before the packet as the longest record reaches, because no NIC is fed more than one.
 */
export function startOf({ packet, records, layout }: Socket, row: number): Seq {
  const start = records.start(row);
  const earliest = advance(packet.seq, -(payloadSizeMax + layout.overhead));
  return records.kind.at(row) === RecordKind.gap && before(start, earliest) ? earliest : start;
}

/** DUMPs of the record's first `size` bytes: a fragment at a time, none longer than the hardware's MTU. */
function postDumps(socket: Socket, row: number, size: number, sink: Sink): boolean {
  const { rules, queue } = socket;
  const start = startOf(socket, row);
  for (let done = 0; done < size; ) {
    const left = Math.min(size, endOfFragment(socket, row, done)) - done;
    const length = rules.dumpSize(left, hardwareMtu(socket));
    if (!mapBuffer(socket, sink)) return false;
    queue.post(Descriptor.dump, -1, advance(start, done), length, false, Engine.none);
    done += length;
  }
  return true;
}

/**
 * Where the fragment of the record ends that byte `at` of it lies in: zero-copy, a header, a fragment a piece, and what
 * tls_device_record_close() appends, which lies on no page of the user: the tag, in TLS 1.3 with the type byte.
 */
export function endOfFragment({ records, layout }: Socket, row: number, at: number): number {
  const pieceSize = records.pieceSize.at(row);
  const { prepend } = layout;
  const tailAt = records.length.at(row) - (layout.overhead - prepend);
  if (pieceSize === 0 || at >= tailAt) return Number.POSITIVE_INFINITY;
  return at < prepend
    ? prepend
    : Math.min(tailAt, prepend + (Math.floor((at - prepend) / pieceSize) + 1) * pieceSize);
}

/**
 * mlx5e_ktls_tx_post_param_wqes(): static params only when the record's number is not the one posted last ("redundant
 * static params"); then progress, then a fence.
 */
function postParams(socket: Socket, row: number, sink: Sink): void {
  const { queue, state, rules } = socket;
  const named = rules.postedRow(row);
  const changed = rules.postsStatic(state, row);
  if (changed || named !== row) {
    state.postedRow = row;
    queue.post(Descriptor["static-params"], named, 0 as Seq, 0, true, Engine.none);
    sink.effect(Effect["static-params"], named, 0);
  }
  queue.post(Descriptor["progress-params"], -1, startOf(socket, row), 0, !changed, Engine.none);
  if (rules.fencesParams) queue.post(Descriptor.nop, -1, 0 as Seq, 0, true, Engine.none);
}

/**
 * mlx5e_sq_xmit(), in older kernels mlx5e_xmit(): the expected number is the packet's end before the packet is mapped;
 * whether a DMA error leaves it there differs.
 */
export function advanceAndPost(socket: Socket, sink: Sink): boolean {
  const { packet, state, rules } = socket;
  const expected = state.expectedSeq;
  state.expectedSeq = advance(packet.seq, packet.length);
  if (!postPacket(socket, rules.engineOf(Engine.stream), -1, sink)) {
    if (!rules.staysAdvanced(socket)) state.expectedSeq = expected;
    // Whoever moves on before it maps has counted by then, too, and takes nothing of that back.
    if (socket.profile.commit !== "late") countEncrypted(socket);
    return drop(socket, DropCode["dma-error"], sink);
  }
  encrypted(socket, sink);
  sink.stage(Stage["driver.advance"]);
  return true;
}
