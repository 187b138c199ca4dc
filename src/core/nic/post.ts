import { emit } from "../machine/count.ts";
import type { Machine, Sink } from "../machine/machine.ts";
import type { Packet } from "../machine/packet.ts";
import type { ConnectionState } from "../machine/state.ts";
import { Descriptor, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode } from "../words/effect-words.ts";
import { Stage } from "../words/stage.ts";

/** dma_map_single() of the packet's next buffer; false if it fails, which is said. */
export function mapBuffer(machine: Machine, packet: Packet, sink: Sink): boolean {
  packet.mappings++;
  if (packet.mappings !== packet.dmaErrorAt) return true;
  sink.effect(Effect["dma-error"], packet.mappings, machine.queue.count - machine.queue.taken);
  return false;
}

/** Posts the packet itself; false if it cannot be mapped. */
export function postPacket(
  machine: Machine,
  packet: Packet,
  engine: number,
  row: number,
  sink: Sink,
): boolean {
  if (packet.dmaErrorAt !== 0 && !mapBuffer(machine, packet, sink)) return false;
  machine.queue.post(Descriptor.packet, row, packet.seq, packet.length, false, engine);
  return true;
}

/** The packet goes no further: kfree_skb(). */
export function drop(
  machine: Machine,
  state: ConnectionState,
  reason: number,
  packet: Packet,
  sink: Sink,
): boolean {
  emit(machine, packet.connection, state, sink, Effect.dropped, reason, packet.length);
  sink.stage(Stage["driver.drop"], -1);
  return false;
}

/** A packet that no NIC encrypts, on an ordinary descriptor. */
export function postAsItIs(machine: Machine, state: ConnectionState, packet: Packet, sink: Sink): boolean {
  return postPacket(machine, packet, Engine.none, -1, sink)
    ? true
    : drop(machine, state, DropCode["dma-error"], packet, sink);
}

/** The driver lets a packet from before the start marker pass, and counts it where it counts such. */
export function pass(machine: Machine, state: ConnectionState, packet: Packet, sink: Sink): boolean {
  emit(machine, packet.connection, state, sink, Effect.bypass, packet.seq, packet.length);
  if (!postAsItIs(machine, state, packet, sink)) return false;
  sink.stage(Stage["driver.bypass"], -1);
  return true;
}
