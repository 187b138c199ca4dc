// core/driver: drivers/net: in order, and the five ways to recover.

import { advance, type Seq } from "../base/seq.ts";
import { countEncrypted, emit } from "../machine/count.ts";
import type { Sink, Socket } from "../machine/socket.ts";
import { drop } from "../nic/post.ts";
import { Descriptor, Engine } from "../words/descriptor.ts";
import { Effect } from "../words/effect.ts";
import { DropCode } from "../words/effect-words.ts";
import { Flag } from "../words/event.ts";
import { Stage } from "../words/stage.ts";
import { sendChain } from "./chain.ts";
import { emulate } from "./emulated.ts";
import { sendNextRecord } from "./next-record.ts";
import { sendPieces } from "./pieces.ts";
import { sendPresynced } from "./presync.ts";
import { advanceAndPost, rebuild } from "./rebuild.ts";

/**
 * The driver's transmit function for an offloaded socket: what is in order goes to the NIC, what is not is the
 * family's business (kernel.md section 5): mlx5e_ktls_handle_tx_skb(), mlx5e_tls_handle_tx_skb() of Innova,
 * mlx5e_sq_tls_xmit() of FreeBSD, nfp_net_tls_tx(), fun_tls_tx(), bnxt_ktls_xmit(). Gives true if anything was posted to
 * the queue, false if it was dropped.
 */
export function xmit(socket: Socket, sink: Sink): boolean {
  const { state } = socket;
  const { recovery } = socket.profile;
  if (recovery === "pieces") return sendPieces(socket, sink);
  if (recovery === "chain") return sendChain(socket, sink);
  if (recovery === "none") return emulate(socket, sink);
  if (state.paramsPosted === 0) postFirstParams(socket);
  if (socket.packet.seq === state.expectedSeq && state.resyncPending === 0) {
    sink.stage(Stage["driver.check"]);
    return sendInOrder(socket, sink);
  }
  return sendOutOfOrder(socket, sink);
}

/** A packet that the driver does not expect, or that comes while it waits for a resync. */
function sendOutOfOrder(socket: Socket, sink: Sink): boolean {
  const { packet, state } = socket;
  if (packet.seq !== state.expectedSeq)
    emit(socket, sink, Effect["out-of-order"], state.expectedSeq, packet.seq);
  sink.stage(Stage["driver.check"]);
  const { recovery } = socket.profile;
  if (recovery === "next-record") return sendNextRecord(socket, sink);
  return recovery === "presync" ? sendPresynced(socket, sink) : rebuild(socket, sink);
}

/** The packet that the driver expects: the NIC goes on where it stands. */
function sendInOrder(socket: Socket, sink: Sink): boolean {
  if ((socket.packet.flags & Flag.noMemory) !== 0 && marksInPacket(socket)) return dropUnmarked(socket, sink);
  return advanceAndPost(socket, sink);
}

/** Innova and Netronome mark the packet by metadata in itself, which takes memory (skb_cow_head()). */
const marksInPacket = ({ profile }: Socket): boolean =>
  profile.prefixVia === "sync-packet" || profile.commit === "undone";

/** mlx5e_tls_add_metadata() comes first; nfp_nfd3_prep_tx_meta() once number and counter have moved, and takes the number back. */
function dropUnmarked(socket: Socket, sink: Sink): boolean {
  const { packet, profile, rules, state } = socket;
  if (profile.commit === "undone") {
    countEncrypted(socket);
    if (rules.staysAdvanced(socket)) state.expectedSeq = advance(packet.seq, packet.length);
  }
  return drop(socket, DropCode["no-metadata"], sink);
}

/** mlx5e_ktls_tx_post_param_wqes() before the connection's first packet; a resync's are those of rebuild. */
function postFirstParams({ queue, state }: Socket): void {
  queue.post(Descriptor["static-params"], state.postedRow, 0 as Seq, 0, false, Engine.none);
  queue.post(Descriptor["progress-params"], -1, 0 as Seq, 0, true, Engine.none);
  queue.post(Descriptor.nop, -1, 0 as Seq, 0, true, Engine.none);
  state.paramsPosted = 1;
}
