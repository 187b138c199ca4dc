import { advance, after, before, distance, type Seq } from "../base/seq.ts";
import { emit } from "../machine/count.ts";
import { RecordKind } from "../machine/record-log.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { hardwareMtu } from "../nic/nic.ts";
import { drop, mapBuffer, pass } from "../nic/post.ts";
import { Descriptor, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { advanceAndPost, endOfFragment, startOf } from "./rebuild.ts";

/**
 * FreeBSD's transmit function, mlx5e_sq_tls_xmit() (kernel.md section 5.7): each unmapped mbuf carries its record, so
 * nothing is looked up; what has none leaves as it is. A connection's first packet never is the expected one.
 */
export function sendChain(socket: Socket, sink: Sink): boolean {
  const { packet, records, state } = socket;
  const isReady = state.paramsPosted === 1;
  if (isReady && packet.seq === state.expectedSeq) {
    sink.stage(Stage["driver.check"]);
    return advanceAndPost(socket, sink);
  }
  const row = records.rowOf(packet.seq, state.tail);
  if (row < 0) return sendMapped(socket, sink);
  if (isReady) emit(socket, sink, Effect["out-of-order"], state.expectedSeq, packet.seq);
  sink.stage(Stage["driver.check"]);
  return recover(socket, row, isReady, sink) && advanceAndPost(socket, sink);
}

/** Its first mbuf is none of the offload: as it is, unless one lies behind, whose record sbtls_recover_record() then cannot find. */
function sendMapped(socket: Socket, sink: Sink): boolean {
  const { packet, connection } = socket;
  if (packet.seq + packet.length <= connection.startSeq) return pass(socket, sink);
  sink.effect(Effect["mixed-segment"], packet.seq, packet.length);
  return drop(socket, DropCode["no-sync-data"], sink);
}

/**
 * sbtls_recover_record() and what is posted for it: params, unless the NIC stands in the record before the packet, then
 * the bytes up to the packet; a NOP where there are none. False if that fails: the driver then expects where the dump begins.
 */
function recover(socket: Socket, row: number, isReady: boolean, sink: Sink): boolean {
  const { packet, records, state } = socket;
  const start = startOf(socket, row);
  const begun =
    isReady && after(state.expectedSeq as Seq, start) && before(state.expectedSeq as Seq, packet.seq);
  const from = begun ? (state.expectedSeq as Seq) : start;
  const size = distance(from, packet.seq);
  const takesMemory = packet.seq !== start;
  if (takesMemory && (packet.flags & Flag.noMemory) !== 0)
    return drop(socket, DropCode["no-sync-data"], sink);
  state.paramsPosted = 1;
  if (socket.profile.countsAsOutOfOrder === "resyncs") state.outOfOrder++;
  if (!begun) postParams(socket, row, size === 0, sink);
  state.outOfOrderBytes += size;
  if (size > 0) {
    const reason = dumpRefusal(socket, sink);
    if (reason >= 0) state.expectedSeq = from;
    if (reason >= 0) return drop(socket, reason, sink);
  }
  postDumps(socket, row, from);
  emit(socket, sink, Effect.resync, row, records.kind.at(row) === RecordKind.gap ? 0 : size);
  state.resyncs++;
  sink.stage(Stage["driver.resync"], row);
  return true;
}

/** Why mlx5e_sq_dump_xmit() posts no DUMP, as one of DropCode, −1 if it does: it maps the chain as a whole, then looks for room. */
function dumpRefusal(socket: Socket, sink: Sink): number {
  if (!mapBuffer(socket, sink)) return DropCode["dma-error"];
  return (socket.packet.flags & Flag.ringFull) === 0 ? -1 : DropCode["ring-full"];
}

/** mlx5e_tls_send_static_parameters(), mlx5e_tls_send_progress_parameters(); mlx5e_tls_send_nop() where no DUMP follows. */
function postParams(socket: Socket, row: number, fences: boolean, sink: Sink): void {
  const { queue, state } = socket;
  state.postedRow = row;
  queue.post(Descriptor["static-params"], row, 0 as Seq, 0, true, Engine.none);
  sink.effect(Effect["static-params"], row, 0);
  queue.post(Descriptor["progress-params"], -1, startOf(socket, row), 0, false, Engine.none);
  if (fences) queue.post(Descriptor.nop, -1, 0 as Seq, 0, true, Engine.none);
}

/** mlx5e_sq_dump_xmit(): pieces of at most hw_mtu_msb, the highest power of two within the hardware's MTU; the first is fenced. */
function postDumps(socket: Socket, row: number, from: Seq): void {
  const { packet, records, queue } = socket;
  const start = records.start(row);
  const longest = 2 ** (31 - Math.clz32(hardwareMtu(socket)));
  for (let at = from; before(at, packet.seq); ) {
    const offset = distance(start, at);
    const size = Math.min(distance(at, packet.seq), endOfFragment(socket, row, offset) - offset, longest);
    queue.post(Descriptor.dump, -1, at, size, at === from, Engine.none);
    at = advance(at, size);
  }
}
