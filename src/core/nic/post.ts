import { emit } from "../machine/count.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { Descriptor, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode } from "../words/effect-words.ts";
import { Stage } from "../words/stage.ts";

/** dma_map_single() of the packet's next buffer; false if it fails, which is said. */
export function mapBuffer({ packet, queue }: Socket, sink: Sink): boolean {
  if (packet.dmaErrorAt === 0) return true;
  packet.mappings++;
  if (packet.mappings !== packet.dmaErrorAt) return true;
  sink.effect(Effect["dma-error"], packet.mappings, queue.count - queue.taken);
  return false;
}

/** Posts the packet itself; false if it cannot be mapped. */
export function postPacket(socket: Socket, engine: number, row: number, sink: Sink): boolean {
  const { packet } = socket;
  if (packet.dmaErrorAt !== 0 && !mapBuffer(socket, sink)) return false;
  socket.queue.post(Descriptor.packet, row, packet.seq, packet.length, false, engine);
  return true;
}

/** The packet goes no further: kfree_skb(), dev_kfree_skb_any(). */
export function drop(socket: Socket, reason: number, sink: Sink): boolean {
  emit(socket, sink, Effect.dropped, reason, socket.packet.length);
  sink.stage(Stage["driver.drop"]);
  return false;
}

/** Posts the packet, which is dropped if it cannot be mapped. */
export const send = (socket: Socket, engine: number, row: number, sink: Sink): boolean =>
  postPacket(socket, engine, row, sink) || drop(socket, DropCode["dma-error"], sink);

/** A packet that no NIC encrypts, on an ordinary descriptor. */
export const postAsItIs = (socket: Socket, sink: Sink): boolean => send(socket, Engine.none, -1, sink);

/** The driver lets a packet from before the start marker pass, and counts it where it counts such. */
export function pass(socket: Socket, sink: Sink): boolean {
  const { packet } = socket;
  emit(socket, sink, Effect.bypass, packet.seq, packet.length);
  return bypass(socket, sink);
}

/** A packet from before the start marker leaves as it is. */
export function bypass(socket: Socket, sink: Sink): boolean {
  const posted = postAsItIs(socket, sink);
  if (posted) sink.stage(Stage["driver.bypass"]);
  return posted;
}
