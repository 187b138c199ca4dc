import { advance, type Seq } from "../base/seq.ts";
import { noFaults } from "../bugs/catalogue.ts";
import { emit, encrypted } from "../machine/count.ts";
import { type Machine, profileOf, type Sink } from "../machine/machine.ts";
import type { Packet } from "../machine/packet.ts";
import type { Profile } from "../machine/profile.ts";
import type { ConnectionState } from "../machine/state.ts";
import { drop, postPacket } from "../nic/post.ts";
import { Descriptor, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { sendNextRecord } from "./next-record.ts";
import { sendPieces } from "./pieces.ts";
import { sendPresynced } from "./presync.ts";
import { rebuild } from "./rebuild.ts";

/**
 * The driver's transmit function for an offloaded socket: what is in order goes to the NIC, what is not is the
 * family's business (kernel.md section 5). Gives true if anything was posted to the queue, false if it was dropped.
 */
export function xmit(machine: Machine, state: ConnectionState, packet: Packet, sink: Sink): boolean {
  const profile = profileOf(machine, packet.connection);
  if (profile.recovery === "pieces") return sendPieces(machine, state, packet, profile, sink);
  if (state.paramsPosted === 0) postFirstParams(machine, state);
  if (packet.seq === state.expectedSeq && state.resyncPending === 0) {
    sink.stage(Stage["driver.check"], -1);
    return sendInOrder(machine, state, packet, profile, sink);
  }
  return sendOutOfOrder(machine, state, packet, profile, sink);
}

/** A packet that the driver does not expect, or that comes while it waits for a resync. */
function sendOutOfOrder(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  profile: Profile,
  sink: Sink,
): boolean {
  if (packet.seq !== state.expectedSeq)
    emit(machine, packet.connection, state, sink, Effect["out-of-order"], state.expectedSeq, packet.seq);
  sink.stage(Stage["driver.check"], -1);
  if (profile.recovery === "next-record") return sendNextRecord(machine, state, packet, sink);
  if (profile.recovery === "presync") return sendPresynced(machine, state, packet, sink);
  return rebuild(machine, state, packet, profile, sink);
}

/** The packet that the driver expects: the number moves on, the NIC goes on where it stands. */
function sendInOrder(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  profile: Profile,
  sink: Sink,
): boolean {
  // Innova's mark is metadata in the packet itself, which takes memory.
  if ((packet.flags & Flag.noMemory) !== 0 && profile.prefixVia === "sync-packet")
    return drop(machine, state, DropCode["no-metadata"], packet, sink);
  const expected = state.expectedSeq;
  state.expectedSeq = advance(packet.seq, packet.length);
  const { faults } = profile;
  const engine = faults !== noFaults && faults.packetNotMarked ? Engine.none : Engine.stream;
  if (!postPacket(machine, packet, engine, -1, sink))
    return notPosted(machine, state, packet, profile, expected, sink);
  encrypted(machine, state, packet, sink);
  sink.stage(Stage["driver.advance"], -1);
  return true;
}

/** The packet could not be mapped: the expected number goes back, unless the driver does not think of it. */
function notPosted(
  machine: Machine,
  state: ConnectionState,
  packet: Packet,
  { commit, faults }: Profile,
  expected: number,
  sink: Sink,
): boolean {
  const stays = commit === "early" || (commit === "undone" ? faults.noUndo : faults.commitsEarly);
  if (!stays) state.expectedSeq = expected;
  return drop(machine, state, DropCode["dma-error"], packet, sink);
}

/** mlx5e_ktls_tx_post_param_wqes() before the connection's first packet. */
function postFirstParams(machine: Machine, state: ConnectionState): void {
  const { queue } = machine;
  queue.post(Descriptor.staticParams, state.postedRow, 0 as Seq, 0, false, Engine.none);
  queue.post(Descriptor.progressParams, -1, 0 as Seq, 0, true, Engine.none);
  queue.post(Descriptor.nop, -1, 0 as Seq, 0, true, Engine.none);
  state.paramsPosted = 1;
}
